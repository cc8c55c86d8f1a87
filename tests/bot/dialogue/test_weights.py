"""The card on a phone: one step that is plainly the next, little to read, and what was assumed a tap away from being put right."""

from datetime import UTC, datetime

import pytest

from bot.acts import Act
from bot.conversation import Conversation
from bot.events import ChoicePicked, TextSaid
from bot.phases import card
from bot.render import Rendered, render
from bot.replies import Look, Reply, Tone, Weight
from knowledge.pack import Pack
from knowledge.vocabulary import DutyKind, Fact
from tests.bot.dialogue.test_card import BASE, CASES, on_card
from tests.bot.dialogue.world import World, knowledge, profile, tools

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LONGEST_CARD = 760
"""Characters of a message's card that fit a phone beside its buttons."""
SAYS = "Till vårdcentralen: kan ni följa upp blodtrycket på min patient? Det kan vänta."


def shown(conversation: Conversation) -> tuple[Reply, Rendered]:
    reply = card.show(conversation, tools(NOW)).replies[-1]
    return reply, render(reply, knowledge().texts)


def words(key: str) -> str:
    return knowledge().texts.text(key)


def chat(*said: str) -> World:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for text in said:
        world.meet(TextSaid(text))
    return world


@pytest.mark.parametrize(("pack", "topic"), CASES)
def test_a_card_has_one_headline_at_most_two_warnings_and_its_source_in_small(pack: Pack, topic: str) -> None:
    status = "deceased" if topic == "death_notice" else "at_home"
    answers = {**BASE, Fact.TOPIC: topic, Fact.PATIENT_STATUS: status, Fact.SIP_ONGOING: False}
    reply, said = shown(on_card(pack, answers))
    assert [line.look for line in reply.lines].count(Look.HEADLINE) == 1
    assert [line.look for line in reply.lines].count(Look.SMALL) == 1
    duties = [line for line in reply.lines if line.key == "chat.card.duty"]
    assert len(duties) <= card.SHOWN_DUTIES
    if said.text.startswith("Svar kan dröja"):
        assert len(said.text) <= LONGEST_CARD
        assert sum(choice.weight is Weight.PRIMARY for choice in reply.choices) == 1


@pytest.mark.parametrize(("pack", "topic"), CASES)
def test_choices_stand_by_their_weight_and_assumptions_under_their_line(pack: Pack, topic: str) -> None:
    status = "deceased" if topic == "death_notice" else "at_home"
    reply, said = shown(on_card(pack, {**BASE, Fact.TOPIC: topic, Fact.PATIENT_STATUS: status}))
    weights = [list(Weight).index(choice.weight) for choice in reply.choices]
    assert weights == sorted(weights)
    assert sum(choice.weight is Weight.ASSUMPTION for choice in reply.choices) <= card.SHOWN_ASSUMED
    assert bool(said.assumed) == any(choice.weight is Weight.ASSUMPTION for choice in reply.choices)


def test_what_must_be_done_comes_before_what_is_good_to_know() -> None:
    assert card.WEIGHTIEST_FIRST[0] is DutyKind.GATE
    assert set(card.WEIGHTIEST_FIRST) == set(DutyKind)


def test_an_assumption_says_what_was_taken_for_granted_and_a_tap_says_that_it_is_not_so() -> None:
    world = chat("börja om")
    offered = world.meet(TextSaid(SAYS))[-1]
    (attachment,) = [choice for choice in offered.choices if choice.label == "Inget dokument med"]
    assert attachment.weight is Weight.ASSUMPTION
    turned = world.meet(ChoicePicked(attachment.id))[-1]
    assert turned.text.splitlines()[0] == "Skicka inte här"
    assert world.conversation.matter is not None
    assert world.conversation.matter.answers[Fact.ATTACHMENT] is True


def test_an_assumption_that_is_not_on_the_card_is_put_right_under_change_something() -> None:
    world = chat("börja om")
    card_labels = [choice.label for choice in world.meet(TextSaid(SAYS))[-1].choices]
    assert "Ett svar räcker" not in card_labels
    assert "Ändra något" in card_labels
    menu = [choice.label for choice in world.meet(TextSaid("ändra något"))[-1].choices]
    (exchange,) = [label for label in menu if label.startswith(words(f"fact.{Fact.ONGOING_EXCHANGE}"))]
    world.meet(TextSaid(exchange))
    world.meet(TextSaid("ja"))
    assert world.conversation.matter is not None
    assert world.conversation.matter.answers[Fact.ONGOING_EXCHANGE] is True


def test_what_the_reason_shows_keeps_the_assumptions_within_reach() -> None:
    world = chat("börja om", SAYS)
    beside = world.meet(TextSaid("varför"))[-1]
    assert beside.assumed
    assert beside.choices[0].label == "Skriv utkast"


def test_every_assumption_that_a_pack_can_make_has_words_for_its_chip() -> None:
    known = knowledge().texts.keys()
    for pack in knowledge().registry.packs:
        for assumption in pack.assumptions:
            if assumption.fact not in (Fact.URGENCY, Fact.TOPIC):
                value = str(assumption.value).lower()
                assert f"chat.assumed.{assumption.fact}.{value}" in known


def test_an_emergency_has_its_call_as_the_headline() -> None:
    world = chat("guida mig", "fara för livet")
    reply, _ = shown(world.conversation)
    assert reply.tone is Tone.EMERGENCY
    assert reply.lines[0].look is Look.HEADLINE


def test_the_next_step_of_a_message_is_to_write_it() -> None:
    world = chat("börja om", SAYS)
    first = world.conversation.offered[0]
    assert first.action.name is Act.NEXT
    assert first.weight is Weight.PRIMARY
