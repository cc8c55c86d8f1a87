"""The draft: its line of what it is about, from the person's own words or a proposal that she confirms; never made up."""

import pytest

from bot.conversation import Phase
from bot.dialogue import step
from bot.events import CommandGiven, CommandName, TextSaid
from bot.render import render
from bot.requests import HandOver, MessageBody, PersonRef
from tests.bot.dialogue.world import World, knowledge, profile, tools

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


@pytest.mark.parametrize(
    ("said", "name"),
    [
        pytest.param("19121212-1212", None, id="number"),
        pytest.param("19121212-1212 Kim Exempel", "Kim Exempel", id="number and name"),
        pytest.param("Kim af Exempel, 19121212-1212", "Kim af Exempel", id="name and number"),
    ],
)
def test_a_number_that_comes_while_consent_is_asked_for_is_kept_for_its_step(said: str, name: str | None) -> None:
    world = chat(*GUIDED, "Levaxin är slut på fredag.", "ser bra ut")
    first, again = world.meet(TextSaid(said))
    assert first.text == knowledge().texts.text("chat.guard.kept")
    assert again.text.startswith("Samtycke")
    world.meet(TextSaid("ja"))
    assert world.conversation.phase is Phase.PREVIEW
    assert world.conversation.matter is not None
    assert world.conversation.matter.person == PersonRef("personnummer", "191212121212", name)


def test_a_number_put_right_at_the_preview_changes_the_person_and_nothing_else() -> None:
    world = chat(*GUIDED, "Levaxin är slut på fredag.", "ser bra ut", "ja", "19121212-1212")
    shown = world.meet(TextSaid("19121212-1212 Kim Exempel"))[-1]
    assert world.conversation.phase is Phase.PREVIEW
    assert "Gäller: Kim Exempel, 19121212-1212" in shown.text


def test_a_number_before_there_is_a_matter_is_said_to_be_asked_for_later() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    world.meet(CommandGiven(CommandName.START))
    assert world.meet(TextSaid("19121212-1212"))[0].text == knowledge().texts.text("chat.guard.too_early")


def test_what_the_receiver_reads_is_swedish_also_for_a_sender_who_reads_english() -> None:
    world = chat(*GUIDED, "Levaxin är slut på fredag.", "ser bra ut", "ja", "19121212-1212 Kim Exempel")
    english = knowledge().speaking("en").texts
    turn = step(world.conversation, CommandGiven(CommandName.START), tools(world.now))
    shown = "\n".join(render(reply, english).text for reply in turn.replies)
    assert "Gäller: Kim Exempel, 19121212-1212" in shown
    assert "Samtycke: muntligt" in shown
    assert "Hand over" in [choice.label for reply in turn.replies for choice in render(reply, english).choices]


def test_what_is_said_twice_in_the_same_words_stands_once_in_the_draft() -> None:
    matter = "Blodtrycket behöver följas upp hos vårdcentralen. Hon bor hemma och det kan vänta."
    world = chat(matter, matter, "skriv utkast", "Ekliden")
    assert world.conversation.matter is not None
    assert world.conversation.matter.sections[0].text == matter


@pytest.mark.parametrize("calm", ["inget bråttom", "Det är inte så bråttom.", "ej akut", "Det är inget akut"])
def test_that_it_can_wait_is_told_to_lots_and_not_to_the_receiver(calm: str) -> None:
    world = chat(f"pat har slut på levaxin om 2 v, kan vårdcentralen Ekliden förnya? {calm}", "skriv utkast")
    assert world.conversation.matter is not None
    written = " ".join(section.text for section in world.conversation.matter.sections)
    assert "levaxin" in written
    assert calm.rstrip(".") not in written
