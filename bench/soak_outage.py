"""`lots serve` killed with SIGKILL in the middle of an outage, while six units in three roles note calls: in the end nothing of the log is lost or doubled.

`python -m bench.soak_outage 5` for fewer kills. Announcing and ending go through a kill as well: each person must be told of both exactly once.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx2

from bench.serving import LOTS
from bench.soak import Instance, attempt

KILLS = 12
STEP = 0.02
UNITS = (
    "vasternorrland-avd-medicin-sundsvall",
    "vasternorrland-avd-psykiatri-sundsvall",
    "vasternorrland-bistand-timra",
    "vasternorrland-hemsjukvard-sundsvall",
    "vasternorrland-hc-bergsbranten",
    "vasternorrland-psyk-oppen-sundsvall",
)
NUMBERS = [{"name": "Växeln", "phone": "0611-800 00"}, {"name": "Jouren", "phone": "070-174 06 26"}]


def main(kills: int = KILLS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance({**os.environ, "LOTS_DATA_DIR": folder})
        instance.start()
        keys = {unit: instance.key(unit) for unit in UNITS}
        administrator = administrator_key(instance)
        try:
            asyncio.run(worked(instance, keys, administrator, kills))
        finally:
            instance.kill()
        wrong = judged(Path(folder) / "lots.sqlite3", kills)
    print(
        f"{kills} kills, {kills * len(UNITS)} calls by {len(UNITS)} units: {wrong or 'nothing lost, nothing doubled'}"
    )
    if wrong:
        raise SystemExit(1)


def administrator_key(instance: Instance) -> dict[str, str]:
    command = [str(LOTS), "token", "--unit", UNITS[0], "--role", "unit_administrator"]
    done = subprocess.run(command, env=instance.env, capture_output=True, text=True, check=True)
    name, value = done.stdout.strip().splitlines()[-1].split(": ", 1)
    return {name: value}


async def worked(
    instance: Instance, keys: dict[str, dict[str, str]], administrator: dict[str, str], kills: int
) -> None:
    outage = await again(instance, announce(instance, administrator), lambda: announce(instance, administrator), 0.01)
    for number in range(kills):
        tries = [asyncio.create_task(attempt(call(instance, unit, key, number))) for unit, key in keys.items()]
        await asyncio.sleep(STEP * number)
        instance.kill()
        await asyncio.gather(*tries)
        instance.start()
        await asyncio.gather(*(call(instance, unit, key, number) for unit, key in keys.items()))
    await again(instance, end(instance, administrator, outage), lambda: end(instance, administrator, outage), 0.02)


async def again(
    instance: Instance, first: Coroutine[Any, Any, str], repeat: Callable[[], Coroutine[Any, Any, str]], wait: float
) -> str:
    """The deed cut off by a kill, and done again as a person would."""
    task = asyncio.create_task(attempt(first))
    await asyncio.sleep(wait)
    instance.kill()
    await task
    instance.start()
    return await repeat()


async def announce(instance: Instance, key: dict[str, str]) -> str:
    async with httpx2.AsyncClient(base_url=instance.url, headers=key, timeout=30) as client:
        made = (await client.post("/api/v1/outages", json={})).raise_for_status().json()
    return str(made["id"])


async def end(instance: Instance, key: dict[str, str], outage: str) -> str:
    async with httpx2.AsyncClient(base_url=instance.url, headers=key, timeout=30) as client:
        made = (await client.post(f"/api/v1/outages/{outage}/end", json={})).raise_for_status().json()
    return str(made["state"])


async def call(instance: Instance, unit: str, key: dict[str, str], number: int) -> None:
    """A call made, not reached, then reached: each step with a key of its own, the same when tried again."""
    name = f"{unit}-{number}"
    async with httpx2.AsyncClient(base_url=instance.url, headers=key, timeout=30) as client:
        body = {"numbers": NUMBERS, "said": f"Samtal {name}"}
        made = await client.post("/api/v1/calls", json=body, headers={"Idempotency-Key": name})
        path = f"/api/v1/calls/{made.raise_for_status().json()['id']}/notes"
        for step, outcome in enumerate(("not_reached", "reached")):
            note = {"outcome": outcome, "agreed": name}
            told = await client.post(path, json=note, headers={"Idempotency-Key": f"{name}-{step}"})
            told.raise_for_status()


def judged(file: Path, kills: int) -> dict[str, int]:
    """What the database says when all is over."""
    with sqlite3.connect(file) as db:
        calls = db.execute("select unit_id, outcome, tries, outage_id is not null from phone_call").fetchall()
        told = db.execute("select kind, count(*), count(distinct staff_id) from outage_notice group by kind").fetchall()
    by_unit = Counter(unit for unit, *_ in calls)
    wrong = {
        "lost": sum(max(0, kills - by_unit[unit]) for unit in UNITS),
        "doubled": sum(max(0, by_unit[unit] - kills) for unit in UNITS),
        "not as noted": sum((outcome, tries, down) != ("reached", 2, 1) for _, outcome, tries, down in calls),
        "told wrongly": sum(rows != people for _, rows, people in told) + abs(2 - len(told)),
    }
    return {what: count for what, count in wrong.items() if count}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
