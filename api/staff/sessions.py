"""A person's sessions in browsers: begun, seen, listed, ended. Who she is has been proved before; here nobody is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note_actor
from api.authorisation import Caller
from api.context import Api
from api.staff.secrets import digest
from api.staff.tables import SessionRow
from common.ids import new_id, new_token

LINK: Final = "link"
OIDC: Final = "oidc"
TELEGRAM: Final = "telegram"
"""How a session began."""
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""More telling signs go first: Edge says that it is Chrome, Android that it is Linux."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who comes in, how, with which kind of browser, and for which units; None is all of hers."""

    staff_id: str
    method: str
    device: str | None = None
    units: frozenset[str] | None = None


class Lasting(Protocol):
    """As much of a session as says whether it still goes on."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def seen_at(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A session as its person sees it."""

    id: str
    device: str | None
    created_at: datetime
    seen_at: datetime
    current: bool


def open_session(api: Api, session: AsyncSession, entry: Entry) -> str:
    """A new session; gives its token for the cookie. Only the token's hash is kept."""
    now, token = api.now(), new_token()
    session.add(
        SessionRow(
            hash=digest(token),
            id=new_id(),
            staff_id=entry.staff_id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=api.settings.session_hours),
            method=entry.method,
            device=entry.device,
            units=None if entry.units is None else " ".join(sorted(entry.units)),
        )
    )
    note_actor(session, f"staff:{entry.staff_id}", now, Action.SIGN_IN)
    return token


async def enter(api: Api, entry: Entry) -> str:
    async with api.db.write() as session:
        return open_session(api, session, entry)


async def end_session(api: Api, token: str) -> str | None:
    """Signs out, and tells how the session had begun. A token that is no session's changes nothing."""
    now = api.now()
    async with api.db.write() as session:
        row = await session.get(SessionRow, digest(token))
        if row is None:
            return None
        if row.ended_at is None:
            row.ended_at = now
            note_actor(session, f"staff:{row.staff_id}", now, Action.SIGN_OUT)
        return row.method


async def of_person(api: Api, staff_id: str, token: str) -> list[Seen]:
    """Her sessions that go on, this one first, then the one used last."""
    async with api.db.read() as session:
        rows = (await session.exec(select(SessionRow).where(_going_on(api, staff_id)))).all()
    here = digest(token)
    seen = [
        Seen(row.id or "", row.device, row.created_at, row.seen_at or row.created_at, row.hash == here) for row in rows
    ]
    return sorted(seen, key=lambda one: (not one.current, -one.seen_at.timestamp()))


async def end_others(api: Api, staff_id: str, token: str, only: str | None = None) -> int:
    """Ends her other sessions, or `only` one of them; says how many."""
    now = api.now()
    which = _going_on(api, staff_id) & (col(SessionRow.hash) != digest(token))
    if only is not None:
        which &= col(SessionRow.id) == only
    async with api.db.write() as session:
        ended = (await session.exec(update(SessionRow).where(which).values(ended_at=now))).rowcount
        if ended:
            note_actor(session, f"staff:{staff_id}", now, Action.SIGN_OUT)
    return int(ended)


def by_chat(api: Api, caller: Caller) -> bool:
    """Whether only a chat account vouches for her, where she could have signed in at the identity provider."""
    return api.identity is not None and caller.method == TELEGRAM


async def end_begun(session: AsyncSession, staff_id: str, method: str, now: datetime) -> None:
    """Ends her sessions that began so: what vouched for her there does so no longer."""
    begun = (col(SessionRow.staff_id) == staff_id) & (col(SessionRow.method) == method)
    going_on = begun & col(SessionRow.ended_at).is_(None)
    await session.exec(update(SessionRow).where(going_on).values(ended_at=now))


def still_on(row: Lasting, now: datetime, idle: timedelta) -> bool:
    """Not signed out, not too old, and used of late."""
    return row.ended_at is None and row.expires_at > now and (row.seen_at or row.created_at) + idle > now


def device_of(user_agent: str) -> str | None:
    """The kind of browser and machine, so that a person knows her own again; not which one of its kind."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), None)
    return ", ".join(part for part in (browser, system) if part) or None


def _going_on(api: Api, staff_id: str) -> ColumnElement[bool]:
    """As `still_on`, asked of the database."""
    now = api.now()
    used = col(SessionRow.seen_at) > now - timedelta(minutes=api.settings.session_idle_minutes)
    return (
        (col(SessionRow.staff_id) == staff_id)
        & col(SessionRow.ended_at).is_(None)
        & (col(SessionRow.expires_at) > now)
        & used
    )
