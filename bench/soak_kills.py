"""`lots serve` killed with SIGKILL 200 times at random moments while many clients hand over, acknowledge, answer and forward; they retry with their keys.

On SQLite one process; on PostgreSQL two, one killed at a time. Afterwards: everything that was acknowledged is there once, nothing is
doubled, the audit's chain is whole, and each message that nobody answered was told as overdue exactly once, to its unit and its sender.
`python -m bench.soak_kills 20` for fewer kills, `python -m bench.soak_kills 20 sqlite 5` on one database and for five minutes at most.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from pydantic import SecretStr
from sqlmodel import col, func, select, update

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.events.service import EventType
from api.events.tables import EventRow
from api.messages.reminders import OVERDUE
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from bench.forking import Forked
from bench.handed import RECEIVER, SENDER, order
from bench.serving import LOTS
from bench.soak import LOG, postgres
from common.clock import SystemClock
from common.database import Database
from common.outbox import OutboxRow, OutboxState
from common.settings import Settings

KILLS: Final = 200
CLIENTS: Final = 5
SEED: Final = 7
MOST_ANSWERS: Final = 12
"""How many calls are answered between two kills, at most: so that it is the same on a slow machine."""
LONGEST_LIFE: Final = 5.0
MOMENT: Final = 0.05
YOUNG: Final = 0.15
"""The share of kills that come while the process is still starting."""
STARTING: Final = 1.5
PATIENCE: Final = 180.0
"""Seconds to wait for what is left when the last kill is over: work that a killed process held is free after a minute."""
ELSEWHERE: Final = "halland-vc-oskarstrom"
NOT_NOW: Final = frozenset({408, 429, 500, 502, 503, 504})


@dataclass
class Told:
    """What the clients were told, and what it took. `left` are messages that nobody will answer."""

    handed: dict[str, str] = field(default_factory=dict)
    deeds: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    tries: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    kills: int = 0
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Client:
    """Whoever calls, and calls again with the same key until there is an answer. With two processes the other one is asked next."""

    def __init__(self, urls: list[str], headers: dict[str, str], told: Told) -> None:
        self._doors = [httpx2.AsyncClient(base_url=url, headers=headers, timeout=20) for url in urls]
        self._told = told

    async def close(self) -> None:
        for door in self._doors:
            await door.aclose()

    async def post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        began = time.perf_counter()
        tried = 0
        while True:
            door = self._doors[tried % len(self._doors)]
            tried += 1
            try:
                answer = await door.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                self._doors.append(self._doors.pop(0)) if tried == 1 else await asyncio.sleep(0.05)
                continue
            if answer.status_code in NOT_NOW:
                await asyncio.sleep(0.05)
                continue
            self._told.tries[tried] += 1
            self._told.answered.set()
            self._told.longest = max(self._told.longest, time.perf_counter() - began)
            if answer.status_code not in (200, 201):
                self._told.refused.append(f"{path.rpartition('/')[2]} {answer.status_code} at try {tried}")
                return {}
            made: dict[str, Any] = answer.json()
            return made


def main(kills: int = KILLS, only: str = "", minutes: float = 60) -> bool:
    fine = True
    if only in ("", "sqlite"):
        with tempfile.TemporaryDirectory() as folder:
            fine &= soak("SQLite", folder, "", 1, kills, minutes)
    if only in ("", "postgres"):
        with postgres() as url, tempfile.TemporaryDirectory() as folder:
            fine &= soak("PostgreSQL", folder, url, 2, kills, minutes)
    return fine


def soak(name: str, folder: str, url: str, processes: int, kills: int, minutes: float) -> bool:
    env = {**os.environ, "LOTS_DATA_DIR": folder, "LOTS_LOG_LEVEL": "error", "LOTS_LIMIT_KEY": "10000000"}
    env |= {"LOTS_DATABASE_URL": url} if url else {}
    instances = [Forked(env) for _ in range(processes)]
    try:
        for instance in instances:
            instance.start()
        keys = {unit: instances[0].key(unit) for unit in (SENDER, RECEIVER)}
        settings = Settings(data_dir=Path(folder), database_url=SecretStr(url))
        wrong, told = asyncio.run(killed(instances, keys, settings, kills, minutes))
    except RuntimeError:
        print((Path(folder) / LOG).read_text("utf-8")[-2000:], file=sys.stderr)
        raise
    finally:
        for instance in instances:
            instance.close()
        if ended := sum(instance.ended for instance in instances):
            print(f"{name}: {ended} ended by themselves while starting", flush=True)
    verdict = subprocess.run([str(LOTS), "audit", "verify"], env=env, capture_output=True, text=True, check=False)
    wrong["audit not whole"] = verdict.returncode
    found = {what: count for what, count in wrong.items() if count}
    print(
        f"{name:11} {told.kills} kills of {processes} process(es), {len(told.handed)} messages, {len(told.deeds)} deeds,"
    )
    print(
        f"            {len(told.left)} told as overdue: {found or 'nothing lost, nothing doubled, told once, chain whole'}"
    )
    print(f"            tries {dict(sorted(told.tries.items()))}, the longest call {told.longest:.1f} s", flush=True)
    for line in [*told.refused[:5], *verdict.stderr.splitlines()[-2:]]:
        print(f"            {line}", flush=True)
    return not found


async def killed(
    instances: list[Forked], keys: dict[str, dict[str, str]], settings: Settings, kills: int, minutes: float
) -> tuple[Counter[str], Told]:
    told, over = Told(), asyncio.Event()
    urls = [instance.url for instance in instances]
    clients = [asyncio.create_task(work(n, urls, keys, told, over)) for n in range(CLIENTS)]
    db = Database(settings.url, busy_seconds=20)
    try:
        ripening = asyncio.create_task(ripen(db, told, over))
        told.kills = await kill_at_random(instances, told, kills, time.perf_counter() + 60 * minutes)
        over.set()
        await asyncio.gather(*clients, ripening)
        await make_due(db, told.left)
        await settled(db)
        return await judged(db, told), told
    finally:
        await db.close()


async def kill_at_random(instances: list[Forked], told: Told, kills: int, until: float) -> int:
    """How many there were, of a process at work or of one that was still starting."""
    chance = random.Random(SEED)
    done = 0
    while done < kills and time.perf_counter() < until:
        instance = instances[done % len(instances)]
        await answered(told, chance.randint(0, MOST_ANSWERS))
        await asyncio.sleep(chance.uniform(0, MOMENT))
        instance.kill()
        done += 1
        if chance.random() < YOUNG and done < kills:
            instance.begin()
            await asyncio.sleep(chance.uniform(0, STARTING))
            instance.kill()
            done += 1
        await asyncio.to_thread(instance.start)
    return done


async def answered(told: Told, more: int) -> None:
    """Until so many more calls are answered, or for a while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_LIFE):
            for _ in range(more):
                told.answered.clear()
                await told.answered.wait()


async def work(number: int, urls: list[str], keys: dict[str, dict[str, str]], told: Told, over: asyncio.Event) -> None:
    """One message after the other, each with something done to it, or left until it is overdue."""
    doors = urls[number % len(urls) :] + urls[: number % len(urls)]
    sender, receiver = Client(doors, keys[SENDER], told), Client(doors, keys[RECEIVER], told)
    turn = 0
    while not over.is_set():
        name = f"{number}-{turn}"
        made = await sender.post("/messages", order(f"Soak {name}"), name)
        if made:
            told.handed[name] = made["id"]
            await deed(turn % 4, receiver, made["id"], name, told)
        turn += 1
    await sender.close()
    await receiver.close()


async def deed(kind: int, receiver: Client, message: str, name: str, told: Told) -> None:
    match kind:
        case 0:
            what, made = "acknowledged", await receiver.post(f"/messages/{message}/acknowledgement", {}, f"k-{name}")
        case 1:
            body = {"text": f"Ja, {name}"}
            what, made = "answered", await receiver.post(f"/messages/{message}/answers", body, f"a-{name}")
        case 2:
            body = {"recipient_unit": ELSEWHERE, "reason": f"Hör dit, {name}"}
            what, made = "forwarded", await receiver.post(f"/messages/{message}/forwardings", body, f"f-{name}")
        case _:
            told.left.append(message)
            return
    if made:
        told.deeds[message] = what


async def ripen(db: Database, told: Told, over: asyncio.Event) -> None:
    """The time of what nobody answers comes while the kills go on."""
    done = 0
    while not over.is_set():
        await asyncio.sleep(1)
        ripe = told.left[done:]
        await make_due(db, ripe)
        done += len(ripe)


async def make_due(db: Database, messages: list[str]) -> None:
    now = SystemClock().now()
    for at in range(0, len(messages), 500):
        waiting = (col(OutboxRow.state) == OutboxState.WAITING) & (col(OutboxRow.kind) == OVERDUE)
        ours = col(OutboxRow.key).in_(messages[at : at + 500])
        async with db.write() as session:
            await session.exec(update(OutboxRow).where(waiting & ours).values(due_at=now))


async def settled(db: Database) -> None:
    """Until nothing that is due waits, and every row of the audit is sealed."""
    until = time.perf_counter() + PATIENCE
    due = select(func.count()).where(OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= SystemClock().now())
    unsealed = select(func.count()).where(col(AuditRow.seq).is_(None))
    while time.perf_counter() < until:
        async with db.read() as session:
            if not (await session.exec(due)).one() and not (await session.exec(unsealed)).one():
                return
        await asyncio.sleep(0.5)


async def judged(db: Database, told: Told) -> Counter[str]:
    async with db.read() as session:
        messages = (await session.exec(select(MessageRow.id))).all()
        received = (await session.exec(select(RecipientRow.message_id, RecipientRow.unit_id, RecipientRow.state))).all()
        entries = (await session.exec(select(EntryRow.message_id, EntryRow.kind))).all()
        events = (await session.exec(select(EventRow.message_id, EventRow.type, EventRow.unit_id))).all()
        handed = select(AuditRow.object_id).where(AuditRow.action == Action.HAND_OVER)
        noted = (await session.exec(handed)).all()
    states = {(message, unit): state for message, unit, state in received}
    done, told_of, audited = Counter(entries), Counter(events), Counter(noted)
    wanted = {told_of[message, EventType.OVERDUE, unit] for message in told.left for unit in (RECEIVER, SENDER)}
    overdue = [event for event in events if event[1] == EventType.OVERDUE]
    forwarded = [message for message, what in told.deeds.items() if what == "forwarded"]
    return Counter(
        {
            "lost": len(set(told.handed.values()) - set(messages)),
            "doubled": len(messages) - len(told.handed),
            "deeds lost": sum(states[message, RECEIVER] != what for message, what in told.deeds.items()),
            "forwarded not once": sum((message, ELSEWHERE) not in states for message in forwarded),
            "deeds doubled": sum(count - 1 for count in done.values()),
            "received not once": sum(told_of[message, EventType.RECEIVED, RECEIVER] != 1 for message in messages),
            "overdue not once": len(wanted - {1}) + abs(len(overdue) - 2 * len(told.left)),
            "audited not once": sum(audited[message] != 1 for message in messages),
            "refused": len(told.refused),
        }
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(not main(int(given[0]) if given else KILLS, "".join(given[1:2]), float(given[2]) if given[2:] else 60))
