"""The draft: its line of what it is about, from the person's own words or a proposal that she confirms; never made up."""

import pytest

from bot.events import TextSaid
from bot.requests import HandOver, MessageBody
from tests.bot.dialogue.world import World, profile

GUIDED = ("guida mig", "kan vänta", "Förnya ett recept", "vårdcentral", "ja, inskriven", "skriv utkast", "Ekliden")


def chat(*said: str) -> World:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    for text in said:
        world.meet(TextSaid(text))
    return world


def handed_over(*said: str) -> MessageBody:
    world = chat(*said, "ser bra ut", "ja", "19121212-1212", "lämna över")
    (order,) = [command for command in world.commands if isinstance(command, HandOver)]
    return order.body


def test_led_by_buttons_the_topic_is_proposed_and_nothing_is_written_before_it_is_taken() -> None:
    world = chat(*GUIDED)
    assert world.conversation.matter is not None
    assert [section.heading for section in world.conversation.matter.sections] == ["contact"]
    world.meet(TextSaid("använd förslaget"))
    assert world.conversation.matter.sections[0].text == "Receptförnyelse"


def test_words_of_ones_own_go_before_the_proposal() -> None:
    body = handed_over(*GUIDED, "Levaxin är slut på fredag.")
    assert body.sections[0].text == "Levaxin är slut på fredag."


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        pytest.param("Levaxin är slut på fredag. Hon tar en om dagen.", "Levaxin är slut på fredag.", id="sentence"),
        pytest.param("Levaxin " + "och mer " * 40, "Levaxin " + "och mer " * 11 + "och …", id="long"),
    ],
)
def test_the_subject_is_the_first_of_what_the_message_says_it_is_about(said: str, subject: str) -> None:
    assert handed_over(*GUIDED, said).subject == subject


def test_no_drug_is_named_that_the_person_has_not_named() -> None:
    world = chat("Till vårdcentralen Ekliden: kan ni förnya receptet? Det kan vänta.", "skriv utkast")
    assert world.conversation.matter is not None
    subject = next(section.text for section in world.conversation.matter.sections if section.heading == "subject")
    assert subject == "Receptförnyelse"
