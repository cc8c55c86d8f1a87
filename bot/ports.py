"""The conversation's doors to the world, as Protocols of a few methods. Implemented in `bot/clients` and `bot/gateways`."""

from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Conversation
from bot.events import MessageEvent, Outcome, QueryResult
from bot.render import Rendered
from bot.requests import Command, Query


class ChatClient(Protocol):
    """A place where staff chat. Translates; decides nothing."""

    @property
    def trusted(self) -> bool:
        """Whether the data controller lets patient data through this client."""

    async def deliver(self, conversation_id: str, delivery_id: str, reply: Rendered) -> None:
        """Show the reply. Raises DeliveryError when it should be tried again."""

    async def erase(self, conversation_id: str, message_id: str) -> None:
        """Remove a person's message from the chat where the client can; else does nothing."""


class DeliveryError(Exception):
    """The chat service took no delivery now; the outbox tries again."""


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
    """The message API over HTTP, on behalf of a member of staff."""

    async def ask(self, staff_id: str, query: Query) -> QueryResult:
        """Answers every query; what could not be answered is a QueryFailed."""

    async def carry_out(self, staff_id: str, command: Command) -> Outcome:
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


class ConversationStore(Protocol):
    """Where conversations live, sealed. Writing is the shell's one short transaction."""

    async def load(self, conversation_id: str) -> Stored | None:
        """None when there is none. Raises StaleConversationError."""

    async def seen(self, conversation_id: str, message_id: str) -> bool:
        """Whether this client message was taken care of before."""

    async def erase_idle(self, hours: int = 24) -> int:
        """Forgets conversations that nobody has touched for so long, and tells how many."""
