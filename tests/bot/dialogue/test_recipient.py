"""Who may receive what: one or several as the pack says, and a unit that cannot is named with the reason."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation import Conversation, Phase
from bot.dialogue import step
from bot.events import QueryAnswered, TextSaid
from bot.findings import UnitCard, UnitsFound
from bot.render import render
from knowledge.vocabulary import UnitType
from tests.bot.dialogue.world import World, card, knowledge, profile, tools

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CARD = (
    "guida mig",
    "kan vänta",
    "Följa upp blodtryck, vikt, blodsocker …",
    "vårdcentral",
    "ja, inskriven",
    "skriv utkast",
)


def at_recipient() -> Conversation:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for said in CARD:
        world.meet(TextSaid(said))
    assert world.conversation.phase is Phase.RECIPIENT
    return world.conversation


def unit(unit_id: str) -> UnitCard:
    return card(knowledge().directory.unit(unit_id), "halland-2024")


EKLIDEN = "halland-vc-ekliden"


def found(conversation: Conversation, *units: UnitCard, query: str | None = None) -> tuple[Conversation, str]:
    asked = query or (units[0].name if units else "sökt")
    turn = step(conversation, QueryAnswered(UnitsFound(asked, units)), tools(NOW))
    return turn.conversation, "\n".join(render(reply, knowledge().texts).text for reply in turn.replies)


def test_a_name_that_fits_one_unit_is_taken() -> None:
    conversation, shown = found(at_recipient(), unit(EKLIDEN))
    assert conversation.matter is not None
    assert [chosen.id for chosen in conversation.matter.units] == [EKLIDEN]
    assert "Till: Vårdcentralen Ekliden" in shown


def test_a_unit_that_only_the_search_thinks_is_like_is_shown_and_not_taken() -> None:
    conversation, shown = found(at_recipient(), unit(EKLIDEN), query="den med gula huset")
    assert conversation.matter is not None
    assert conversation.matter.units == ()
    assert "Vilken enhet ska ha det?" in shown


@pytest.mark.parametrize("said", ["skriv utkast", "lämna över", "gå vidare", "ja"])
def test_words_for_a_later_step_are_no_name_of_a_unit(said: str) -> None:
    turn = step(at_recipient(), TextSaid(said), tools(NOW))
    assert turn.queries == ()
    assert turn.conversation.phase is Phase.RECIPIENT


def test_a_unit_that_does_not_receive_the_channel_is_refused_by_name() -> None:
    closed = replace(unit(EKLIDEN), receives=("sip",))
    conversation, shown = found(at_recipient(), closed)
    assert conversation.phase is Phase.RECIPIENT
    assert conversation.matter is not None
    assert conversation.matter.units == ()
    assert "Vårdcentralen Ekliden kan inte ta emot Meddelande utanför vårdtillfälle" in shown


def test_a_unit_of_another_type_that_changes_the_answer_shows_the_new_answer() -> None:
    conversation, shown = found(at_recipient(), unit("halland-bistand-halmstad"))
    assert "Då säger rutinen så här" in shown
    assert conversation.phase is Phase.CARD


def test_ones_own_unit_is_never_offered() -> None:
    conversation, _ = found(
        at_recipient(), unit("halland-hemsjukvard-halmstad"), unit(EKLIDEN), unit("halland-vc-varberg")
    )
    assert conversation.matter is not None
    assert [one.id for one in conversation.matter.found] == [EKLIDEN, "halland-vc-varberg"]


def test_nothing_found_says_what_was_searched_for() -> None:
    _, shown = found(at_recipient(), query="xyzzy")
    assert "Jag hittar ingen enhet som liknar ”xyzzy”" in shown


@pytest.mark.parametrize(
    ("words", "chosen"), [("Ekliden", EKLIDEN), ("ekliden!", EKLIDEN), ("vårdcentralen ekliden", EKLIDEN)]
)
def test_part_of_a_name_on_the_screen_is_enough(words: str, chosen: str) -> None:
    turn = step(at_recipient(), TextSaid(words), tools(NOW))
    assert turn.queries == ()
    assert turn.conversation.matter is not None
    assert [one.id for one in turn.conversation.matter.units] == [chosen]


def test_a_word_that_fits_several_units_is_searched_for() -> None:
    turn = step(at_recipient(), TextSaid("vårdcentralen"), tools(NOW))
    assert [query.type for query in turn.queries] == ["find_units"]


def test_where_several_may_receive_a_second_unit_must_lead_to_the_same_channel() -> None:
    world = World(profile("vastra-gotaland-specialist-medicin", "vgr-skaraborg"))
    for said in (
        "guida mig",
        "kan vänta",
        "Bara berätta något, utan fråga",
        "Kommunal hälso- och sjukvård",
        "skriv utkast",
        "Sjölunden",
    ):
        world.meet(TextSaid(said))
    assert world.conversation.phase is Phase.RECIPIENT
    ward = card(knowledge().directory.unit("vastra-gotaland-avd-medicin-skovde"), "vgr-skaraborg")
    assert ward.unit_type is UnitType.INPATIENT_WARD
    conversation, shown = found(world.conversation, ward)
    assert "kan inte ta emot" in shown
    assert conversation.matter is not None
    assert len(conversation.matter.units) == 1
