"""People in Telegram who each write every 10 seconds, by webhook, beside a bare echo bot under the same load; then when Telegram fails.

`python -m bench telegram`, or `BENCH_PEOPLE=100 python -m bench telegram` on a smaller machine. The fake runs in this process and shares
its cores with the bot; the processor time of a turn is told beside what people waited, since that is not its neighbours'.

500 people every 10 seconds are 50 answers a second. Telegram takes 30 from a bot, unless it pays for more: then both bots keep people
waiting for the limit and for nothing else. So it is measured twice: without a limit, and with Telegram's in both.
"""

import asyncio
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import psutil
import uvicorn

from bench import telegram_down
from bench.serving import Server, free_port, lots_server, started
from tests.support.telegram.core import TOKEN, Telegram
from tests.support.telegram.loopback import Loopback, with_bringing
from tests.support.telegram.people import Person
from tests.support.telegram.server import Calls, Faults, make_app

PEOPLE: Final = int(os.environ.get("BENCH_PEOPLE", "500"))
EVERY: Final = 10.0
ROUNDS: Final = 4
TARGET: Final = 3.0
TELEGRAMS_LIMIT: Final = 30
"""Messages a second from a bot, over all chats."""
NO_LIMIT: Final = 1000
PATIENCE: Final = 60.0
SECRET: Final = "loopback-secret-loopback"  # noqa: S105 - of a server that lives for a minute
STAFF: Final = "maja-lindqvist"
MATTERS: Final = (
    "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta",
    "/restart",
    "Hur lång tid har mottagaren på sig att svara?",
    "/restart",
)
MARK: Final = "↻"
NOTE: Final = "Lots är osäker på"


@dataclass
class Line:
    """What happened: how long each answer took, and what was wrong with any."""

    taken: list[float] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    processor: float = 0.0
    """Seconds that the bot's process worked."""

    def told(self, name: str) -> str:
        ordered = sorted(self.taken)
        return (
            f"{name}: {len(ordered)} turns, median {statistics.median(ordered):.0f} ms, p95 {p95(ordered):.0f} ms, "
            f"{1000 * self.processor / len(ordered):.1f} ms of processor a turn, lost {self.lost}, doubled {self.doubled}, out of order {self.out_of_order}"
        )


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


@dataclass
class Fake:
    telegram: Telegram
    faults: Faults
    url: str


@asynccontextmanager
async def fake_on_a_port() -> AsyncIterator[Fake]:
    telegram, faults, port = Telegram(), Faults(), free_port()
    app = Loopback(with_bringing(make_app(telegram, faults, Calls(keep=False)), telegram))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="on"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.05)
    yield Fake(telegram, faults, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await running


def main() -> None:
    asyncio.run(run())


async def run() -> None:
    print(f"{PEOPLE} people, each every {EVERY:.0f} s: {PEOPLE / EVERY:.0f} turns a second", flush=True)
    for limit in (NO_LIMIT, TELEGRAMS_LIMIT):
        name = "no limit" if limit == NO_LIMIT else f"{limit} messages a second"
        theirs = await measured(partial(echo_server, limit), enrol=False)
        print(theirs.told(f"echo bot, {name}"), flush=True)
        ours = await measured(partial(lots, limit), enrol=True)
        print(ours.told(f"Lots, {name}"), flush=True)
        print(f"p95 ratio {p95(ours.taken) / p95(theirs.taken):.2f} (target at most {TARGET})", flush=True)
    broken = await measured(partial(lots, NO_LIMIT), enrol=True, share=0.2)
    print(broken.told("Lots, 20 % of calls failing"), flush=True)
    await telegram_down.run(min(PEOPLE, 50))


def lots(limit: int, fake: Fake) -> AbstractContextManager[Server]:
    return lots_server(
        LOTS_TELEGRAM_API_URL=fake.url,
        LOTS_TELEGRAM_TOKEN=TOKEN,
        LOTS_TELEGRAM_MODE="webhook",
        LOTS_TELEGRAM_WEBHOOK_SECRET=SECRET,
        LOTS_TELEGRAM_PER_SECOND=str(limit),
        LOTS_LIMIT_WRITES="1000000",
        LOTS_LOG_LEVEL="error",
    )


def echo_server(limit: int, fake: Fake) -> AbstractContextManager[Server]:
    port = free_port()
    env = {**os.environ, "ECHO_TOKEN": TOKEN, "ECHO_API": fake.url, "ECHO_URL": f"http://127.0.0.1:{port}"}
    if limit < NO_LIMIT:
        env["ECHO_PER_SECOND"] = str(limit)
    command = [sys.executable, "-m", "uvicorn", "bench.telegram_echo:echo", "--factory", "--port", str(port)]
    return started([*command, "--log-level", "critical"], port, env, Path())


async def measured(make: Callable[[Fake], AbstractContextManager[Server]], *, enrol: bool, share: float = 0.0) -> Line:
    """`share` of the Bot API's calls fail, in every way there is."""
    async with fake_on_a_port() as fake:
        opening = make(fake)
        server = await asyncio.to_thread(opening.__enter__)
        try:
            while fake.telegram.hook is None:  # noqa: ASYNC110 - set by the server that starts
                await asyncio.sleep(0.1)
            people = [fake.telegram.person(1000 + number) for number in range(PEOPLE)]
            if enrol:
                await enrolled(server, people)
            fake.faults.share = share
            line, before = Line(), worked(server)
            await asyncio.gather(*(person(one, number, line) for number, one in enumerate(people)))
            fake.faults.share = 0
            line.processor = worked(server) - before
            return line
        finally:
            await asyncio.to_thread(opening.__exit__, None, None, None)


def worked(server: Server) -> float:
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


async def enrolled(server: Server, people: list[Person]) -> None:
    async with httpx2.AsyncClient(base_url=server.url, follow_redirects=True, timeout=30) as browser:
        found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/")).text)
        assert found is not None
        await browser.post("/demo", data={"csrf": found.group(1), "staff": STAFF, "next": "/"})
        for one in people:
            code = (await browser.post("/api/v1/enrolments")).json()["code"]
            one.says(f"/start {code}")
            assert await answered(one, 0), "nobody answers /start"


async def person(one: Person, number: int, line: Line) -> None:
    """Writes, waits for the answer, and writes again at her interval; every answer must be to what she wrote last."""
    await asyncio.sleep(EVERY * number / PEOPLE)
    for turn in range(ROUNDS):
        before, started_at = len(one.shown), time.perf_counter()
        one.says(MATTERS[(number + turn) % len(MATTERS)])
        if not await answered(one, before):
            line.lost += 1
            continue
        spent = time.perf_counter() - started_at
        line.taken.append(spent * 1000)
        await asyncio.sleep(max(0.1, EVERY - spent))
        plain = [m for m in one.shown[before:] if MARK not in m.text and not m.text.startswith(NOTE)]
        marked = [message for message in one.shown[before:] if MARK in message.text]
        line.doubled += max(0, len(plain) - 1) + max(0, len(marked) - 1)
    numbers = [message.id for message in one.chat.messages]
    line.out_of_order += int(numbers != sorted(numbers))


async def answered(one: Person, before: int) -> bool:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        if any(not message.text.startswith(NOTE) for message in one.shown[before:]):
            return True
        await asyncio.sleep(0.01)
    return False
