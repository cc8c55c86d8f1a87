"""The conversation's door to the message API, as a Protocol of a few methods. Implemented in `bot/gateways`."""

from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Conversation
from bot.events import MessageEvent, Outcome
from bot.findings import QueryResult
from bot.requests import Command, Query

Units = tuple[str, ...] | None
"""The units that somebody may act in now, by their ids; None: all of hers."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the API's event table for one member of staff."""

    cursor: str
    staff_id: str
    event: MessageEvent


@dataclass(frozen=True, slots=True)
class News:
    """A page of the event log. `next` is where to go on, also past events of kinds the chat does not know."""

    happenings: tuple[Happening, ...]
    next: str


class MessageApi(Protocol):
    """The message API over HTTP, on behalf of a member of staff: in all her units, or in `units` only, where her sign-in is for those."""

    async def ask(self, staff_id: str, query: Query, units: Units = None) -> QueryResult:
        """Answers every query; what could not be answered is a QueryFailed."""

    async def carry_out(self, staff_id: str, command: Command, units: Units = None) -> Outcome:
        """Does it with the command's own key. Raises ApiDownError when no answer came, so that the outbox tries again."""

    async def happenings(self, after: str) -> News:
        """What happened after the cursor, oldest first."""


class ApiDownError(Exception):
    """The message API gave no answer; nothing is known of what it did, and the same key is used again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A conversation with the version that a write must still find."""

    conversation: Conversation
    version: int
