"""What the chat page shows, as plain values: bubbles, buttons, the box. Knows no HTTP and decides nothing."""

from dataclasses import dataclass

from bot.gateways.records import Line
from bot.render import RenderedChoice, RenderedLink
from bot.replies import Look, Tone, Weight


@dataclass(frozen=True, slots=True)
class CopyPart:
    """A text to copy under its heading. `id` is the element that a copy button names."""

    id: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """One line on the page: its paragraphs with their look. `choices` are there only while they are open."""

    number: int
    who: str
    tone: str
    paragraphs: tuple[tuple[str, Look], ...]
    choices: tuple[RenderedChoice, ...]
    assumed: str
    links: tuple[RenderedLink, ...]
    copy: CopyPart | None
    newest: bool

    @property
    def rows(self) -> tuple[tuple[RenderedChoice, ...], ...]:
        """The choices in rows: the next step and other ways, what was assumed, asides."""
        kinds = ((Weight.PRIMARY, Weight.NORMAL), (Weight.ASSUMPTION,), (Weight.QUIET,))
        rows = (tuple(choice for choice in self.choices if choice.weight in kind) for kind in kinds)
        return tuple(row for row in rows if row)


@dataclass(frozen=True, slots=True)
class Box:
    """The text box: `once` makes a repeated post count once, `text` is what was not taken care of."""

    once: str
    text: str = ""


def bubbles(lines: tuple[Line, ...], offered: frozenset[str]) -> tuple[Bubble, ...]:
    """The conversation with its open buttons: each at the last place where it was offered."""
    places = {choice.id: line.number for line in lines for choice in line.said.choices if choice.id in offered}
    newest = max((line.number for line in lines if line.author == "lots" and _first_of_batch(line, lines)), default=0)
    return tuple(_bubble(line, places, newest) for line in lines)


def _first_of_batch(line: Line, lines: tuple[Line, ...]) -> bool:
    """Whether the line is the first that Lots said to its cause: where reading goes on."""
    return line.number == min(other.number for other in lines if other.cause == line.cause and other.author == "lots")


def _bubble(line: Line, places: dict[str, int], newest: int) -> Bubble:
    said = line.said
    return Bubble(
        number=line.number,
        who="me" if line.author == "person" else "lots",
        tone=str(said.tone),
        paragraphs=tuple((text, look) for text, look in said.lines if text.strip()),
        choices=tuple(choice for choice in said.choices if places.get(choice.id) == line.number),
        assumed=said.assumed,
        links=said.links,
        copy=_copy_part(line.number, said.text) if said.tone is Tone.COPY else None,
        newest=line.number == newest,
    )


def _copy_part(number: int, text: str) -> CopyPart:
    """The first line is the heading; it is not copied."""
    heading, _, rest = text.partition("\n")
    return CopyPart(f"kopia-{number}", heading, rest)
