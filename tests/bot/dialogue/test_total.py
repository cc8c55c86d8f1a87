"""Every phase × every event gives a turn, and whatever a person does is answered. Searched with Hypothesis, never by example alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation import Conversation, Phase, Section, from_json, to_json
from bot.dialogue import Turn, step
from bot.events import (
    ApiUnreachable,
    ChoicePicked,
    CommandDone,
    CommandFailed,
    CommandGiven,
    CommandName,
    DraftCreated,
    Event,
    ExerciseMoved,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    MessageHappening,
    OutageChanged,
    PracticeDue,
    QueryAnswered,
    Receipt,
    ReminderDue,
    StateLost,
    TextSaid,
)
from bot.findings import (
    MessageRead,
    MessagesListed,
    PracticeCard,
    PracticeFound,
    ProfileFound,
    QueryFailed,
    RoomFound,
    SentMessage,
    UnitsFound,
)
from bot.render import render
from bot.replies import Reply, Weight
from bot.requests import MakeCall
from tests.bot.dialogue.exercise_room import CODE, STEPS
from tests.bot.dialogue.world import World, knowledge, profile, tools

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UNIT, PACK = "halland-hemsjukvard-halmstad", "halland-2024"
CARD = ("guida mig", "kan vänta", "Följa upp blodtryck, vikt, blodsocker …", "vårdcentral", "ja, inskriven")
DRAFT = (*CARD, "skriv utkast", "Vårdcentralen Ekliden", "Blodtrycket är 170/95. Kan ni ta ställning?")
LONGEST_CHOICE_ID = 40

WAYS: Mapping[Phase, tuple[str, ...]] = {
    Phase.WELCOME: (),
    Phase.PROFILE: ("profil", "byt enhet"),
    Phase.MATTER: ("start", "börja om"),
    Phase.ASKING: ("guida mig",),
    Phase.CARD: CARD,
    Phase.RECIPIENT: (*CARD, "skriv utkast"),
    Phase.DRAFTING: DRAFT,
    Phase.CONSENT: (*DRAFT, "ser bra ut"),
    Phase.IDENTITY: (*DRAFT, "ser bra ut", "ja"),
    Phase.PREVIEW: (*DRAFT, "ser bra ut", "ja", "19121212-1212"),
    Phase.DONE: (*DRAFT, "ser bra ut", "ja", "19121212-1212", "lämna över"),
    Phase.PRACTICE: ("öva", "nästa"),
    Phase.LIVE: ("gå med i övning 4821 som Måsen",),
}
"""How a person comes to each phase, in her own typed words."""


def reach(phase: Phase) -> World:
    world = World(profile(UNIT, PACK))
    for words in WAYS[phase]:
        world.meet(TextSaid(words))
    assert world.conversation.phase is phase
    return world


def waiting(phase: Phase) -> Conversation:
    """A conversation in a phase where the API has not answered, or in one made by hand."""
    if phase in WAYS:
        return reach(phase).conversation
    if phase is Phase.SPLIT:
        card = reach(Phase.CARD).conversation
        assert card.matter is not None
        return replace(card, phase=Phase.SPLIT, matter=replace(card.matter, parts=("En sak.", "En annan.")))
    if phase is Phase.CONTENT:
        draft = reach(Phase.DRAFTING).conversation
        assert draft.matter is not None
        sections = (Section("matter", "Läkemedelslistan bifogas."),)
        return replace(draft, phase=Phase.CONTENT, matter=replace(draft.matter, sections=sections, draft_ready=True))
    if phase is Phase.CONFLICT:
        return replace(reach(Phase.CARD).conversation, phase=Phase.CONFLICT)
    preview = reach(Phase.PREVIEW).conversation
    sent = step(preview, TextSaid("lämna över"), tools(NOW)).conversation
    assert sent.phase is Phase.SENDING
    if phase is Phase.SENDING:
        return sent
    kept = step(sent, ApiUnreachable(sent.outgoing[0].id), tools(NOW)).conversation
    assert kept.phase is Phase.KEPT
    return kept


@cache
def state(phase: Phase) -> str:
    return to_json(waiting(phase))


SENT = SentMessage("msg-1", "L-1", "Meddelande", "received", ("Vårdcentralen",), "built_in")
EVENTS: tuple[Event, ...] = (
    QueryAnswered(ProfileFound(profile(UNIT, PACK))),
    QueryAnswered(ProfileFound(profile(UNIT, None))),
    QueryAnswered(UnitsFound("", ())),
    QueryAnswered(MessagesListed((SENT,))),
    QueryAnswered(MessageRead(SENT, ())),
    *(
        QueryAnswered(QueryFailed(query, "unreachable"))
        for query in (
            "who_am_i",
            "find_units",
            "my_messages",
            "read_message",
            "my_practice",
            "see_room",
            "vote_in_room",
        )
    ),
    HandedOver("m-1", Receipt("msg-9", "L-9", "received", "built_in")),
    HandOverFailed("m-1", "consent_required"),
    HandOverFailed("m-1", "something_new", "Det gick inte."),
    ApiUnreachable("m-1"),
    DraftCreated("d-1", "/drafts/d-1"),
    *(CommandDone(command, "msg-1") for command in ("mark_sent", "follow_up", "change_profile", "schedule_reminder")),
    *(CommandFailed(command, "not_your_unit", "") for command in ("mark_sent", "change_profile", "create_draft")),
    *(MessageEvent(happening, "msg-1", "L-1") for happening in MessageHappening),
    OutageChanged("Lifecare SP", down=True),
    OutageChanged("Lifecare SP", down=False),
    ReminderDue("msg-1", "L-1"),
    PracticeDue(3),
    ExerciseMoved(CODE),
    QueryAnswered(PracticeFound((PracticeCard("h24-sova-gott", NOW, wrong=True),), (), announce=True)),
    *(QueryAnswered(RoomFound(room)) for room in STEPS.values()),
    QueryAnswered(QueryFailed("join_room", "exercise_unknown")),
    *(CommandDone(command) for command in ("record_practice", "announce_practice")),
    StateLost("schema"),
    StateLost("idle"),
)
STRANGE = (
    "", "   ", "\n", "🙂🙂🙂", "?!", "Hello, I need to refer a patient to you please", "مرحبا، المريض يحتاج إلى وصفة طبية",
    "x" * 10_000, "ja " * 3_000, "{0} {name} %s {{", "\x00\u202e", "1", "99", "nej", "ja", "avbryt", "börja om", "ändra", "varför",
    "varför inte telefon", "varför inte xyz", "hjälp", "mina meddelanden", "profil", "tack", "19121212-1213", "19121212-1212",
    "hon andas inte", "nej, hon är inlagd", "det är bråttom", "hon har dött", "hon vill inte att vi delar",
)  # fmt: skip


def check(turn: Turn, *, person: bool) -> None:
    """What must hold of every turn: it can be shown and stored, it answers a person, and its choices are short and distinct."""
    for reply in turn.replies:
        assert reply.lines
        render(reply, knowledge().texts)
    choices = [choice.id for reply in turn.replies for choice in reply.choices]
    assert all(len(choice) <= LONGEST_CHOICE_ID for choice in choices)
    assert len(turn.replies) == 0 or len({*_last(turn.replies)}) == len(_last(turn.replies))
    assert from_json(to_json(turn.conversation)) == turn.conversation
    calls = any(isinstance(command, MakeCall) for command in turn.commands)  # answered by its card
    assert not person or turn.replies or turn.queries or calls


def _last(replies: tuple[Reply, ...]) -> list[str]:
    return [choice.id for choice in replies[-1].choices]


def answer_queries(turn: Turn, *, trusted: bool) -> None:
    """Every query can fail, and the person is told something all the same."""
    for query in turn.queries:
        failed = step(
            turn.conversation, QueryAnswered(QueryFailed(query.type, "unreachable")), tools(NOW, trusted=trusted)
        )
        check(failed, person=True)


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
@pytest.mark.parametrize("phase", list(Phase))
def test_every_event_is_met_in_every_phase(phase: Phase, trusted: bool) -> None:
    for event in EVENTS:
        turn = step(from_json(state(phase)), event, tools(NOW, trusted=trusted))
        check(turn, person=False)


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
@pytest.mark.parametrize("phase", list(Phase))
def test_whatever_a_person_says_or_commands_is_answered(phase: Phase, trusted: bool) -> None:
    said: list[Event] = [TextSaid(text) for text in STRANGE]
    given: list[Event] = [CommandGiven(command) for command in CommandName]
    for event in (*said, *given):
        turn = step(from_json(state(phase)), event, tools(NOW, trusted=trusted))
        check(turn, person=True)
        answer_queries(turn, trusted=trusted)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_choice_on_offer_acts_by_tap_and_by_its_label(phase: Phase) -> None:
    conversation = from_json(state(phase))
    for offered in conversation.offered:
        tapped = step(conversation, ChoicePicked(offered.id), tools(NOW))
        check(tapped, person=True)
        label = render(Reply((offered.label,)), knowledge().texts).text
        typed = step(conversation, TextSaid(label), tools(NOW))
        if offered.weight is Weight.ASSUMPTION:  # its words say that it is so; only the tap says that it is not
            assert typed.conversation.matter != tapped.conversation.matter, label
            continue
        assert typed.conversation.phase == tapped.conversation.phase, label
        assert typed.queries == tapped.queries, label


@pytest.mark.parametrize("phase", list(Phase))
def test_an_unknown_or_old_button_is_answered_kindly_and_changes_nothing(phase: Phase) -> None:
    conversation = from_json(state(phase))
    for choice in ("", "0.1", "999.1", "m.", "m.x.1", "nonsense", "1.1.1"):
        turn = step(conversation, ChoicePicked(choice), tools(NOW))
        check(turn, person=True)
        assert turn.conversation.phase == conversation.phase
        assert turn.conversation.matter == conversation.matter


@settings(max_examples=200, deadline=None)
@given(
    phase=st.sampled_from(list(Phase)),
    trusted=st.booleans(),
    doings=st.lists(
        st.one_of(
            st.text(max_size=200).map(TextSaid),
            st.sampled_from(STRANGE).map(TextSaid),
            st.integers(1, 15).map(lambda number: TextSaid(str(number))),
            st.sampled_from(list(CommandName)).map(CommandGiven),
            st.sampled_from(EVENTS),
        ),
        max_size=6,
    ),
)
def test_no_order_of_events_breaks_the_conversation(phase: Phase, trusted: bool, doings: list[Event]) -> None:
    conversation = from_json(state(phase))
    for number, event in enumerate(doings):
        turn = step(conversation, event, tools(NOW, f"m-{number}", trusted=trusted))
        check(turn, person=isinstance(event, TextSaid | CommandGiven))
        conversation = turn.conversation
