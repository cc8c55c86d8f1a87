"""What the conversation promises: danger first, no identity where it may not be, a word for whatever happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import Conversation, Phase, to_json
from bot.dialogue import step
from bot.events import (
    ChoicePicked,
    MessageEvent,
    MessageHappening,
    OutageChanged,
    QueryAnswered,
    StateLost,
    TextSaid,
)
from bot.findings import Answer, MessageRead, MessagesListed, ProfileFound, QueryFailed, SentMessage
from bot.render import render
from bot.replies import Tone
from bot.requests import EraseIncoming, ReadMessage, WhoAmI
from knowledge.vocabulary import Fact, UnitType
from tests.bot.dialogue.ways import CARD, DRAFT, NUMBER, PREVIEW, chat, text_of
from tests.bot.dialogue.world import World, knowledge, profile, tools

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


# ── danger ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(CARD, id="card"),
        pytest.param((*CARD, "skriv utkast"), id="recipient"),
        pytest.param((*DRAFT, "Ändra: Bakgrund"), id="drafting"),
        pytest.param((*DRAFT, "ser bra ut"), id="consent"),
        pytest.param((*DRAFT, "ser bra ut", "Kan inte ta ställning"), id="who decided"),
        pytest.param((*DRAFT, "ser bra ut", "ja"), id="identity"),
        pytest.param(PREVIEW, id="preview"),
    ],
)
def test_words_of_danger_go_before_whatever_is_going_on(said: tuple[str, ...]) -> None:
    world = chat(*said)
    shown = world.meet(TextSaid("Plötsligt är det så att hon andas inte!"))
    assert "112" in text_of(shown)
    assert world.conversation.matter is not None
    assert Fact.URGENCY not in world.conversation.matter.answers


@pytest.mark.parametrize("unit_type", list(UnitType))
def test_danger_to_life_leads_with_112_or_the_own_alarm(unit_type: UnitType) -> None:
    world = World(replace(profile("halland-hemsjukvard-halmstad", "halland-2024"), unit_type=unit_type))
    world.meet(TextSaid("guida mig"))
    shown = world.meet(TextSaid("fara för livet"))
    assert shown[-1].tone is Tone.EMERGENCY
    own_alarm = unit_type in (UnitType.INPATIENT_WARD, UnitType.AMBULANCE)
    assert shown[-1].text.splitlines()[0].startswith("LARMA NU" if own_alarm else "RING 112")
    assert [link.url for link in shown[-1].links] == ["tel:112"]


def test_one_tap_on_the_card_turns_it_to_phone() -> None:
    world = chat(*CARD)
    shown = world.meet(TextSaid("Det är bråttom – ring i stället"))
    assert "Telefon" in text_of(shown)


# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("phase", [Phase.WELCOME, Phase.MATTER, Phase.ASKING, Phase.CARD, Phase.RECIPIENT, Phase.DONE])
@pytest.mark.parametrize(
    "number", ["19121212-1212", "121212-1212", NUMBER, "19121212-1213"], ids=["dash", "ten", "twelve", "mistyped"]
)
def test_a_number_typed_on_an_untrusted_client_leaves_no_trace(phase: Phase, number: str) -> None:
    ways = {
        Phase.MATTER: ("börja om",),
        Phase.ASKING: ("guida mig",),
        Phase.CARD: CARD,
        Phase.RECIPIENT: (*CARD, "skriv utkast"),
    }
    world = chat(*ways.get(phase, ()), trusted=False)
    shown = world.meet(TextSaid(f"Det gäller {number} på Storgatan"))
    assert EraseIncoming() in world.commands
    digits = number.replace("-", "")[-4:]
    assert digits not in to_json(world.conversation)
    assert digits not in text_of(shown)
    assert "Jag har inte sparat det" in text_of(shown)


@pytest.mark.parametrize("way", [(), ("börja om",), ("guida mig",), CARD], ids=["first", "matter", "asking", "card"])
@pytest.mark.parametrize(
    ("said", "secret"),
    [
        pytest.param("Det gäller Karin Andersson som är trött", "Karin", id="name"),
        pytest.param("hennes son Erik Lund vill bli uppringd", "Lund", id="relative"),
        pytest.param("Dottern Eva Berg nås på 070-174 06 35", "174 06", id="phone"),
    ],
)
def test_a_name_or_a_phone_number_typed_on_an_untrusted_client_leaves_no_trace(
    way: tuple[str, ...], said: str, secret: str
) -> None:
    world = chat(*way, trusted=False)
    shown = world.meet(TextSaid(said))
    assert EraseIncoming() in world.commands
    assert secret not in to_json(world.conversation)
    assert secret not in text_of(shown)


@pytest.mark.parametrize("unit", ["Ekliden", "Vårdcentralen Ekliden", "Privata kliniken Havsvyn"])
def test_a_unit_that_is_asked_for_is_no_patient(unit: str) -> None:
    world = chat(*CARD, "skriv utkast", trusted=False)
    world.meet(TextSaid(unit))
    assert EraseIncoming() not in world.commands


def test_a_name_may_stand_in_a_draft_on_a_trusted_client_and_the_number_moves_out() -> None:
    world = chat(*CARD, "skriv utkast", "Ekliden", f"Kan ni ringa Karin Andersson {NUMBER}?")
    assert world.conversation.matter is not None
    text = "\n".join(section.text for section in world.conversation.matter.sections)
    assert "Kan ni ringa Karin Andersson?" in text
    assert NUMBER not in text
    assert world.conversation.matter.person is not None


def test_an_untrusted_client_is_never_asked_for_a_number_nor_shown_an_answer() -> None:
    world = chat(*CARD, "skriv utkast", "Ekliden", trusted=False)
    assert world.conversation.phase is Phase.DONE
    assert [command.type for command in world.commands] == ["create_draft", "forget_queued"]
    event = MessageEvent(MessageHappening.ANSWERED, "msg-1", "L-1", "Vårdcentralen Ekliden", NOW)
    turn = step(world.conversation, event, tools(NOW, trusted=False))
    assert turn.queries == ()
    assert turn.replies


def test_a_number_in_the_matter_on_a_trusted_client_moves_out_of_the_text() -> None:
    world = chat("guida mig", f"kan vänta, det gäller {NUMBER}")
    assert world.conversation.matter is not None
    assert world.conversation.matter.person is not None
    assert world.conversation.matter.person.id == NUMBER
    assert NUMBER not in world.conversation.matter.text + world.conversation.matter.notes


def test_a_mistyped_number_is_said_to_be_wrong_and_not_kept() -> None:
    world = chat(*DRAFT, "ser bra ut", "ja")
    shown = world.meet(TextSaid("19121212-1213"))
    assert "stämmer inte" in text_of(shown)
    assert "1213" not in to_json(world.conversation)


# ── the person and the routine ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_words_are_kept_while_the_profile_is_asked_for() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    first = step(world.conversation, TextSaid("guida mig"), tools(NOW))
    assert first.queries == (WhoAmI(),)
    failed = step(first.conversation, QueryAnswered(QueryFailed("who_am_i", "unreachable")), tools(NOW))
    retry = failed.replies[-1].choices[0].id
    again = step(failed.conversation, ChoicePicked(retry), tools(NOW))
    assert again.queries == (WhoAmI(),)
    world.conversation = again.conversation
    assert "Hur bråttom är det?" in text_of(world.meet(QueryAnswered(world.ask(WhoAmI()))))


@pytest.mark.parametrize("said", ["hej", "Kan vårdcentralen ta ett blodtryck?", "guida mig"])
def test_where_no_routine_is_in_force_that_is_said_with_what_to_do(said: str) -> None:
    shown = text_of(chat(pack=None).meet(TextSaid(said)))
    assert "Ingen gällande rutin" in shown
    assert "112" in shown


def test_a_version_out_of_force_says_so_on_its_card() -> None:
    world = chat(*CARD, pack="halland-2021")
    assert "gäller inte i dag" in text_of(world.meet(TextSaid("tillbaka")))


def test_a_unit_without_access_is_refused_with_the_reason_and_the_new_way() -> None:
    said = [words if words != "vårdcentral" else "Specialistmottagning" for words in CARD]
    world = chat(*said, "skriv utkast")
    shown = text_of(world.meet(TextSaid("Privata kliniken Havsvyn")))
    assert "är inte med i systemet" in shown
    assert "Skicka inte här" in shown
    assert "Privata kliniken Havsvyn: " in shown


def test_a_system_that_is_down_turns_a_new_matter_to_phone() -> None:
    world = chat("börja om")
    world.meet(OutageChanged("Lifecare SP", down=True))
    for said in CARD[:-1]:
        shown = world.meet(TextSaid(said))
    assert "Telefon" in text_of(shown)


# ── texts of every kind ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_very_long_text_is_kept_and_its_limit_told_kindly() -> None:
    world = chat("börja om")
    text = "Kan vårdcentralen ta ett blodtryck? " + "Hon mår bra. " * 800
    shown = text_of(world.meet(TextSaid(text)))
    assert "Allt är kvar" in shown
    assert world.conversation.matter is not None
    assert world.conversation.matter.text == text


def test_more_than_can_be_kept_is_said_too() -> None:
    world = chat("börja om")
    shown = text_of(world.meet(TextSaid("Hon mår bra. " * 4000)))
    assert "Texten är längre än jag kan ta emot" in shown


def test_several_matters_are_taken_one_at_a_time_and_none_is_lost() -> None:
    world = chat(*CARD)
    assert world.conversation.matter is not None
    parts = ("Kan ni ta ett blodtryck?", "Hon behöver en tid till våren.", "Rullatorn är trasig.")
    matter = replace(world.conversation.matter, parts=parts)
    world.conversation = replace(world.conversation, phase=Phase.SPLIT, matter=matter)
    shown = world.meet(ChoicePicked("0.0"))
    second = next(choice.id for choice in shown[-1].choices if choice.label.startswith("Hon behöver"))
    world.meet(ChoicePicked(second))
    assert list(world.conversation.queue) == [parts[0], parts[2]]
    assert world.conversation.matter is not None
    assert world.conversation.matter.text == parts[1]
    shown = world.meet(TextSaid("avbryt"))
    assert any(choice.label == f"Nästa ärende: {parts[0]}" for choice in shown[-1].choices)
    world.meet(TextSaid("nästa"))
    assert list(world.conversation.queue) == [parts[2]]


# ── what happens to messages ────────────────────────────────────────────────────────────────────────────────────────────

SENT = SentMessage("msg-1", "L-1", "Meddelande", "answered", ("Vårdcentralen Ekliden",), "built_in")


@pytest.mark.parametrize(
    "said", [("hjälp",), ("guida mig",), CARD, PREVIEW], ids=["matter", "asking", "card", "preview"]
)
def test_an_answer_is_shown_beside_whatever_is_going_on(said: tuple[str, ...]) -> None:
    world = chat("börja om", *said)
    before = world.conversation
    event = MessageEvent(MessageHappening.ANSWERED, "msg-1", "L-1", "Vårdcentralen Ekliden", NOW)
    asked = step(before, event, tools(NOW))
    assert asked.queries == (ReadMessage("msg-1"),)
    read = MessageRead(SENT, (Answer("redirect", "Ring receptlinjen.", "Vårdcentralen Ekliden", NOW),))
    turn = step(asked.conversation, QueryAnswered(read), tools(NOW))
    assert turn.replies
    assert replace(turn.conversation, offered=before.offered) == before
    assert "receptlinjen" not in to_json(turn.conversation)


@pytest.mark.parametrize(
    ("asks", "told"), [(True, "Ekliden vill veta mer om L-1"), (False, "Ekliden har svarat på L-1")]
)
def test_a_question_back_is_told_as_one_where_the_answer_is_not_shown(asks: bool, told: str) -> None:
    event = MessageEvent(MessageHappening.ANSWERED, "msg-1", "L-1", "Vårdcentralen Ekliden", NOW, asks_for_more=asks)
    assert told in text_of(chat("börja om", trusted=False).meet(event))


def test_the_list_of_ones_messages_says_where_more_is_asked_for() -> None:
    world = chat("börja om")
    listed = MessagesListed((replace(SENT, status="asked_for_more", due_at=NOW),))
    turn = step(world.conversation, QueryAnswered(listed), tools(NOW))
    said = render(turn.replies[0], knowledge().texts).text
    assert "– mottagaren vill veta mer" in said
    assert "senast" not in said


def test_an_overdue_message_advises_to_ring_with_the_number() -> None:
    event = MessageEvent(MessageHappening.OVERDUE, "msg-1", "L-1", "Vårdcentralen Ekliden", NOW, "031-390 06 04")
    assert "031-390 06 04" in text_of(chat("börja om").meet(event))


@pytest.mark.parametrize(
    ("phone", "told"), [("031-390 06 04", "Ring i stället: 031-390 06 04"), (None, "Ring i stället")]
)
def test_a_message_that_reached_nobody_is_told_with_the_number_to_ring(phone: str | None, told: str) -> None:
    event = MessageEvent(MessageHappening.UNDELIVERED, "msg-1", "L-1", "Vårdcentralen Ekliden", NOW, phone)
    said = text_of(chat("börja om").meet(event))
    assert "kom inte fram: L-1 till Vårdcentralen Ekliden" in said
    assert told in said


def test_the_list_of_ones_messages_says_in_words_what_did_not_get_through() -> None:
    listed = MessagesListed((replace(SENT, status="undelivered"),))
    turn = step(chat("börja om").conversation, QueryAnswered(listed), tools(NOW))
    assert "kom inte fram till systemet" in render(turn.replies[0], knowledge().texts).text


@pytest.mark.parametrize("reason", ["schema", "idle"])
def test_a_lost_conversation_is_said_to_be_lost(reason: str) -> None:
    world = chat(*PREVIEW)
    shown = world.meet(StateLost("schema" if reason == "schema" else "idle"))
    assert "Vi börjar på nytt" in text_of(shown)
    assert world.conversation.matter is None


@pytest.mark.parametrize(
    "event",
    [
        StateLost("schema"),
        StateLost("idle"),
        OutageChanged("Lifecare SP", down=True),
        OutageChanged("Lifecare SP", down=False),
    ],
    ids=["schema", "idle", "down", "up"],
)
def test_a_conversation_that_has_just_begun_says_nothing_it_does_not_know(event: StateLost | OutageChanged) -> None:
    turn = step(Conversation("c-1", "staff-1"), event, tools(NOW))
    shown = text_of([render(reply, knowledge().texts) for reply in turn.replies])
    assert "Ingen gällande rutin" not in shown
    assert "når inte servern" not in shown
    assert "Vad vill du förmedla?" in shown


# ── day by day ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_she_is_is_asked_for_anew_each_day_and_what_she_wrote_goes_on() -> None:
    world = chat("börja om")
    assert step(world.conversation, TextSaid("guida mig"), tools(NOW)).queries == ()
    tomorrow = tools(NOW + timedelta(days=1))
    turn = step(world.conversation, TextSaid("guida mig"), tomorrow)
    assert turn.queries == (WhoAmI(),)
    without = step(turn.conversation, QueryAnswered(QueryFailed("who_am_i", "unreachable")), tomorrow)
    assert without.conversation.phase is Phase.ASKING


def test_a_matter_in_hand_is_not_interrupted_by_a_new_day() -> None:
    world = chat(*PREVIEW)
    turn = step(world.conversation, TextSaid("ändra"), tools(NOW + timedelta(days=1)))
    assert turn.queries == ()


# ── the first screen ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", ["/start", "hej"])
def test_the_first_screen_gives_an_example_and_says_that_one_may_ask_practise_and_needs_no_number(said: str) -> None:
    shown = text_of(chat().meet(TextSaid(said)))
    for words in ("Hej! Jag är Lots", "Till exempel", "fråga om rutinen", "öva", "Personnummer behövs inte"):
        assert words in shown
    assert "Personnummer behövs inte" not in text_of(chat(trusted=False).meet(TextSaid(said)))


def test_help_says_that_one_may_ask_and_practise() -> None:
    shown = text_of(chat("börja om").meet(TextSaid("hjälp")))
    assert "fråga hur rutinen är" in shown
    assert "”öva”" in shown


@pytest.mark.parametrize("trusted", [True, False])
def test_a_number_in_the_first_words_of_all_has_its_place_in_the_matter_where_it_may(*, trusted: bool) -> None:
    """It is not known yet who she is: the text waits for that, and what is said of the number must hold afterwards too."""
    surroundings = replace(tools(NOW), trusted=trusted)
    asked = step(Conversation("c-1", "staff-1"), TextSaid(f"kan ni förnya levaxin till {NUMBER}?"), surroundings)
    assert asked.queries == (WhoAmI(),)
    me = profile("halland-hemsjukvard-halmstad", "halland-2024")
    turn = step(asked.conversation, QueryAnswered(ProfileFound(me)), surroundings)
    assert turn.conversation.matter is not None
    person = turn.conversation.matter.person
    assert (person is not None and person.id.endswith(NUMBER[-4:])) is trusted
    said = [render(reply, knowledge().texts).text for reply in (*asked.replies, *turn.replies)]
    assert any("flyttade personnumret" in text for text in said) is trusted
    assert NUMBER not in turn.conversation.matter.text
