"""A homeserver as the client sees it: what happened in rooms, and what can be done there. Holds no library and decides nothing.

MatrixError
├── Away       the homeserver gave no answer, or asked us to wait: the same may be tried again
├── Refused    it said no, and will say so again
└── Shut       our own way in does not hold: user, password, token or device keys
"""

from dataclasses import dataclass, field
from typing import Protocol


class MatrixError(Exception):
    """The root of the tree. Its words name no person and no room."""


class Away(MatrixError):  # noqa: N818 - an outcome: wait and try again
    """Nothing is known to have happened. `seconds`: how long the homeserver asked us to wait."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Refused(MatrixError):  # noqa: N818 - an outcome: passed by
    """`code` is Matrix's own, such as M_FORBIDDEN."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def forbidden(self) -> bool:
        """We may not be in that room any more."""
        return self.code in ("M_FORBIDDEN", "M_NOT_FOUND")


class Shut(MatrixError):  # noqa: N818 - an outcome: someone must mend the settings
    """Says which setting or file, and what to do."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message: as it is, and with its looks."""

    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class Room:
    """Who is in a room, the invited ones too; whether it is encrypted; whether others' messages may be taken away there."""

    members: frozenset[str] = field(repr=False)
    encrypted: bool
    may_redact: bool


# ── what happened ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Invited:
    room_id: str
    sender: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """Text. `clear`: it came unencrypted. What is written anew over an older message comes as said now."""

    room_id: str
    event_id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Reacted:
    """A sign put on a message."""

    room_id: str
    event_id: str
    sender: str = field(repr=False)
    target: str
    sign: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Its key never came. `session` names the key."""

    room_id: str
    event_id: str
    sender: str = field(repr=False)
    session: str


@dataclass(frozen=True, slots=True)
class NoText:
    """A picture, a voice message, a file."""

    room_id: str
    event_id: str
    sender: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Came:
    """Someone came into the room, or left it; `own`: we did."""

    room_id: str
    event_id: str
    own: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What we did ourselves, as it comes back in the room's order."""

    room_id: str
    event_id: str


Happened = Invited | Said | Reacted | Unreadable | NoText | Came | Shown


@dataclass(frozen=True, slots=True)
class Heard:
    """What happened in each room, in order; and where to go on listening."""

    happened: tuple[Happened, ...]
    next: str


class Homeserver(Protocol):
    """`key` is a send's own: the homeserver does it once, however often it is asked. Calls raise MatrixError."""

    user: str

    async def listen(self, since: str, seconds: float, /) -> Heard:
        """What happened after `since`; waits so long for something to happen. From "" nothing said before is told."""

    def room(self, room_id: str) -> Room: ...

    async def send(self, room_id: str, words: Words, key: str, *, replaces: str | None = None) -> str:
        """The event's id. `replaces`: an older message of ours that now reads so."""

    async def react(self, room_id: str, event_id: str, sign: str, key: str) -> str: ...

    async def redact(self, room_id: str, event_id: str, key: str, /) -> None: ...

    async def typing(self, room_id: str, *, on: bool) -> None: ...

    async def encrypt(self, room_id: str) -> None:
        """From now on what is said in the room is encrypted."""

    async def join(self, room_id: str) -> None: ...

    async def leave(self, room_id: str) -> None:
        """Also declines an invitation."""
