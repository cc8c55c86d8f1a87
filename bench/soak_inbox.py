"""The inbox's first page over HTTP with 1,000,000 messages in 2,000 units, beside 10,000 messages in 20: as full a page, on PostgreSQL.

`python -m bench.soak_inbox 50000 100 200` for less: messages, units, pages asked for. Both databases lie on one server and are asked in turns.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
from pydantic import SecretStr

from api.authorisation import Role
from api.staff.service import issue_key
from bench.filling import fill, units
from bench.handover import another, durable
from bench.soak import postgres
from commands.house import House, open_house
from common.clock import SystemClock
from common.log import configure
from common.settings import Settings

MESSAGES, UNITS = 1_000_000, 2_000
FEWER = 100
"""How many times smaller the other database is."""
ASKED = 2_000
WARM = 50
TARGET = 1.5
SEED = 7
Page = tuple[str, dict[str, str]]


def main(messages: int = MESSAGES, number_of_units: int = UNITS, pages: int = ASKED) -> bool:
    configure("error")
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        durable(server)
        small, large = another(server, "small"), another(server, "large")
        return asyncio.run(compare(Path(folder), small, large, messages, number_of_units, pages))


async def compare(folder: Path, small: str, large: str, messages: int, number_of_units: int, pages: int) -> bool:
    async with AsyncExitStack() as stack:
        fewer = max(2, number_of_units // FEWER)
        sides = []
        for name, url, many, to in (
            ("small", small, messages // FEWER, fewer),
            ("large", large, messages, number_of_units),
        ):
            (folder / name).mkdir()
            settings = Settings(data_dir=folder / name, database_url=SecretStr(url))
            house = await stack.enter_async_context(open_house(settings, SystemClock()))
            sides.append(await side(stack, house, many, to))
        taken = await ask(sides, pages)
    p99 = [sorted(one)[int(len(one) * 0.99) - 1] for one in taken]
    for many, one, last in zip((messages // FEWER, messages), taken, p99, strict=True):
        print(f"{many:9,} messages  first page median {statistics.median(one):6.2f} ms  p99 {last:6.2f} ms")
    print(f"p99 ratio {p99[1] / p99[0]:.2f} (target at most {TARGET})", flush=True)
    return p99[1] / p99[0] <= TARGET


async def side(
    stack: AsyncExitStack, house: House, messages: int, number_of_units: int
) -> tuple[httpx2.AsyncClient, list[Page]]:
    """A client of this house, and the pages it may ask for."""
    began = time.perf_counter()
    to = await units(house.api, number_of_units)
    await asyncio.to_thread(fill, house.api, to, messages)
    print(
        f"{messages:9,} messages in {number_of_units} units put in in {time.perf_counter() - began:.0f} s", flush=True
    )
    inside = httpx2.ASGITransport(app=house.app)
    client = await stack.enter_async_context(httpx2.AsyncClient(transport=inside, base_url="http://bench"))
    pages = []
    for unit in random.Random(SEED).sample(to, min(len(to), 50)):
        key = await issue_key(house.api, name="bench", unit_id=unit, role=Role.STAFF)
        pages.append((f"/api/v1/units/{unit}/inbox", {"Authorization": f"Bearer {key}"}))
    return client, pages


async def ask(sides: list[tuple[httpx2.AsyncClient, list[Page]]], number_of_pages: int) -> list[list[float]]:
    """Milliseconds a page for each side, one page at a time, in turns."""
    taken: list[list[float]] = [[] for _ in sides]
    rng = random.Random(SEED)
    for number in range(WARM + number_of_pages):
        for (client, pages), times in zip(sides, taken, strict=True):
            path, headers = rng.choice(pages)
            began = time.perf_counter()
            answer = await client.get(path, headers=headers)
            spent = time.perf_counter() - began
            answer.raise_for_status()
            if number >= WARM:
                times.append(spent * 1000)
    return taken


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
