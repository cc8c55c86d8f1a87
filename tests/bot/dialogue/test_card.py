"""The card in every pack: what to do first, then why with its source, and a next step that fits the channel."""

from datetime import UTC, datetime

import pytest

from bot.acts import Act
from bot.conversation import Conversation, Matter, Phase
from bot.dialogue import step
from bot.events import ChoicePicked, CommandGiven, CommandName, QueryAnswered, TextSaid
from bot.findings import UnitsFound
from bot.phases import card
from bot.phases.desk import desk
from bot.render import render
from knowledge.pack import Pack
from knowledge.vocabulary import SENDING_KINDS, ChannelKind, Fact, UnitType, Value
from tests.bot.dialogue.world import World, knowledge, profile, tools
from triage.decide import Decided

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UNITS = {
    "orebro": "orebro-hemsjukvard-orebro",
    "halland": "halland-hemsjukvard-halmstad",
    "vasternorrland": "vasternorrland-hemsjukvard-sundsvall",
    "vastra-gotaland": "vastra-gotaland-hemsjukvard-skovde",
}
BASE: dict[Fact, Value] = {
    Fact.URGENCY: "can_wait",
    Fact.PATIENT_STATUS: "at_home",
    Fact.HOME_CARE_ENROLLED: True,
    Fact.CONTROLLED_DRUG: False,
    Fact.RECIPIENT_TYPE: "primary_care",
}
PACKS = knowledge().registry.packs
CASES = [pytest.param(pack, topic.id, id=f"{pack.id}-{topic.id}") for pack in PACKS for topic in pack.topics]


def on_card(pack: Pack, answers: dict[Fact, Value]) -> Conversation:
    me = profile(UNITS[pack.region], pack.id)
    matter = Matter("m-1", answers=answers, searched="")
    return Conversation("c-1", "staff-1", phase=Phase.CARD, profile=me, profile_day=NOW.date(), matter=matter)


@pytest.mark.parametrize(("pack", "topic"), CASES)
def test_every_topic_of_every_pack_gets_a_card_with_its_reason_and_a_fitting_next_step(pack: Pack, topic: str) -> None:
    status = "deceased" if topic == "death_notice" else "at_home"
    answers = {**BASE, Fact.TOPIC: topic, Fact.PATIENT_STATUS: status, Fact.SIP_ONGOING: False}
    conversation = on_card(pack, answers)
    here = desk(conversation, tools(NOW))
    assert here is not None
    assert isinstance(here.decision, Decided)
    turn = card.show(conversation, tools(NOW))
    shown = render(turn.replies[-1], knowledge().texts)
    acts = {offered.action.name for offered in turn.conversation.offered}
    assert here.decision.channel.label in shown.text
    assert here.decision.row.reason in shown.text
    assert f"Regel {here.decision.row.id}" in shown.text
    assert {Act.WHY, Act.WHY_NOT, Act.CHANGE} <= acts
    assert (Act.NEXT in acts) == (here.decision.channel.kind in SENDING_KINDS)
    assert ("Svar kan dröja" in shown.text.splitlines()[0]) == (here.decision.channel.kind in SENDING_KINDS)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        pytest.param({Fact.URGENCY: "life_threatening"}, ChannelKind.EMERGENCY, id="danger"),
        pytest.param({Fact.URGENCY: "urgent"}, ChannelKind.PHONE, id="urgent"),
        pytest.param({Fact.SYSTEM_DOWN: True}, ChannelKind.PHONE, id="down"),
        pytest.param({Fact.CONSENT: "refused"}, ChannelKind.OWN, id="refused"),
        pytest.param({Fact.PATIENT_STATUS: "admitted"}, ChannelKind.PROCESS, id="admitted"),
    ],
)
def test_the_common_cases_send_nothing_and_say_what_to_do(
    pack: Pack, answers: dict[Fact, Value], kind: ChannelKind
) -> None:
    conversation = on_card(pack, {**BASE, Fact.TOPIC: "information", **answers})
    here = desk(conversation, tools(NOW))
    assert here is not None
    assert here.decided is not None
    assert here.decided.channel.kind is kind
    turn = card.show(conversation, tools(NOW))
    acts = {offered.action.name for offered in turn.conversation.offered}
    assert Act.NEXT not in acts
    assert Act.SEND not in acts
    assert turn.commands == ()


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_one_regions_document_is_never_another_regions_reason(pack: Pack) -> None:
    others = {source.title for other in PACKS if other.region != pack.region for source in other.sources}
    own = {source.title for source in pack.sources}
    for topic in pack.topics:
        conversation = on_card(pack, {**BASE, Fact.TOPIC: topic.id, Fact.SIP_ONGOING: False})
        shown = render(card.show(conversation, tools(NOW)).replies[-1], knowledge().texts).text
        assert not [title for title in others - own if title in shown]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_where_no_number_is_known_that_is_said(pack: Pack) -> None:
    conversation = on_card(pack, {**BASE, Fact.TOPIC: "information", Fact.URGENCY: "urgent"})
    turn = step(conversation, QueryAnswered(UnitsFound("", ())), tools(NOW))
    shown = render(turn.replies[-1], knowledge().texts)
    assert "Skriv enhetens namn, så letar jag upp numret." in shown.text
    assert [link.url[:4] for link in shown.links] == ["tel:"] * sum(not number.verify for number in pack.numbers)


@pytest.mark.parametrize("unit_type", list(UnitType))
def test_every_kind_of_sender_can_start_and_is_asked_about_urgency_first(unit_type: UnitType) -> None:
    unit = next((unit for unit in knowledge().directory.units if unit.type is unit_type), None)
    assert unit is not None
    me = profile(
        unit.id, next(pack.id for pack in PACKS if pack.region == unit.region and pack.validity.covers(NOW.date()))
    )
    conversation = Conversation("c-1", "staff-1", profile=me, profile_day=NOW.date())
    started = step(conversation, CommandGiven(CommandName.START), tools(NOW))
    guide = started.conversation.offered[0]
    assert guide.action.name is Act.GUIDE
    asked = step(started.conversation, ChoicePicked(guide.id), tools(NOW))
    assert [offered.action.value for offered in asked.conversation.offered][:3] == [str(Fact.URGENCY)] * 3
    assert "112" in render(asked.replies[-1], knowledge().texts).text


@pytest.mark.parametrize("said", ["oskarström", "vårdcentralen oskarström", "vc Oskarstöm"])
def test_a_units_name_on_a_card_for_a_call_gives_its_number(said: str) -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for text in ("Kvinnan har feber och behöver bedömas i dag", "det brådskar"):
        world.meet(TextSaid(text))
    assert world.conversation.phase is Phase.CARD
    shown = world.meet(TextSaid(said))[-1]
    assert [link.url for link in shown.links] == ["tel:0313900605"], shown.text


def test_a_name_that_no_unit_has_is_said_to_be_unknown() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for text in ("Kvinnan har feber och behöver bedömas i dag", "det brådskar"):
        world.meet(TextSaid(text))
    assert world.conversation.phase is Phase.CARD
    assert "Jag hittar ingen enhet som liknar ”Xyzzy”" in world.meet(TextSaid("Xyzzy"))[-1].text


def test_the_reasons_quote_only_words_that_say_it() -> None:
    """What is taken from the place of work is told as that: "du skrev ”idag”" is no reason for a question of treatment."""
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for text in ("kan läkaren ta ställning till salvan på hennes ben, behöver svar idag", "fara för livet"):
        world.meet(TextSaid(text))
    assert world.conversation.phase is Phase.CARD
    reasons = world.meet(TextSaid("varför"))[-1].text.splitlines()
    assert "• Ärende: Behandlingsfråga – det lät så" in reasons
    assert "• Inskriven i hemsjukvård: Ja, inskriven – det antar jag av var du arbetar" in reasons
    assert "• Narkotikaklassat läkemedel: Nej – du skrev ”salvan”" in reasons
