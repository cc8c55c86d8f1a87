"""Dialogues as data: `transcripts/*.yaml` are read, played against the world and compared line by line. Nothing is judged by key here.

A line of a transcript is what the person does (`say`, `tap`, `command`, `old_tap`) or what happens (`answers`, `api`, `system`), and after it
`lots:` words that must be shown in that order of lines, `not:` words that must not, `choices:` labels on offer, `orders:` commands given.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.events import ChoicePicked, CommandGiven, CommandName, OutageChanged, TextSaid
from bot.render import Rendered
from tests.bot.dialogue.world import World, profile

FOLDER = Path(__file__).parent / "transcripts"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Model):
    say: str | None = None
    tap: str | None = None
    old_tap: str | None = None
    command: CommandName | None = None
    answers: str | None = None
    api: Literal["down", "up"] | None = None
    refuse: str | None = None
    system: Literal["down", "up"] | None = None
    lots: tuple[str, ...] = ()
    never: tuple[str, ...] = Field(default=(), alias="not")
    choices: tuple[str, ...] = ()
    orders: tuple[str, ...] | None = None
    phase: str | None = None


class Transcript(Model):
    about: str
    unit: str
    pack: str
    trusted: bool = True
    delivery: Literal["built_in", "copy_out", "port"] = "built_in"
    now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    lines: tuple[Line, ...]


def load(path: Path) -> Transcript:
    return Transcript.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@dataclass
class Play:
    """A transcript being played. `screen` is what was offered last, `gone` every button before it."""

    world: World
    screen: dict[str, str]
    gone: dict[str, str]

    def act(self, line: Line) -> list[Rendered]:
        world = self.world
        if line.say is not None:
            return world.meet(TextSaid(line.say))
        if line.tap is not None:
            return world.meet(ChoicePicked(self._button(line.tap, self.screen)))
        if line.old_tap is not None:
            return world.meet(ChoicePicked(self._button(line.old_tap, self.gone)))
        if line.command is not None:
            return world.meet(CommandGiven(line.command))
        if line.answers is not None:
            return world.recipient_answers(line.answers)
        if line.system is not None:
            return world.meet(OutageChanged("Lifecare SP", line.system == "down"))
        return self._change_the_world(line)

    def _change_the_world(self, line: Line) -> list[Rendered]:
        if line.refuse is not None:
            self.world.refuse = line.refuse
        if line.api == "down":
            self.world.api_down = True
        return self.world.api_comes_back() if line.api == "up" else []

    @staticmethod
    def _button(label: str, offered: dict[str, str]) -> str:
        fitting = [choice for shown, choice in offered.items() if shown.startswith(label)]
        assert len(fitting) == 1, f"the button {label!r} is not one of {sorted(offered)}"
        return fitting[0]

    def remember(self, shown: list[Rendered]) -> None:
        offered = {choice.label: choice.id for rendered in shown for choice in rendered.choices}
        if offered:
            self.gone.update(self.screen)
            self.screen = offered


def verify_dialogue(transcript: Transcript) -> World:
    """Plays it to the end, and says at which line it went another way."""
    world = World(profile(transcript.unit, transcript.pack), transcript.trusted, transcript.delivery, transcript.now)
    play = Play(world, {}, {})
    for number, line in enumerate(transcript.lines, start=1):
        before = len(world.commands)
        shown = play.act(line)
        text = "\n".join(_words(rendered) for rendered in shown)
        where = f"line {number} ({line.say or line.tap or line.old_tap or line.command or 'event'}):\n{text}"
        _compare(line, shown, text, where)
        if line.orders is not None:
            assert tuple(c.type for c in world.commands[before:]) == line.orders, where
        if line.phase is not None:
            assert world.conversation.phase == line.phase, f"{world.conversation.phase} at {where}"
        play.remember(shown)
    return world


def _compare(line: Line, shown: list[Rendered], text: str, where: str) -> None:
    position = 0
    for words in line.lots:
        found = text.find(words, position)
        assert found >= 0, f"{words!r} is not said (in this order) at {where}"
        position = found
    for words in line.never:
        assert words not in text, f"{words!r} is said at {where}"
    labels = {choice.label for rendered in shown for choice in rendered.choices}
    for label in line.choices:
        assert any(known.startswith(label) for known in labels), f"{label!r} is not offered, but {labels} at {where}"


def _words(rendered: Rendered) -> str:
    links = "".join(f"\n[{link.label}]({link.url})" for link in rendered.links)
    return f"{rendered.text}{links}"
