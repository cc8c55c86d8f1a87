"""Timed and outgoing work: written in the transaction of its cause, claimed as a lease, tried again with patience. Knows no kind of work.

Any number of processes may run a `Worker` on one database. A killed one's work is taken over when its lease has run out, so a
handler may see the same job twice and must be idempotent by `job.key`; `job.repeat` says that an earlier try may have got through.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Index, UniqueConstraint, or_, update
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from common.clock import Clock
from common.database import Database, UtcDateTime, insert_new, table_of
from common.errors import DatabaseUnavailable
from common.ids import new_id
from common.together import New
from common.wake import JOBS, Bell

HELD_BY: Final = "restore"
HELD_UNTIL: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Work that came back with a restore is leased to nobody, until someone releases it: part of it may have gone out already."""


class OutboxState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class OutboxRow(SQLModel, table=True):
    """`payload` is JSON or a sealed text of the handler's own; it holds nothing personal unsealed."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("outbox_due", "state", "due_at"))

    id: str = Field(primary_key=True)
    kind: str
    key: str
    payload: str
    state: str = OutboxState.WAITING
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_by: str | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    kind: str
    key: str
    payload: str
    attempts: int
    """Counts this try: 1 the first time."""
    claimed_until: datetime
    claimed_by: str

    @property
    def repeat(self) -> bool:
        return self.attempts > 1


class GiveUp(Exception):  # noqa: N818 - said by a handler, not an error of ours
    """Raised by a handler for work that no further try can help; `code` is kept with the dead job."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LeaseLost(Exception):  # noqa: N818 - an outcome: someone else does the work now
    """Work that was thought to be ours has been taken over, or cancelled."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do with one kind of work, and how patiently."""

    run: Callable[[Job], Awaitable[None]]
    max_attempts: int = 12
    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(minutes=30)
    together: Callable[[AsyncSession, Sequence[Job]], Awaitable[None]] | None = None
    """The same for several jobs within one transaction, which also settles them: all or none. What fails is done one by one instead."""

    def delay(self, attempts: int) -> timedelta:
        """Doubles with each try up to the longest."""
        factor: int = 2 ** min(attempts - 1, 20)
        return min(self.longest_delay, self.first_delay * factor)


async def enqueue(session: AsyncSession, kind: str, key: str, payload: str, due_at: datetime) -> bool:
    """Puts work in the outbox with its cause. The same kind and key stands once; says whether it was new."""
    return await insert_new(session, OutboxRow(id=new_id(), kind=kind, key=key, payload=payload, due_at=due_at))


def put(session: AsyncSession, kind: str, key: str, payload: str, due_at: datetime) -> None:
    """As `enqueue` where the key is known to be new, written with the session's other rows."""
    put_all(session, (job(kind, key, payload, due_at),))


def put_all(session: AsyncSession, jobs: Iterable[New]) -> None:
    """The same for work that `job` has made."""
    session.add_all(OutboxRow(**row.values) for row in jobs)


def job(kind: str, key: str, payload: str, due_at: datetime) -> New:
    """New work as a row, to be written together with its cause."""
    values = {
        "id": new_id(),
        "kind": kind,
        "key": key,
        "payload": payload,
        "state": OutboxState.WAITING,
        "due_at": due_at,
        "attempts": 0,
    }
    return New(table_of(OutboxRow), values)


async def cancel(session: AsyncSession, kind: str, key: str) -> None:
    """Work that is no longer wanted, if it has not been done yet."""
    wanted = (col(OutboxRow.kind) == kind) & (col(OutboxRow.key) == key) & (col(OutboxRow.state) == OutboxState.WAITING)
    await session.exec(update(OutboxRow).where(wanted).values(state=OutboxState.DONE, last_error="cancelled"))


async def claim(
    db: Database, kinds: Sequence[str], worker: str, now: datetime, lease: timedelta, limit: int
) -> tuple[Job, ...]:
    """Takes up to `limit` due jobs for the time of the lease. No other worker gets them until it has run out."""
    if not await _anything_due(db, kinds, now):
        return ()
    due = (
        select(OutboxRow.id)
        .where(_is_due(kinds, now))
        .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    until = now + lease
    take = (
        update(OutboxRow)
        .where(col(OutboxRow.id).in_(select(due.c.id)))
        .values(claimed_until=until, claimed_by=worker, attempts=col(OutboxRow.attempts) + 1)
        .returning(OutboxRow)
        .execution_options(synchronize_session=False)
    )
    async with db.write() as session:
        rows = (await session.exec(take)).scalars().all()
    in_order = sorted(rows, key=lambda row: (row.due_at, row.id))
    return tuple(Job(r.id, r.kind, r.key, r.payload, r.attempts, until, worker) for r in in_order)


async def _anything_due(db: Database, kinds: Sequence[str], now: datetime) -> bool:
    async with db.read() as session:
        return (await session.exec(select(OutboxRow.id).where(_is_due(kinds, now)).limit(1))).first() is not None


def _is_due(kinds: Sequence[str], now: datetime) -> ColumnElement[bool]:
    return (
        col(OutboxRow.kind).in_(kinds)
        & (col(OutboxRow.state) == OutboxState.WAITING)
        & (col(OutboxRow.due_at) <= now)
        & or_(col(OutboxRow.claimed_until).is_(None), col(OutboxRow.claimed_until) <= now)
    )


async def settle(db: Database, job: Job, **values: object) -> bool:
    """Writes how a try ended, if the lease is still ours; says whether it was."""
    ours = (
        (col(OutboxRow.id) == job.id)
        & (col(OutboxRow.claimed_by) == job.claimed_by)
        & (col(OutboxRow.attempts) == job.attempts)
        & (col(OutboxRow.state) == OutboxState.WAITING)
    )
    async with db.write() as session:
        done = await session.exec(update(OutboxRow).where(ours).values(claimed_until=None, claimed_by=None, **values))
    return bool(done.rowcount)


async def settle_all(session: AsyncSession, jobs: Sequence[Job]) -> None:
    """All of one claim are done, in the transaction of their doing. Raises LeaseLost, and so undoes it, when one is no longer ours."""
    first = jobs[0]
    ours = (
        col(OutboxRow.id).in_([job.id for job in jobs])
        & (col(OutboxRow.claimed_by) == first.claimed_by)
        & (col(OutboxRow.claimed_until) == first.claimed_until)
        & (col(OutboxRow.state) == OutboxState.WAITING)
    )
    values = {"state": OutboxState.DONE, "last_error": None, "claimed_until": None, "claimed_by": None}
    settled = update(OutboxRow).where(ours).values(**values).execution_options(synchronize_session=False)
    if (await session.exec(settled)).rowcount != len(jobs):
        raise LeaseLost


async def held(session: AsyncSession) -> int:
    """How many restored jobs wait to be released."""
    return (await session.exec(select(func.count()).where(_held()))).one()


async def release_held(session: AsyncSession) -> int:
    """Lets restored work go out; gives the number of jobs."""
    done = await session.exec(update(OutboxRow).where(_held()).values(claimed_until=None, claimed_by=None))
    return int(done.rowcount)


def _held() -> ColumnElement[bool]:
    return (col(OutboxRow.claimed_by) == HELD_BY) & (col(OutboxRow.state) == OutboxState.WAITING)


async def waiting(session: AsyncSession) -> Mapping[str, int]:
    """How many jobs there are in each state, for the metrics."""
    rows = await session.exec(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return dict(rows.all())


async def rest(stop: asyncio.Event, seconds: float) -> None:
    """Until it is time for the next round, or to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


class Worker:
    """Runs the due jobs of the kinds it has handlers for. One per process; any number of processes."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        lease: timedelta = timedelta(seconds=60),
        batch: int = 20,
    ) -> None:
        self.name = new_id()
        self._db = db
        self._clock = clock
        self._handlers = dict(handlers)
        self._lease = lease
        self._batch = batch
        self._log = structlog.get_logger("outbox")

    @property
    def bell(self) -> Bell:
        return self._db.bell

    async def run_once(self) -> int:
        """Claims one batch and runs it; gives the number of jobs claimed."""
        jobs = await claim(self._db, tuple(self._handlers), self.name, self._clock.now(), self._lease, self._batch)
        done = await self._in_groups(jobs)
        for job in jobs:
            if job not in done and self._clock.now() < job.claimed_until:
                await self._run(job)
        return len(jobs)

    async def _in_groups(self, jobs: Sequence[Job]) -> set[Job]:
        """Does together what can be done together; gives what is done and settled."""
        done: set[Job] = set()
        for kind in sorted({job.kind for job in jobs}):
            group = [job for job in jobs if job.kind == kind]
            if len(group) > 1 and await self._run_together(group):
                done.update(group)
        return done

    async def _run_together(self, group: Sequence[Job]) -> bool:
        together = self._handlers[group[0].kind].together
        if together is None or self._clock.now() >= group[0].claimed_until:
            return False
        try:
            async with self._db.write() as session:
                await together(session, group)
                await settle_all(session, group)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the outer edge: nothing was done, and each job is tried by itself
            self._log.info("jobs one by one", kind=group[0].kind, jobs=len(group), error=type(error).__name__)
            return False
        return True

    async def _run(self, job: Job) -> None:
        handler = self._handlers[job.kind]
        try:
            await handler.run(job)
        except GiveUp as reason:
            await settle(self._db, job, state=OutboxState.DEAD, last_error=reason.code)
            self._log.warning("job given up", kind=job.kind, job=job.id, code=reason.code)
        except Exception as error:  # noqa: BLE001 - the outer edge: one bad job must not stop the others
            await self._failed(job, handler, type(error).__name__)
        else:
            await settle(self._db, job, state=OutboxState.DONE, last_error=None)

    async def _failed(self, job: Job, handler: Handler, error: str) -> None:
        dead = job.attempts >= handler.max_attempts
        due_at = self._clock.now() + handler.delay(job.attempts)
        state = OutboxState.DEAD if dead else OutboxState.WAITING
        await settle(self._db, job, state=state, due_at=due_at, last_error=error)
        self._log.warning("job failed", kind=job.kind, job=job.id, attempts=job.attempts, error=error, dead=dead)

    async def run(self, stop: asyncio.Event, *, every: float = 1.0) -> None:
        """Works until `stop` is set; the job at hand is finished first."""
        with self._db.bell.listen(JOBS) as nudged:
            while not stop.is_set():
                try:
                    done = await self.run_once()
                except DatabaseUnavailable as error:
                    self._log.warning("outbox waits for the database", reason=error.reason)
                    done = 0
                except Exception as error:  # noqa: BLE001 - the outer edge: a server whose timed work has died looks healthy
                    self._log.error("outbox round failed", exc_info=error)
                    done = 0
                if done == 0:
                    await nudged.wait(every, stop)
