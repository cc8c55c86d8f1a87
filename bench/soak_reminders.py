"""50,000 reminders that fall due at once, worked off by four processes on PostgreSQL: each told exactly once; the rate beside one plain UPDATE.

`python -m bench.soak_reminders 2000` for fewer. Each is the real thing: the message is read, unit and sender are told, the job is settled.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from pydantic import SecretStr
from sqlmodel import col, func, select, update

from api.app import make_api
from api.context import Api
from api.demo import load_when_empty
from api.events.tables import EventRow
from api.messages.reminders import OVERDUE, handlers
from bench.filling import fill, units
from bench.handover import another, durable
from bench.soak import postgres
from common.clock import SystemClock
from common.crypto import Cipher
from common.database import Database
from common.log import configure
from common.outbox import OutboxRow, OutboxState, Worker
from common.settings import Settings
from knowledge.bundle import load_knowledge

DUE = 50_000
PROCESSES = 4
UNITS = 500
LOADING_SECONDS = 300


def main(due: int = DUE) -> bool:
    configure("error")
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        durable(server)
        settings = Settings(data_dir=Path(folder), database_url=SecretStr(another(server, "reminders")))
        asyncio.run(prepared(settings, due))
        context = multiprocessing.get_context("spawn")
        ready = context.Barrier(PROCESSES + 1)
        workers = [
            context.Process(target=work, args=(settings.url.render_as_string(hide_password=False), folder, ready))
            for _ in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        ready.wait(LOADING_SECONDS)
        began = time.perf_counter()
        for worker in workers:
            worker.join()
        taken = time.perf_counter() - began
        return asyncio.run(judged(settings, due, taken, [worker.exitcode for worker in workers]))


async def parts(settings: Settings) -> Api:
    cipher = Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    return make_api(settings, SystemClock(), db, load_knowledge(settings.knowledge_dir), cipher)


async def prepared(settings: Settings, due: int) -> None:
    api = await parts(settings)
    try:
        await api.db.migrate()
        await load_when_empty(api)
        to = await units(api, UNITS)
        await asyncio.to_thread(fill, api, to, due, api.now() - timedelta(minutes=1), OVERDUE)
    finally:
        await api.db.close()


def work(url: str, folder: str, ready: Barrier) -> None:
    """One process: until nothing is due."""
    configure("error")
    asyncio.run(until_done(Settings(data_dir=Path(folder), database_url=SecretStr(url)), ready))


async def until_done(settings: Settings, ready: Barrier) -> None:
    api = await parts(settings)
    try:
        ready.wait(LOADING_SECONDS)  # nothing else runs in this process yet
        worker = Worker(api.db, api.clock, {OVERDUE: handlers(api)[OVERDUE]})
        while await worker.run_once():
            pass
    finally:
        await api.db.close()


async def judged(settings: Settings, due: int, taken: float, ended: list[int | None]) -> bool:
    api = await parts(settings)
    told = select(func.count(), func.count(func.distinct(EventRow.key))).select_from(EventRow)
    try:
        async with api.db.read() as session:
            events, different = (await session.exec(told)).one()
            once = select(func.count()).where(
                OutboxRow.kind == OVERDUE, OutboxRow.state == OutboxState.DONE, OutboxRow.attempts == 1
            )
            done = (await session.exec(once)).one()
        plain = await one_update(api)
    finally:
        await api.db.close()
    wanted = 2 * due
    right = events == different == wanted and done == due and set(ended) == {0}
    print(
        f"{due} due, {PROCESSES} processes: {done} done at the first try, {events} of {wanted} events, each once: {right}"
    )
    print(f"{due / taken:8.0f} reminders/s  one plain UPDATE of as many rows {due / plain:8.0f} rows/s", flush=True)
    return right


async def one_update(api: Api) -> float:
    """Seconds that one statement takes to settle as many rows."""
    settle = (
        update(OutboxRow)
        .where(col(OutboxRow.kind) == OVERDUE)
        .values(claimed_by="plain", attempts=col(OutboxRow.attempts) + 1)
    )
    began = time.perf_counter()
    async with api.db.write() as session:
        await session.exec(settle)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
