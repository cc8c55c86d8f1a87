"""Sign-in links and sessions, programs' keys, and the unit a person works at now. Knows no HTTP."""

from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col, select

from api.audit.service import Action, note, record
from api.authorisation import Caller, Place, Right, Role
from api.context import Api
from api.errors import NotYourUnit, SignInLinkInvalid, SignInLinksOff, UnitUnknown
from api.staff.secrets import digest
from api.staff.sessions import LINK, Entry, open_session
from api.staff.tables import ApiKeyRow, MembershipRow, SignInLinkRow, StaffRow
from api.units import service as units
from api.units.tables import UnitRow
from common.database import insert_new
from common.errors import KeysMissing
from common.ids import new_id, new_token

KEY_PREFIX: Final = "lots_"
BOT: Final = "bot"


async def make_sign_in_link(api: Api, staff_id: str) -> str:
    """A one-time link for the demo, to be printed by the server. Off in production."""
    if api.settings.production:
        raise SignInLinksOff
    code = new_token()
    expires_at = api.now() + timedelta(minutes=api.settings.sign_in_minutes)
    async with api.db.write() as session:
        if await session.get(StaffRow, staff_id) is None:
            raise SignInLinkInvalid
        session.add(SignInLinkRow(hash=digest(code), staff_id=staff_id, expires_at=expires_at))
    return f"{api.settings.address}/sign-in?code={code}"


async def use_sign_in_link(api: Api, code: str, device: str | None = None) -> str:
    """Turns a link's code into a session and gives the session's token for the cookie. Works once."""
    if api.settings.production:
        raise SignInLinksOff
    now = api.now()
    unused = (
        (col(SignInLinkRow.hash) == digest(code))
        & col(SignInLinkRow.used_at).is_(None)
        & (col(SignInLinkRow.expires_at) > now)
    )
    async with api.db.write() as session:
        use = update(SignInLinkRow).where(unused).values(used_at=now).returning(col(SignInLinkRow.staff_id))
        staff_id = (await session.exec(use)).scalars().first()
        if staff_id is None:
            raise SignInLinkInvalid
        return open_session(api, session, Entry(staff_id, LINK, device))


async def choose_unit(api: Api, caller: Caller, unit_id: str) -> None:
    """The person works at another of her units now."""
    if caller.staff_id is None or unit_id not in caller.units(Right.PROFILE):
        raise NotYourUnit
    now = api.now()
    async with api.db.write() as session:
        row = await session.get(MembershipRow, (caller.staff_id, unit_id))
        if row is None:
            raise NotYourUnit
        row.chosen_at = now
        note(session, caller, now, Action.CHANGE_UNIT, unit_id, None)


async def choose_language(api: Api, caller: Caller, language: str) -> None:
    """What the person reads Lots in from now on, in every client."""
    async with api.db.write() as session:
        await session.exec(update(StaffRow).where(col(StaffRow.id) == caller.staff_id).values(language=language))


async def issue_key(
    api: Api, *, name: str, unit_id: str, role: Role, lifetime: timedelta | None = None, by: Caller | None = None
) -> str:
    """A new key for a script, as a member of the unit of its own, so that it can do and is held to what a person can in that role.

    Shown once; only its hash is kept. `by` None: the operator, at the command line.
    """
    key, key_id, now = KEY_PREFIX + new_token(), new_id(), api.now()
    staff_id = f"script-{key_id}"
    async with api.db.write() as session:
        if await session.get(UnitRow, unit_id) is None:
            raise UnitUnknown(unit=unit_id)
        expires_at = None if lifetime is None else now + lifetime
        session.add(StaffRow(id=staff_id, name=name))
        await session.flush()
        session.add(MembershipRow(staff_id=staff_id, unit_id=unit_id, role=role, chosen_at=now))
        session.add(
            ApiKeyRow(id=key_id, hash=digest(key), name=name, staff_id=staff_id, created_at=now, expires_at=expires_at)
        )
        record(session, by, now, Action.MAKE_KEY, unit_id, key_id)
    return key


async def bot_key(api: Api) -> str:
    """The key with which Lots' own chat acts for people. Derived from the key file, so that every process has the same and none stores it.

    A database that knows another one was written with other keys, and nothing in it would open: KeysMissing.
    """
    key = KEY_PREFIX + api.cipher.lookup(f"api-key:{BOT}")
    async with api.db.write() as session:
        known = (
            await session.exec(select(ApiKeyRow.hash).where(col(ApiKeyRow.on_behalf), ApiKeyRow.name == BOT))
        ).all()
        if known and digest(key) not in known:
            raise KeysMissing("keys.json is not the one that this database was written with. Put that one back.")
        await insert_new(
            session,
            ApiKeyRow(id=f"{BOT}-{digest(key)[:8]}", hash=digest(key), name=BOT, on_behalf=True, created_at=api.now()),
        )
    return key


async def deliveries(api: Api, place: Place) -> dict[str, str]:
    """How each channel that is not `built_in` leaves the unit."""
    async with api.db.read() as session:
        return await units.deliveries(session, place.organisation, place.unit_id)
