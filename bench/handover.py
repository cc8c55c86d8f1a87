"""Durable handovers a second of one process, on SQLite and PostgreSQL, beside a bare FastAPI + SQLAlchemy endpoint that writes the same rows.

The peer neither checks nor seals anything. Both are asked by the same clients, in turns, so that a noisy machine troubles both.
"""

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx2
import psycopg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from bench.handed import Captured, order, prepare
from bench.serving import LOTS, Server, free_port, started
from bench.soak import postgres
from common.settings import Settings

CLIENTS = 8
SECONDS = 4.0
ROUNDS = 3
TARGET = 0.6
DISK_TRIES = 50


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "lots", Path(folder) / "peer"
        ours.mkdir()
        captured = asyncio.run(prepare(Settings(data_dir=ours)))
        shutil.copytree(ours, theirs)
        captured.save(theirs / "rows.json")
        url = f"sqlite+aiosqlite:///{theirs / 'lots.sqlite3'}"
        print(f"{len(captured.rows)} rows a handover; an empty durable write takes {disk(Path(folder)):.2f} ms here")
        compare("SQLite", captured, ours, {}, theirs, url)
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        durable(server)
        data = Path(folder)
        captured = asyncio.run(prepare(Settings(data_dir=data, database_url=SecretStr(server))))
        captured.save(data / "rows.json")
        compare("PostgreSQL", captured, data, {"LOTS_DATABASE_URL": server}, data, copy_of(server))


def compare(name: str, captured: Captured, ours: Path, settings: dict[str, str], theirs: Path, their_url: str) -> None:
    port = free_port()
    env = {**os.environ, "LOTS_DATA_DIR": str(ours), "LOTS_LOG_LEVEL": "warning", **settings}
    with started([str(LOTS), "serve", "--port", str(port)], port, env, ours) as lots, peer(theirs, their_url) as bare:
        numbers = count()
        rates: dict[str, list[float]] = {"lots": [], "peer": []}
        for _ in range(ROUNDS):
            for who, server in (("lots", lots), ("peer", bare)):
                rates[who].append(asyncio.run(load(server.url, captured.key, numbers)))
    lots_rate, bare_rate = statistics.median(rates["lots"]), statistics.median(rates["peer"])
    print(
        f"{name:11} lots {lots_rate:7.1f}/s  bare endpoint {bare_rate:7.1f}/s  "
        f"ratio {lots_rate / bare_rate:.2f} (target at least {TARGET})",
        flush=True,
    )


@contextmanager
def peer(folder: Path, url: str) -> Iterator[Server]:
    port = free_port()
    env = {**os.environ, "BENCH_URL": url, "BENCH_ROWS": str(folder / "rows.json")}
    command = [sys.executable, "-m", "uvicorn", "bench.peer:writing", "--factory", "--port", str(port)]
    with started([*command, "--log-level", "warning"], port, env, folder) as server:
        yield server


async def load(url: str, key: str, numbers: "count[int]") -> float:
    """Handovers a second with a few clients that each wait for their answer."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        await client.post("/api/v1/messages", json=order(), headers={"Idempotency-Key": f"warm-{next(numbers)}"})
        begun = time.perf_counter()
        done = await asyncio.gather(*(one(client, numbers, begun + SECONDS) for _ in range(CLIENTS)))
        return sum(done) / (time.perf_counter() - begun)


async def one(client: httpx2.AsyncClient, numbers: "count[int]", until: float) -> int:
    done = 0
    while time.perf_counter() < until:
        number = next(numbers)
        body = order(f"Levaxin {number}")
        answer = await client.post("/api/v1/messages", json=body, headers={"Idempotency-Key": f"bench-{number}"})
        answer.raise_for_status()
        done += 1
    return done


def durable(url: str) -> None:
    """The tests' server does without the disk; this one must not."""
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = on")
        connection.execute("SELECT pg_reload_conf()")


def copy_of(url: str) -> str:
    """Another database on the same server, with the same in it."""
    return another(url, "peer", template=make_url(url).database or "")


def another(url: str, name: str, template: str = "template1") -> str:
    """A database of this name on the same server; empty, or like another."""
    source = make_url(url)
    other = source.set(database="postgres" if template == "template1" else "template1")
    with psycopg.connect(_plain(other.render_as_string(hide_password=False)), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return source.set(database=name).render_as_string(hide_password=False)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def disk(folder: Path) -> float:
    """The median of writing a page so that it stays, in milliseconds."""
    taken = []
    with (folder / "page").open("wb", buffering=0) as file:
        for _ in range(DISK_TRIES):
            begun = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
