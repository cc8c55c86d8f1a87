"""Replies → plain text and labels with the catalogue, dates as Swedes write them. Decides nothing and knows no chat client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.replies import Moment, Param, Reply, Text, Tone


class Texts(Protocol):
    """The catalogue, as much of it as rendering needs."""

    def text(self, key: str, **params: object) -> str: ...


@dataclass(frozen=True, slots=True)
class RenderedChoice:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class RenderedLink:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in words. `text` has a line break between lines."""

    text: str
    choices: tuple[RenderedChoice, ...] = ()
    links: tuple[RenderedLink, ...] = ()
    tone: Tone = Tone.PLAIN


def render(reply: Reply, texts: Texts) -> Rendered:
    return Rendered(
        "\n".join(words(line, texts) for line in reply.lines),
        tuple(RenderedChoice(choice.id, words(choice.label, texts)) for choice in reply.choices),
        tuple(RenderedLink(words(link.label, texts), link.url) for link in reply.links),
        reply.tone,
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
