"""Binds chat accounts to people by short-lived codes, finds whom an account speaks for, and ends it. Knows no HTTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, bindparam, update
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from api.audit.service import Action, note, note_enrolment
from api.authorisation import Caller
from api.context import Api
from api.enrolment.codes import new_code, read_code
from api.enrolment.schemas import Language
from api.enrolment.tables import ChatAccountRow, EnrolmentCodeRow
from api.errors import (
    EnrolmentCodeExpired,
    EnrolmentCodeUnknown,
    EnrolmentCodeUsed,
    EnrolmentUnknown,
    SignInRequired,
)
from api.limits import Kind
from api.staff.sessions import by_chat, end_begun
from api.staff.tables import StaffRow
from common.database import UtcDateTime
from common.ids import new_id

MINUTES: Final = 10
SEAL: Final = "chat_account:{id}:account"


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Where someone is in a chat: the client's name and the account's own name there."""

    client: str
    name: str


@dataclass(frozen=True, slots=True)
class Bound:
    """An account in use, and the person it speaks for."""

    row: ChatAccountRow
    person: str


async def make_code(api: Api, caller: Caller) -> Code:
    """A new code of the person's. The one before it is gone. Only she herself, signed in by a browser, gets one."""
    staff_id = _in_person(api, caller)
    now = api.now()
    code = Code(new_code(), now + timedelta(minutes=MINUTES))
    async with api.db.write() as session:
        unused = (col(EnrolmentCodeRow.staff_id) == staff_id) & col(EnrolmentCodeRow.used_at).is_(None)
        await session.exec(delete(EnrolmentCodeRow).where(unused))
        session.add(
            EnrolmentCodeRow(hash=_hash(api, code.text), staff_id=staff_id, created_at=now, expires_at=code.expires_at)
        )
        note(session, caller, now, Action.MAKE_ENROLMENT_CODE, None, None)
    return code


async def redeem(api: Api, caller: Caller, typed: str, account: Account, language: Language) -> Bound:
    """The account speaks for the code's person from now on. The same account may repeat the call; nobody else may.

    What one account gets wrong is counted against that account alone.
    """
    guesser = (caller.actor, _place(api, account))
    api.limits.check(Kind.REDEEM, *guesser)
    try:
        return await _redeem(api, caller, typed, account, language)
    except (EnrolmentCodeUnknown, EnrolmentCodeUsed, EnrolmentCodeExpired):
        api.limits.count(Kind.REDEEM, *guesser)
        raise


async def _redeem(api: Api, caller: Caller, typed: str, account: Account, language: Language) -> Bound:
    now, hashed, place = api.now(), _hash(api, read_code(typed)), _place(api, account)
    async with api.db.write() as session:
        await api.db.lock(session, place)
        code = await session.get(EnrolmentCodeRow, hashed)
        if code is None:
            raise EnrolmentCodeUnknown
        if code.used_at is not None:
            return await _again(session, code, account.client, place)
        if code.expires_at <= now:
            raise EnrolmentCodeExpired
        person = await session.get(StaffRow, code.staff_id)
        if person is None or not person.active:
            raise EnrolmentCodeUnknown
        row = _new_row(api, code.staff_id, account, place, language)
        before = update(ChatAccountRow).where(_in_use(account.client, place)).values(revoked_at=now)
        for (spoken_for,) in (await session.exec(before.returning(col(ChatAccountRow.staff_id)))).all():
            await end_begun(session, spoken_for, account.client, now)
        session.add(row)
        await session.flush()
        mine = (col(EnrolmentCodeRow.hash) == hashed) & col(EnrolmentCodeRow.used_at).is_(None)
        taken = update(EnrolmentCodeRow).where(mine).values(used_at=now, used_by=row.id)
        if (await session.exec(taken)).rowcount != 1:
            raise EnrolmentCodeUsed
        note_enrolment(session, caller, code.staff_id, now, row.id)
    return Bound(row, person.name)


async def whose(api: Api, account: Account) -> Bound:
    """Whom the account speaks for now, or EnrolmentUnknown: never bound, revoked, not renewed, or its person works here no longer."""
    since = api.now() - timedelta(days=api.settings.enrolment_days)
    given = {"in_client": account.client, "place": _place(api, account), "since": since}
    async with api.db.read() as session:
        found = (await session.exec(_speaks_for(), params=given)).first()
    if found is None:
        raise EnrolmentUnknown
    return Bound(*found)


async def of_person(api: Api, caller: Caller) -> list[Bound]:
    """The accounts that speak for her, the newest first."""
    query = (
        select(ChatAccountRow)
        .where(ChatAccountRow.staff_id == caller.staff_id, col(ChatAccountRow.revoked_at).is_(None))
        .order_by(col(ChatAccountRow.created_at).desc(), col(ChatAccountRow.id))
    )
    async with api.db.read() as session:
        return [Bound(row, caller.name or "") for row in (await session.exec(query)).all()]


async def revoke(api: Api, caller: Caller, account_id: str) -> None:
    """Her own account speaks for her no longer, and pages opened from that client are signed out. One that is revoked already stays so."""
    now = api.now()
    async with api.db.write() as session:
        row = await _own(session, caller, account_id)
        if row.revoked_at is None:
            row.revoked_at = now
            note(session, caller, now, Action.REVOKE_ENROLMENT, None, row.id)
            await end_begun(session, row.staff_id, row.client, now)


async def prefer(api: Api, caller: Caller, account_id: str, language: Language, quiet: tuple[str, str] | None) -> Bound:
    """Her account's language, and the hours in which it is left alone."""
    async with api.db.write() as session:
        row = await _own(session, caller, account_id)
        if row.revoked_at is not None:
            raise EnrolmentUnknown
        row.language = language
        row.quiet_from, row.quiet_to = quiet or (None, None)
    return Bound(row, caller.name or "")


def account_name(api: Api, row: ChatAccountRow) -> str:
    return api.cipher.open(row.account, SEAL.format(id=row.id))


async def renew(api: Api, caller: Caller, account_id: str) -> None:
    """She vouches for her account anew. Only she herself, signed in by a browser; one that is revoked stays so."""
    _in_person(api, caller)
    now = api.now()
    async with api.db.write() as session:
        row = await _own(session, caller, account_id)
        if row.revoked_at is not None:
            raise EnrolmentUnknown
        row.renewed_at = now
        note(session, caller, now, Action.RENEW_ENROLMENT, None, row.id)


def ends_at(api: Api, row: ChatAccountRow) -> datetime:
    """When the account speaks for nobody any more, if it is not renewed."""
    return (row.renewed_at or row.created_at) + timedelta(days=api.settings.enrolment_days)


def _in_person(api: Api, caller: Caller) -> str:
    if caller.staff_id is None or caller.via is not None:
        raise SignInRequired
    if by_chat(api, caller):
        raise SignInRequired(variant="chat")
    return caller.staff_id


async def _own(session: AsyncSession, caller: Caller, account_id: str) -> ChatAccountRow:
    row = await session.get(ChatAccountRow, account_id)
    if row is None or row.staff_id != caller.staff_id:
        raise EnrolmentUnknown
    return row


async def _again(session: AsyncSession, code: EnrolmentCodeRow, client: str, place: str) -> Bound:
    """The answer to a call that is repeated by the account that used the code, while it is still bound."""
    row = None if code.used_by is None else await session.get(ChatAccountRow, code.used_by)
    person = await session.get(StaffRow, code.staff_id)
    same = row is not None and row.revoked_at is None and (row.client, row.account_hash) == (client, place)
    if row is None or person is None or not same or not person.active:
        raise EnrolmentCodeUsed
    return Bound(row, person.name)


def _new_row(api: Api, staff_id: str, account: Account, place: str, language: str) -> ChatAccountRow:
    row_id = new_id()
    return ChatAccountRow(
        id=row_id,
        client=account.client,
        account_hash=place,
        account=api.cipher.seal(account.name, SEAL.format(id=row_id)),
        staff_id=staff_id,
        language=language,
        created_at=api.now(),
    )


@lru_cache(maxsize=1)
def _speaks_for() -> Select[ChatAccountRow, str]:
    """Asked before every turn in a chat: made once."""
    mine = (col(ChatAccountRow.client) == bindparam("in_client")) & (
        col(ChatAccountRow.account_hash) == bindparam("place")
    )
    return select(ChatAccountRow, StaffRow.name).where(
        mine,
        col(ChatAccountRow.revoked_at).is_(None),
        col(ChatAccountRow.held_at).is_(None),
        func.coalesce(col(ChatAccountRow.renewed_at), col(ChatAccountRow.created_at))
        > bindparam("since", type_=UtcDateTime()),
        StaffRow.id == ChatAccountRow.staff_id,
        col(StaffRow.active),
    )


def _in_use(client: str, place: str) -> ColumnElement[bool]:
    mine = (col(ChatAccountRow.client) == client) & (col(ChatAccountRow.account_hash) == place)
    return mine & col(ChatAccountRow.revoked_at).is_(None)


def _hash(api: Api, code: str) -> str:
    """Keyed, so that what stands in the database cannot be tried out by itself."""
    return api.cipher.lookup(f"enrolment:{code}")


def _place(api: Api, account: Account) -> str:
    return api.cipher.lookup(f"chat:{account.client}:{account.name}")
