"""The menu of practice: its numbers are those of now, also when there was nothing left to practise on."""

from dataclasses import replace

from bot.events import TextSaid
from bot.findings import PracticeCard
from tests.bot.dialogue.world import World, profile

SCENARIO = "h24-sova-gott"


def say(world: World, text: str) -> str:
    return "\n".join(shown.text for shown in world.meet(TextSaid(text)))


def test_when_nothing_is_left_the_numbers_are_asked_for_anew() -> None:
    world = World(profile("halland-hemsjukvard-halmstad", "halland-2024"))
    world.practised[SCENARIO] = PracticeCard(SCENARIO, world.now, wrong=True)
    assert "Att repetera: 1." in say(world, "öva")
    practice = world.conversation.practice
    assert practice is not None
    world.practised[SCENARIO] = PracticeCard(SCENARIO, world.now.replace(year=2027), wrong=False)
    world.conversation = replace(world.conversation, practice=replace(practice, done=(SCENARIO,)))
    said = say(world, "öva på det jag har fel på (1)")
    assert "Just nu finns inget som du har haft fel på" in said
    assert "Att repetera: 0." in said
    assert not any(offered.action.extra == "wrong" for offered in world.conversation.offered)
