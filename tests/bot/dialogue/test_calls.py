"""Calls and outages in the conversation: down for whom, a card to read from, what came of the call, a draft kept for later."""

from datetime import UTC, datetime

import pytest

from bot.conversation import Phase
from bot.events import CallMade, CallNoted, OutageChanged, OutageNotice, TextSaid
from bot.render import Rendered
from bot.requests import MakeCall, NoteCall, ReportOutage
from tests.bot.dialogue.ways import CARD, text_of
from tests.bot.dialogue.world import World, profile

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DOWN = "Lifecare ligger nere, behöver nå hälsocentralen Ankarviken om provsvar"
UNIT, PACK = "vasternorrland-hemsjukvard-sundsvall", "vasternorrland"
MADE = CallMade("call-1", 4, "Hälsocentralen Ankarviken", "040-628 04 05", "/calls/call-1")
MISSED = CallNoted("call-1", 4, "not_reached", "Region Västernorrlands växel", "0611-800 00", "/calls/call-1", NOW)


def labels(shown: list[Rendered]) -> list[str]:
    return [choice.label for one in shown for choice in one.choices]


@pytest.fixture
def world() -> World:
    made = World(profile(UNIT, PACK))
    made.meet(TextSaid("hej"))
    return made


def test_who_says_that_it_is_down_is_asked_for_whom_and_her_own_matter_goes_by_phone_at_once(world: World) -> None:
    shown = world.meet(TextSaid(DOWN))
    assert "Telefon" in text_of(shown)
    assert "bara för dig, eller för fler" in text_of(shown)
    shown = world.meet(TextSaid("Fler än jag"))
    assert [order for order in world.commands if isinstance(order, ReportOutage)] == [ReportOutage(wide=True)]
    assert world.conversation.system_down
    assert "bara för dig" not in text_of(shown)


def test_down_for_oneself_alone_is_said_so(world: World) -> None:
    world.meet(TextSaid(DOWN))
    world.meet(TextSaid("Bara jag"))
    assert [order for order in world.commands if isinstance(order, ReportOutage)] == [ReportOutage(wide=False)]


def test_what_lots_knows_already_is_not_asked(world: World) -> None:
    world.meet(OutageChanged("Lifecare SP", down=True))
    shown = world.meet(TextSaid("Behöver nå hälsocentralen Ankarviken om provsvar, det kan vänta till i morgon"))
    assert "bara för dig" not in text_of(shown)


def test_a_call_card_is_made_of_what_was_said_with_the_numbers_in_order(world: World) -> None:
    world.meet(TextSaid(DOWN))
    shown = world.meet(TextSaid("Gör ett samtalskort"))
    (order,) = [order for order in world.commands if isinstance(order, MakeCall)]
    assert order.said == DOWN
    assert order.numbers[0].phone == "040-628 04 05"
    assert order.numbers[-1].name.startswith("Sollefteå")
    assert "Situation: Lifecare ligger nere" in text_of(shown)
    assert "Be den du talar med upprepa" in text_of(shown)


@pytest.mark.parametrize("trusted", [True, False])
def test_where_several_units_may_be_meant_she_says_whom_she_rings(trusted: bool) -> None:
    world = World(profile(UNIT, PACK), trusted=trusted)
    world.meet(TextSaid("hej"))
    world.meet(TextSaid("Lifecare ligger nere, behöver nå hälsocentralen om provsvar"))
    shown = world.meet(TextSaid("Gör ett samtalskort"))
    assert not [order for order in world.commands if isinstance(order, MakeCall)]
    assert "Vem ska du ringa?" in text_of(shown)
    meant = [label for label in labels(shown) if label.startswith("Hälsocentralen")]
    assert len(meant) > 1
    assert all(f"{name}: " in text_of(shown) for name in meant)
    shown = world.meet(TextSaid(meant[-1]))
    (order,) = [order for order in world.commands if isinstance(order, MakeCall)]
    assert order.numbers[0].name == meant[-1]
    assert not {one.name for one in order.numbers} & set(meant[:-1])
    assert ("Situation:" in text_of(shown)) is trusted
    assert world.conversation.phase is Phase.CARD


def test_the_question_whom_she_rings_can_be_answered_with_another_name_or_taken_back() -> None:
    world = World(profile(UNIT, PACK))
    world.meet(TextSaid("hej"))
    world.meet(TextSaid("Lifecare ligger nere, behöver nå hälsocentralen om provsvar"))
    world.meet(TextSaid("Gör ett samtalskort"))
    assert "Gör ett samtalskort" in labels(world.meet(TextSaid("tillbaka")))
    world.meet(TextSaid("Gör ett samtalskort"))
    assert "Hälsocentralen Ankarviken: " in text_of(world.meet(TextSaid("Ankarviken")))
    world.meet(TextSaid("Gör ett samtalskort"))
    (order,) = [order for order in world.commands if isinstance(order, MakeCall)]
    assert order.numbers[0].name == "Hälsocentralen Ankarviken"


def test_an_untrusted_client_is_not_shown_the_card_but_its_page() -> None:
    world = World(profile(UNIT, PACK), trusted=False)
    world.meet(TextSaid("hej"))
    world.meet(TextSaid(DOWN))
    shown = world.meet(TextSaid("Gör ett samtalskort"))
    assert "Situation:" not in text_of(shown)
    made = world.meet(MADE)
    assert [link.url for one in made for link in one.links] == ["tel:0406280405", "/calls/call-1"]


def test_one_tap_says_what_came_of_the_call_and_the_next_number_follows(world: World) -> None:
    world.meet(TextSaid(DOWN))
    before = world.conversation.matter
    shown = world.meet(MADE)
    assert {"Nådd", "Inte nådd", "Lämnat bud"} <= set(labels(shown))
    world.meet(TextSaid("Inte nådd"))
    noted = [order for order in world.commands if isinstance(order, NoteCall)]
    assert [(order.call_id, order.outcome) for order in noted] == [("call-1", "not_reached")]
    shown = world.meet(MISSED)
    assert "Prova nästa nummer" in text_of(shown)
    assert "tel:061180000" in [link.url for one in shown for link in one.links]
    reached = world.meet(CallNoted("call-1", 4, "reached", "x", "0611-800 00", "/calls/call-1"))
    assert "journalför" in text_of(reached)
    assert world.conversation.matter == before


@pytest.mark.parametrize(
    "event",
    [
        CallMade("call-1", 4, None, None, "/calls/call-1"),
        CallNoted("call-1", 4, "not_reached", None, None, "/calls/call-1", NOW),
        OutageNotice("call_again", "", call_id="call-1", number=4),
    ],
)
def test_a_number_that_only_the_page_may_show_is_reached_by_its_link(
    world: World, event: CallMade | CallNoted | OutageNotice
) -> None:
    shown = world.meet(event)
    assert "amtal 4" in text_of(shown)
    assert [link.url for one in shown for link in one.links] == ["/calls/call-1"]
    assert "Nådd" in labels(shown)


def test_a_draft_under_way_is_kept_until_the_system_works_and_is_gone_through_again() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for said in (*CARD, "skriv utkast", "Ekliden", "gå vidare"):
        shown = world.meet(TextSaid(said))
    assert world.conversation.phase is Phase.DRAFTING
    assert world.conversation.matter is not None
    kept = world.conversation.matter.id
    shown = world.meet(OutageChanged("Lifecare SP", down=True))
    assert "Ditt utkast är kvar" in text_of(shown)
    assert "Spara tills systemet är igång" in labels(shown)
    world.meet(TextSaid("Spara tills systemet är igång"))
    assert world.conversation.matter is None
    assert [matter.id for matter in world.conversation.failed] == [kept]
    world.meet(OutageChanged("Lifecare SP", down=False))
    world.meet(TextSaid("tillbaka till meddelandet"))
    assert world.conversation.matter is not None
    assert world.conversation.matter.id == kept
    assert not world.conversation.matter.draft_ready


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (OutageNotice("planned", "Lifecare SP", at=NOW), "Skriv ut blanketter i förväg"),
        (OutageNotice("applies", "Lifecare SP"), "hela avbrottsrutinen"),
        (OutageNotice("began", "Lifecare SP", exercise=True, at=NOW), "ÖVNING"),
        (OutageNotice("ended", "Lifecare SP", exercise=True), "ÖVNING"),
        (OutageNotice("applies", "Lifecare SP", exercise=True), "ÖVNING"),
        (OutageNotice("call_again", "", call_id="call-1", number=4, name="Växeln", phone="0611-800 00"), "samtal 4"),
        (OutageNotice("call_again", "", call_id="call-1", number=4), "samtal 4"),
    ],
)
def test_what_is_told_of_an_outage_is_said_beside_and_a_drill_turns_nothing(
    world: World, event: OutageNotice, words: str
) -> None:
    shown = world.meet(event)
    assert words in text_of(shown)
    assert not world.conversation.system_down


def test_what_is_told_with_the_call_card_in_hand_joins_it_and_that_somebody_answered_is_noted(world: World) -> None:
    world.meet(TextSaid(DOWN))
    world.meet(TextSaid("Gör ett samtalskort"))
    world.meet(MADE)
    shown = text_of(world.meet(TextSaid("84 år, inget blodförtunnande")))
    assert "Jag har lagt till det i samtalskortet" in shown
    assert "Bakgrund: 84 år, inget blodförtunnande" in shown
    assert "Vem ska du ringa?" not in shown
    world.meet(TextSaid("hon svarade"))
    noted = [order for order in world.commands if isinstance(order, NoteCall)]
    assert [order.outcome for order in noted] == ["reached"]


def test_a_part_of_the_call_card_that_nothing_was_told_of_is_shown_as_a_question_to_her(world: World) -> None:
    world.meet(TextSaid(DOWN))
    shown = text_of(world.meet(TextSaid("Gör ett samtalskort")))
    assert "Bedömning: Hur bedömer du läget?" not in shown
    assert "Bedömning: – (säg själv: Hur bedömer du läget?)" in shown
