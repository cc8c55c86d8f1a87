"""Ways into a conversation, as words said one after the other: to the card, to the draft, to the preview."""

from bot.events import TextSaid
from bot.render import Rendered
from tests.bot.dialogue.world import World, profile

NUMBER = "191212121212"
CARD = ("guida mig", "kan vänta", "Följa upp blodtryck, vikt, blodsocker …", "vårdcentral", "ja, inskriven")
DRAFT = (*CARD, "skriv utkast", "Ekliden", "Blodtrycket är 170/95. Kan ni ta ställning?")
PREVIEW = (*DRAFT, "ser bra ut", "ja", f"{NUMBER} Tolvan")


def chat(
    *said: str, trusted: bool = True, unit: str = "halland-hemsjukvard-halmstad", pack: str | None = "halland-2024"
) -> World:
    world = World(profile(unit, pack), trusted=trusted)
    for text in said:
        world.meet(TextSaid(text))
    return world


def text_of(shown: list[Rendered]) -> str:
    return "\n".join(rendered.text for rendered in shown)
