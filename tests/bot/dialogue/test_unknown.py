""" "Vet inte": never a guess. What is sent with something unknown is right whatever it turns out to be, and else nothing is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.acts import Act
from bot.conversation import Phase
from bot.events import ChoicePicked, TextSaid
from bot.phases.asking import question
from bot.phases.card import sends
from bot.phases.desk import Desk, desk
from bot.phases.unknown import KNOWABLE
from knowledge.vocabulary import DERIVED, Fact, Provenance, Value
from tests.bot.dialogue.test_buttons_alone import Case, cases, started, tap
from tests.bot.dialogue.world import World, knowledge, profile, tools
from triage.decide import Ask, Decided, decide

ALL = tuple(cases())
MOST_TAPS = 40


def at(world: World) -> Desk:
    here = desk(world.conversation, tools(world.now))
    assert here is not None
    return here


def answer_what_is_known(world: World, case: Case, not_known: frozenset[Fact]) -> None:
    """Every question answered truly but for what she does not know, until there is a card or nobody can know more."""
    for _ in range(MOST_TAPS):
        here = at(world)
        asked = question(here)
        if not isinstance(asked, Ask) or asked.fact in here.matter.unknown:
            return
        truth = case.truth(asked.fact)
        if asked.fact in not_known or (truth is None and asked.fact in KNOWABLE):
            tap(world, Act.UNKNOWN, str(asked.fact))
        else:
            assert truth is not None
            tap(world, Act.ANSWER, str(asked.fact), str(truth).lower() if isinstance(truth, bool) else str(truth))


def channels_of_every_answer(here: Desk, fact: Fact) -> set[str]:
    """What the routine says for each value of the fact, with nothing assumed that was not asked."""
    dropped = [f for f, k in here.facts.known.items() if k.provenance is Provenance.ASSUMED or f in DERIVED]
    facts = here.facts.without([*dropped, *here.matter.unknown])
    said = set()
    for value in here.pack.values(fact):
        known = facts.with_known(fact, value, Provenance.ANSWERED)
        decision = decide(here.pack, here.profile.unit_type, here.recipient, known)
        said.add(decision.channel.id if isinstance(decision, Decided) else "open")
    return said


@pytest.mark.parametrize("not_known", sorted(KNOWABLE - {Fact.CONSENT} - DERIVED))
def test_what_is_sent_without_knowing_is_right_whatever_it_is(not_known: Fact) -> None:
    for case in ALL[:: max(1, len(ALL) // 25)]:
        world = started(case)
        answer_what_is_known(world, case, frozenset({not_known}))
        here = at(world)
        world.meet(TextSaid("ändra"))
        if any(o.action.value == not_known for o in world.conversation.offered):
            tap(world, Act.CHANGE_FACT, str(not_known))
            tap(world, Act.UNKNOWN, str(not_known))
            answer_what_is_known(world, case, frozenset({not_known}))
            here = at(world)
        if not_known not in here.matter.unknown or here.decided is None or not sends(here.decided.channel):
            continue
        assert channels_of_every_answer(here, not_known) <= {here.decided.channel.id, "open"}, case.id


@settings(max_examples=60, deadline=None)
@given(case=st.sampled_from(ALL), not_known=st.frozensets(st.sampled_from(sorted(KNOWABLE)), max_size=4))
def test_where_the_way_turns_on_it_nothing_is_sent_and_every_answer_is_a_tap_away(
    case: Case, not_known: frozenset[Fact]
) -> None:
    world = started(case)
    answer_what_is_known(world, case, not_known)
    here = at(world)
    asked = question(here)
    if not isinstance(asked, Ask):
        return
    offered = {(o.action.name, o.action.extra) for o in world.conversation.offered}
    assert world.conversation.phase is Phase.ASKING
    assert Act.NEXT not in {name for name, _ in offered}
    assert {extra for name, extra in offered if name is Act.ANSWER} == {_encoded(v) for v in asked.choices}
    assert world.commands == []


def _encoded(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def narcotic_unknown() -> World:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2021"))
    for said in ("guida mig", "kan vänta", "Förnya ett recept", "vårdcentral", "vet inte", "ja, inskriven"):
        world.meet(TextSaid(said))
    return world


def test_not_knowing_says_where_each_answer_leads_and_whom_to_ask() -> None:
    world = narcotic_unknown()
    here = at(world)
    assert here.matter.unknown == (Fact.CONTROLLED_DRUG,)
    shown = "\n".join(rendered.text for rendered in world.meet(TextSaid("hmm")))
    assert "jag gissar inte" in shown
    assert "• Ja, narkotikaklassat: Skicka inte här" in shown
    assert "• Nej: Meddelande utanför vårdtillfälle" in shown
    assert "Vårdcentralen" in shown
    assert "inget skickas" in shown


def test_the_answer_found_out_later_goes_on_from_there() -> None:
    world = narcotic_unknown()
    world.meet(TextSaid("nej"))
    assert world.conversation.phase is Phase.CARD
    assert at(world).matter.unknown == ()


def test_what_need_not_be_known_is_said_on_the_card() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    world.meet(TextSaid("Till vårdcentralen Ekliden: kan ni följa upp blodtrycket? Det kan vänta."))
    world.meet(TextSaid("ändra"))
    tap(world, Act.CHANGE_FACT, str(Fact.FORUM_EXISTS))
    shown = world.meet(ChoicePicked(next(o.id for o in world.conversation.offered if o.action.name is Act.UNKNOWN)))
    assert world.conversation.phase is Phase.CARD
    assert "Vägen är densamma, vad svaret än är (Annat forum finns)" in shown[-1].text


def test_how_to_find_out_is_told_for_everything_that_one_may_not_know() -> None:
    missing = [f for f in KNOWABLE - DERIVED - {Fact.CONSENT} if f"chat.unknown.how.{f}" not in knowledge().texts]
    assert missing == []


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("tack!", "Tack själv"),
        ("skriv utkast", "fick jag inte ihop"),
        ("ja", "fick jag inte ihop"),
        ("hej", "Hej på dig"),
    ],
)
def test_a_few_words_that_say_nothing_are_no_answer_and_leave_the_matter_as_it_was(said: str, answer: str) -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for words in ("guida mig", "kan vänta"):
        world.meet(TextSaid(words))
    before = world.conversation.matter
    assert answer in "\n".join(shown.text for shown in world.meet(TextSaid(said)))
    assert world.conversation.matter == before


@pytest.mark.parametrize("said", ["vc", "hemsjukvården", "biståndet", "psyk", "avdelningen", "skolan"])
def test_a_kind_of_unit_can_be_said_as_staff_say_it(said: str) -> None:
    world = World(profile("vastra-gotaland-specialist-medicin", "vgr-skaraborg"))
    for words in ("guida mig", "kan vänta", "Bara berätta något, utan fråga"):
        world.meet(TextSaid(words))
    assert "Vem ska ta emot det?" in "\n".join(shown.text for shown in world.meet(TextSaid("hmm")))
    world.meet(TextSaid(said))
    here = at(world)
    assert here.recipient is not None
