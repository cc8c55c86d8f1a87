"""A homeserver in memory, as the client sees one: rooms in their own order, sends done once for their key, edits, reactions, faults on demand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count

from bot.clients.matrix.homeserver import (
    Away,
    Came,
    Happened,
    Heard,
    Invited,
    MatrixError,
    NoText,
    Reacted,
    Refused,
    Room,
    Said,
    Shown,
    Unreadable,
    Words,
)

BOT = "@lots:lots.test"


@dataclass(frozen=True)
class Message:
    """What stands in the room. `signs`: who has put what on it, and the event that did."""

    event_id: str
    sender: str
    plain: str
    html: str = ""
    edited: int = 0
    signs: tuple[tuple[str, str, str], ...] = ()


@dataclass
class MemoryRoom:
    room_id: str
    members: set[str]
    encrypted: bool = True
    may_redact: bool = True
    may_encrypt: bool = True
    messages: dict[str, Message] = field(default_factory=dict)
    typing: list[bool] = field(default_factory=list)

    @property
    def screen(self) -> list[Message]:
        return list(self.messages.values())


class MemoryHomeserver:
    """Both ends: the bot's calls, and (`invites`, `says`, `reacts` …) what people do."""

    def __init__(self) -> None:
        self.user = BOT
        self.rooms: dict[str, MemoryRoom] = {}
        self.left: list[str] = []
        self.faults: list[MatrixError] = []
        """Raised by the next sends, one each."""
        self.heard_at_once: Callable[[str], Awaitable[None]] | None = None
        """Told of an edit before whoever made it has its answer."""
        self.sign_faults: list[MatrixError] = []
        self.lost: int = 0
        """So many of the next sends get through, but their answer does not."""
        self._told: list[Happened] = []
        self._ids = count(1)
        self._done: dict[str, str] = {}

    # ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────

    def invites(self, account: str, room_id: str = "!r:lots.test") -> MemoryRoom:
        self.rooms[room_id] = MemoryRoom(room_id, {account})
        self._told.append(Invited(room_id, account))
        return self.rooms[room_id]

    def comes(self, account: str, room_id: str) -> None:
        self.rooms[room_id].members.add(account)
        self._told.append(Came(room_id, self._id(), own=False))

    def goes(self, account: str, room_id: str) -> None:
        self.rooms[room_id].members.discard(account)
        self._told.append(Came(room_id, self._id(), own=False))

    def says(self, room: MemoryRoom, account: str, text: str, *, clear: bool = False) -> str:
        event_id = self._id()
        room.messages[event_id] = Message(event_id, account, text)
        self._told.append(Said(room.room_id, event_id, account, text, clear))
        return event_id

    def shows(self, room: MemoryRoom, account: str) -> str:
        """A picture."""
        event_id = self._id()
        room.messages[event_id] = Message(event_id, account, "picture")
        self._told.append(NoText(room.room_id, event_id, account))
        return event_id

    def says_with_a_lost_key(self, room: MemoryRoom, account: str, session: str) -> None:
        self._told.append(Unreadable(room.room_id, self._id(), account, session))

    def reacts(self, room: MemoryRoom, account: str, target: str, sign: str) -> None:
        """The same sign by the same person stands on a message once."""
        if not any(who == account and what == sign for _, who, what in room.messages[target].signs):
            event_id = self._put_sign(room, target, account, sign)
            self._told.append(Reacted(room.room_id, event_id, account, target, sign))

    def hand_in_again(self, happened: tuple[Happened, ...]) -> None:
        self._told[:0] = happened

    @property
    def pending(self) -> bool:
        return bool(self._told)

    # ── what the client is given ────────────────────────────────────────────────────────────────────────────────────

    async def listen(self, _since: str, _seconds: float, /) -> Heard:
        told, self._told = tuple(self._told), []
        return Heard(told, f"s{next(self._ids)}")

    def room(self, room_id: str) -> Room:
        room = self.rooms.get(room_id)
        if room is None or self.user not in room.members:
            raise Refused("M_NOT_FOUND")
        return Room(frozenset(room.members), room.encrypted, room.may_redact)

    async def send(self, room_id: str, words: Words, key: str, *, replaces: str | None = None) -> str:
        if self.faults:
            raise self.faults.pop(0)
        if key not in self._done:
            self._done[key] = self._write(self.rooms[room_id], words, replaces)
        if replaces is not None and self.heard_at_once is not None:
            await self.heard_at_once(self._done[key])
        if self.lost:
            self.lost -= 1
            raise Away("the answer is lost")
        return self._done[key]

    def _write(self, room: MemoryRoom, words: Words, replaces: str | None) -> str:
        event_id = self._id()
        if replaces is None:
            room.messages[event_id] = Message(event_id, self.user, words.plain, words.html)
            return event_id
        old = room.messages[replaces]
        room.messages[replaces] = replace(old, plain=words.plain, html=words.html, edited=old.edited + 1)
        self._told.append(Shown(room.room_id, event_id))
        return event_id

    async def react(self, room_id: str, event_id: str, sign: str, key: str) -> str:
        if self.sign_faults:
            raise self.sign_faults.pop(0)
        if key not in self._done:
            room = self.rooms[room_id]
            if any(who == self.user and what == sign for _, who, what in room.messages[event_id].signs):
                raise Refused("M_DUPLICATE_ANNOTATION")
            self._done[key] = self._put_sign(room, event_id, self.user, sign)
        return self._done[key]

    def _put_sign(self, room: MemoryRoom, target: str, account: str, sign: str) -> str:
        event_id, message = self._id(), room.messages[target]
        room.messages[target] = replace(message, signs=(*message.signs, (event_id, account, sign)))
        return event_id

    async def redact(self, room_id: str, event_id: str, _key: str, /) -> None:
        room = self.rooms[room_id]
        signed = next((m for m in room.screen if any(event_id == one[0] for one in m.signs)), None)
        own = signed is not None and any(one[:2] == (event_id, self.user) for one in signed.signs)
        if not (room.may_redact or own):
            raise Refused("M_FORBIDDEN")
        if signed is None:
            room.messages.pop(event_id, None)
        else:
            left = tuple(one for one in signed.signs if one[0] != event_id)
            room.messages[signed.event_id] = replace(signed, signs=left)

    async def typing(self, room_id: str, *, on: bool) -> None:
        self.rooms[room_id].typing.append(on)

    async def encrypt(self, room_id: str) -> None:
        if not self.rooms[room_id].may_encrypt:
            raise Refused("M_FORBIDDEN")
        self.rooms[room_id].encrypted = True

    async def join(self, room_id: str) -> None:
        self.rooms[room_id].members.add(self.user)
        self._told.append(Came(room_id, self._id(), own=True))

    async def leave(self, room_id: str) -> None:
        self.left.append(room_id)
        self.rooms[room_id].members.discard(self.user)

    def _id(self) -> str:
        return f"$e{next(self._ids)}"
