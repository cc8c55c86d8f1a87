"""Replies → plain text and labels with the catalogue, dates as Swedes write them. Decides nothing and knows no chat client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.replies import Look, Moment, Param, Reply, Text, Tone, Weight


class Texts(Protocol):
    """The catalogue, as much of it as rendering needs."""

    def text(self, key: str, **params: object) -> str: ...


@dataclass(frozen=True, slots=True)
class RenderedChoice:
    id: str
    label: str
    weight: Weight = Weight.NORMAL


@dataclass(frozen=True, slots=True)
class RenderedLink:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in words. `text` has a line break between lines; `looks` has a look for each of them, and none where all are plain."""

    text: str
    choices: tuple[RenderedChoice, ...] = ()
    links: tuple[RenderedLink, ...] = ()
    tone: Tone = Tone.PLAIN
    looks: tuple[Look, ...] = ()
    assumed: str = ""

    @property
    def lines(self) -> tuple[tuple[str, Look], ...]:
        """Each line of the text with its look."""
        said = self.text.split("\n")
        return tuple(zip(said, (*self.looks, *(Look.PLAIN,) * len(said)), strict=False))


def render(reply: Reply, texts: Texts) -> Rendered:
    lines = [(said, line.look) for line in reply.lines for said in words(line, texts).split("\n")]
    looks = tuple(look for _, look in lines)
    return Rendered(
        "\n".join(said for said, _ in lines),
        tuple(RenderedChoice(choice.id, words(choice.label, texts), choice.weight) for choice in reply.choices),
        tuple(RenderedLink(words(link.label, texts), link.url) for link in reply.links),
        reply.tone,
        looks if any(look is not Look.PLAIN for look in looks) else (),
        words(reply.assumed, texts) if reply.assumed else "",
    )


def words(text: Text, texts: Texts) -> str:
    """One text in words, its own parameters first."""
    return texts.text(text.key, **{name: _param(value, texts) for name, value in text.params.items()})


def _param(value: Param, texts: Texts) -> str | int:
    if isinstance(value, Text):
        return words(value, texts)
    if isinstance(value, Moment):
        return moment(value.at, texts)
    return value


def moment(at: datetime, texts: Texts) -> str:
    """ "fredag 20 november kl. 14.05", in Swedish time."""
    local = at.astimezone(ZoneInfo("Europe/Stockholm"))
    return texts.text(
        "chat.moment",
        weekday=texts.text(f"chat.weekday.{local.weekday()}"),
        day=local.day,
        month=texts.text(f"chat.month.{local.month}"),
        time=f"{local:%H.%M}",
    )
