"""What nobody asks for again: calls, jobs, events, sessions, links, codes, revoked chat accounts, reminders, drafts, waiting files and live exercises that have had their time. Touches no message and no audit.

A new table of such rows gets a line here, and its time in docs/operator.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, tuple_
from sqlmodel import SQLModel, col, select

from api.context import Api
from api.drafts.tables import DraftRow
from api.duties.tables import OwnReminderRow
from api.enrolment.tables import ChatAccountRow, EnrolmentCodeRow
from api.events.tables import EventRow
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from api.imports.tables import ImportFileRow
from api.imports.waiting import KEPT
from api.messages.tables import CallRow
from api.staff.tables import SessionRow, SignInLinkRow
from common.outbox import OutboxRow, OutboxState

BATCH: Final = 1000
BATCHES: Final = 20
SIGNED_IN: Final = timedelta(days=30)
"""After a session or a link could last be used: long enough to look into a sign-in that someone wonders about."""


@dataclass(frozen=True, slots=True)
class Old:
    """Rows of one table that have had their time."""

    table: type[SQLModel]
    where: ColumnElement[bool]


def old(api: Api) -> Iterator[Old]:
    now, settings = api.now(), api.settings
    calls, events = now - timedelta(days=settings.keep_calls_days), now - timedelta(days=settings.keep_events_days)
    due, state = col(OutboxRow.due_at), col(OutboxRow.state)
    yield Old(CallRow, col(CallRow.created_at) < calls)
    yield Old(OutboxRow, (state == OutboxState.DONE) & (due < calls))
    yield Old(OutboxRow, (state == OutboxState.DEAD) & (due < events))
    yield Old(EventRow, col(EventRow.at) < events)
    yield Old(DraftRow, col(DraftRow.updated_at) < calls)
    yield Old(ImportFileRow, col(ImportFileRow.made_at) < now - KEPT)
    yield Old(OwnReminderRow, col(OwnReminderRow.ended_at) < calls)
    yield Old(SessionRow, _ended(SessionRow) < now - SIGNED_IN)
    yield Old(SignInLinkRow, col(SignInLinkRow.expires_at) < now - SIGNED_IN)
    yield Old(EnrolmentCodeRow, col(EnrolmentCodeRow.expires_at) < now - SIGNED_IN)
    yield Old(ChatAccountRow, _revoked(now - SIGNED_IN))
    over = select(ExerciseRow.id).where(col(ExerciseRow.delete_at) <= now)
    yield Old(VoteRow, col(VoteRow.exercise_id).in_(over))
    yield Old(ParticipantRow, col(ParticipantRow.exercise_id).in_(over))
    yield Old(ExerciseRow, col(ExerciseRow.delete_at) <= now)


def _ended(table: type[SessionRow]) -> ColumnElement[datetime]:
    return func.coalesce(col(table.ended_at), col(table.expires_at))


def _revoked(before: datetime) -> ColumnElement[bool]:
    """Chat accounts that speak for nobody; not while a code tells which account used it."""
    named = select(EnrolmentCodeRow.used_by).where(col(EnrolmentCodeRow.used_by).is_not(None))
    return (col(ChatAccountRow.revoked_at) < before) & col(ChatAccountRow.id).not_in(named)


async def prune(api: Api) -> bool:
    """In small transactions; says whether there may be more."""
    more = False
    for rows in old(api):
        more = await _prune(api, rows) or more
    return more


async def _prune(api: Api, rows: Old) -> bool:
    table = rows.table.__table__  # type: ignore[attr-defined]
    key = tuple_(*table.primary_key)
    for _ in range(BATCHES):
        found = select(*table.primary_key).where(rows.where).limit(BATCH)
        async with api.db.write() as session:
            done = await session.exec(delete(rows.table).where(key.in_(found)))
        if done.rowcount < BATCH:
            return False
    return True
