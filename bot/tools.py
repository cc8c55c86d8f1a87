"""What a step is given and what it gives back. Holds values only; reads no clock and makes no ids of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from bot.conversation import Conversation
from bot.replies import Reply
from bot.requests import Command, Query
from knowledge.bundle import Knowledge
from knowledge.names import Names
from triage.answer import Answerer
from triage.reading import Reader


@dataclass(frozen=True, slots=True)
class Tools:
    """`now` is aware. `fresh_id` is new for every step. `trusted`: the client may carry patient data."""

    knowledge: Knowledge
    reader: Reader
    answerer: Answerer
    names: Names
    now: datetime
    trusted: bool
    fresh_id: str
    is_holiday: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Turn:
    """The new state, what to say, what to put in the outbox, and what must be asked before the turn is whole.

    Queries are answered within the turn: the shell runs them and steps again with QueryAnswered.
    """

    conversation: Conversation
    replies: tuple[Reply, ...] = ()
    commands: tuple[Command, ...] = ()
    queries: tuple[Query, ...] = ()
