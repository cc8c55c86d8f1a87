"""What Telegram keeps and refuses: chats, updates with their confirmation, callbacks that grow old. Answers calls; opens no port."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from tests.support.telegram.people import Person
from tests.support.telegram.wire import Chat, Json, Message, Refused, User

TOKEN = "100001:fake-token-for-loopback-only-000000"
OLD_SECONDS = 60
"""After this a callback can no longer be answered."""
DEFAULT_KINDS = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
KEPT_UPDATES = 100_000


@dataclass(frozen=True, slots=True)
class Update:
    id: int
    kind: str
    chat: int
    body: Json

    def as_json(self) -> Json:
        return {"update_id": self.id, **self.body}


@dataclass(frozen=True, slots=True)
class Hook:
    url: str
    secret: str = ""
    max_connections: int = 40


class Telegram:
    """`now` is seconds since 1970. `http_allowed`: as in Telegram's test environment, pages need no https."""

    def __init__(self, *, now: Callable[[], float] = time.time, http_allowed: bool = True) -> None:
        self.bot = User(100001, "Lots", is_bot=True, username="lots_demo_bot")
        self.token = TOKEN
        self.now = now
        self.http_allowed = http_allowed
        self.chats: dict[int, Chat] = {}
        self.pending: deque[Update] = deque(maxlen=KEPT_UPDATES)
        self.arrived = asyncio.Event()
        self.kinds = DEFAULT_KINDS
        self.hook: Hook | None = None
        self.callbacks: dict[str, float] = {}
        self.answered: dict[str, str] = {}
        self.commands: dict[str, list[Json]] = {}
        self.menu: Json = {"type": "commands"}
        self.hook_error = ""
        self.polling = 0
        self._update_ids, self._message_ids, self._callback_ids = count(7_000_001), count(1), count(1)

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def person(self, user_id: int, first_name: str = "Demo", language: str = "sv") -> Person:
        """A private chat with the bot, made when she first writes."""
        user = User(user_id, first_name, language)
        chat = self.chats.setdefault(user_id, Chat(user_id, people=[user]))
        return Person(self, user, chat)

    def group(self, chat_id: int, person: Person, title: str = "Grupp") -> Person:
        chat = self.chats.setdefault(chat_id, Chat(chat_id, "group", title, [person.user]))
        return Person(self, person.user, chat)

    def receive(self, chat: Chat, sender: User, text: str, kind: str = "text") -> Message:
        entities: tuple[Json, ...] = ()
        if text.startswith("/"):
            entities = ({"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])},)
        message = Message(next(self._message_ids), chat.id, sender, int(self.now()), text, entities, kind=kind)
        chat.messages.append(message)
        return message

    def change(self, chat: Chat, message: Message, text: str) -> Message:
        changed = replace(message, text=text, edited=int(self.now()))
        chat.put(changed)
        return changed

    def callback(self, chat: Chat, user: User, message: Message, data: str) -> str:
        callback_id = str(next(self._callback_ids))
        self.callbacks[callback_id] = self.now()
        current = chat.message(message.id) or message
        query: Json = {
            "id": callback_id,
            "from": user.as_json(),
            "message": chat.told(current),
            "chat_instance": str(chat.id),
            "data": data,
        }
        self.update({"callback_query": query}, "callback_query", chat.id)
        return callback_id

    def member(self, chat: Chat, user: User, before: str, after: str) -> None:
        def standing(status: str) -> Json:
            told: Json = {"user": self.bot.as_json(), "status": status}
            return {**told, "until_date": 0} if status == "kicked" else told

        change: Json = {
            "chat": chat.as_json(),
            "from": user.as_json(),
            "date": int(self.now()),
            "old_chat_member": standing(before),
            "new_chat_member": standing(after),
        }
        self.update({"my_chat_member": change}, "my_chat_member", chat.id)

    # ── updates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def update(self, body: Json, kind: str, chat: int | None = None) -> None:
        if kind not in self.kinds:
            return
        place = chat if chat is not None else int(body[kind]["chat"]["id"])
        self.pending.append(Update(next(self._update_ids), kind, place, body))
        self.arrived.set()

    def confirm(self, offset: int) -> None:
        """Every update before the offset is forgotten; a negative one keeps that many of the last."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while offset > 0 and self.pending and self.pending[0].id < offset:
            self.pending.popleft()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        if self.hook is not None:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        if self.polling:
            raise Refused(
                409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            )
        self.confirm(offset)
        self.polling += 1
        try:
            if not self.pending and seconds > 0:
                self.arrived.clear()
                try:
                    async with asyncio.timeout(seconds):
                        await self.arrived.wait()
                except TimeoutError:
                    return []
            return [update.as_json() for update in list(self.pending)[: max(1, min(limit, 100))]]
        finally:
            self.polling -= 1

    # ── the bot's messages ──────────────────────────────────────────────────────────────────────────────────────────

    def chat_for_bot(self, chat_id: int) -> Chat:
        chat = self.chats.get(chat_id)
        if chat is None or chat.gone:
            raise Refused(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def new_message_id(self) -> int:
        return next(self._message_ids)
