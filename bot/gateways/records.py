"""What the shell and its store hand each other: lines, turns on their way to the database, orders in the outbox. Frozen values only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from bot.conversation import Conversation
from bot.ports import Stored, Units
from bot.render import Rendered
from bot.requests import Command
from common.outbox import Job

Author = Literal["person", "lots"]
Lost = Literal["schema", "idle"]
Beside = Callable[[Connection], None]
"""What a client writes in the turn's own transaction, which may be run again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation, in the order it was said."""

    number: int
    author: Author
    cause: str
    said: Rendered
    at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversation it is, and in which client. `units`: those that her sign-in is for, which makes her nobody else."""

    client: str
    staff_id: str
    units: Units = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a turn begins from. `stored` is None for a new conversation or a forgotten one; `version` 0: there is no row.

    `next_line` is the number of the next line as long as the version holds.
    """

    owner: Owner | None
    stored: Stored | None
    version: int
    lost: Lost | None
    seen: bool
    next_line: int = 1


@dataclass(frozen=True, slots=True)
class Queued:
    """A command on its way to the outbox. `due_at` None: the shell carries it out itself as soon as the turn is written."""

    kind: str
    command: Command
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What lies in the outbox: a command, and for whom and in which conversation."""

    conversation_id: str
    client: str
    staff_id: str
    cause: str
    command: Command
    units: Units = None

    @property
    def owner(self) -> Owner:
        return Owner(self.client, self.staff_id, self.units)


@dataclass(frozen=True, slots=True)
class Written:
    """Everything one turn leaves behind, written at once or not at all."""

    conversation: Conversation
    client: str
    version: int
    message_id: str
    cause: str
    said: tuple[tuple[Author, Rendered], ...]
    next_line: int = 1
    queued: tuple[Queued, ...] = ()
    by_person: bool = True
    erase: bool = False
    copied: bool = False
    watch: str | None = None
    seated: bool = False
    """Where she takes part in a live exercise, or what of it she was shown, is another than before."""
    units: Units = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: the lines with their numbers, and the jobs that this process holds the lease of."""

    lines: tuple[Line, ...]
    jobs: tuple[Job, ...]
