"""What a backup leaves out, and what makes a restored database fit to go on: event cursors, the audit's head, held work. Runs no command."""

from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import col, func, select

from api.audit.heads import Heads
from api.audit.sealer import NAME
from api.audit.service import Action, note_system
from api.audit.tables import AuditHeadRow
from api.enrolment.tables import EnrolmentCodeRow
from api.events.tables import EpochRow, EventRow
from api.messages.tables import NumberRow
from api.staff.tables import SessionRow, SignInLinkRow
from common.database import Database
from common.outbox import release_held

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
        head = await session.get(AuditHeadRow, NAME)
        if head is not None:
            head.held_until = None
        note_system(session, now, Action.RESTORE, None, None)
    heads.append("restore", 0 if head is None else head.seq, "" if head is None else head.mac, now)


async def release(db: Database, now: datetime) -> int:
    """Lets the restored outgoing work go; gives the number of jobs."""
    async with db.write() as session:
        count = await release_held(session)
        note_system(session, now, Action.RELEASE, None, None)
    return count
