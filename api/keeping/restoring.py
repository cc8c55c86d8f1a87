"""What a backup leaves out, and what makes a restored database fit to go on: event cursors, the audit's head, held work and access. Runs no command."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.heads import Heads
from api.audit.sealer import NAME
from api.audit.service import Action, note_system
from api.audit.tables import AuditHeadRow
from api.enrolment.tables import ChatAccountRow, EnrolmentCodeRow
from api.events.tables import EpochRow, EventRow
from api.messages.tables import NumberRow
from api.staff.service import BOT
from api.staff.tables import ApiKeyRow, SessionRow, SignInLinkRow
from common.database import Database
from common.outbox import held, release_held

LEFT_OUT: Final = (SessionRow.__tablename__, SignInLinkRow.__tablename__, EnrolmentCodeRow.__tablename__)
"""Nobody is signed in by a restore."""
EPOCH: Final = 10**12
"""More transactions than any database makes between two restores."""


NUMBERS: Final = 10_000
"""Message numbers passed over, so that none that was told before the failure is given to another message."""


async def make_fit(db: Database, heads: Heads, now: datetime) -> None:
    """After a restore. Cursors from before it stay good, and lie below every event that comes after it."""
    async with db.write() as session:
        last = (await session.exec(select(func.max(EventRow.tx)))).one() or 0
        base = (await session.exec(select(func.max(EpochRow.base)))).one() or 0
        session.add(EpochRow(base=(max(last, base) // EPOCH + 1) * EPOCH, at=now))
        await session.exec(update(NumberRow).values(next=col(NumberRow.next) + NUMBERS))
        await hold_access(session, now)
        head = await session.get(AuditHeadRow, NAME)
        if head is not None:
            head.held_until = None
        note_system(session, now, Action.RESTORE, None, None)
    heads.append("restore", 0 if head is None else head.seq, "" if head is None else head.mac, now)


@dataclass(frozen=True, slots=True)
class Held:
    """How much of what was restored is of no use until it is released."""

    jobs: int
    keys: int
    chats: int


async def waiting(db: Database) -> Held:
    async with db.read() as session:
        keys = (await session.exec(select(func.count()).where(col(ApiKeyRow.held_at).is_not(None)))).one()
        chats = (await session.exec(select(func.count()).where(_held_chat()))).one()
        return Held(await held(session), keys, chats)


async def hold_access(session: AsyncSession, now: datetime) -> None:
    """Programs' keys and chat accounts: some may have been revoked after the backup, which nobody here knows of any more."""
    keys = col(ApiKeyRow.revoked_at).is_(None) & ~(col(ApiKeyRow.on_behalf) & (col(ApiKeyRow.name) == BOT))
    await session.exec(update(ApiKeyRow).where(keys).values(held_at=now))
    chats = col(ChatAccountRow.revoked_at).is_(None)
    await session.exec(update(ChatAccountRow).where(chats).values(held_at=now))


async def release(db: Database, now: datetime, *, end_chats: bool = False) -> int:
    """Lets the restored outgoing work, keys and chat accounts go; gives the number of jobs. `end_chats`: people bind their accounts anew."""
    async with db.write() as session:
        count = await release_held(session)
        await session.exec(update(ApiKeyRow).values(held_at=None))
        if end_chats:
            await session.exec(update(ChatAccountRow).where(_held_chat()).values(revoked_at=now))
        await session.exec(update(ChatAccountRow).values(held_at=None))
        note_system(session, now, Action.RELEASE, None, None)
    return count


def _held_chat() -> ColumnElement[bool]:
    return col(ChatAccountRow.held_at).is_not(None) & col(ChatAccountRow.revoked_at).is_(None)
