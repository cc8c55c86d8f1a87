"""A chat turn over HTTP with 50 people who each write every 10 seconds, spread, beside an empty FastAPI route under the same load."""

import asyncio
import json
import statistics
import time
from pathlib import Path

import httpx2

from bench.serving import bare_server, lots_server, token

PEOPLE = 50
EVERY = 10.0
ROUNDS = 6
TARGET = 5.0
UNIT = "halland-hemsjukvard-falkenberg"
EXAMPLES = Path(__file__).parents[1] / "tests" / "cases" / "examples"


def main() -> None:
    texts = [
        json.loads(line)["text"]
        for path in sorted(EXAMPLES.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line
    ]
    with bare_server() as peer:
        theirs = asyncio.run(load(peer.url, "/empty", texts, {}))
    with lots_server() as server:
        headers = {"Authorization": f"Bearer {token(server, UNIT)}"}
        ours = asyncio.run(load(server.url, "/api/v1/chat/{person}/events", texts, headers))
        memory = server.memory()
    report("empty route", theirs)
    report("chat turn", ours)
    print(f"p95 ratio {p95(ours) / p95(theirs):.2f} (target at most {TARGET}); memory after the load {memory:.0f} MB")


async def load(url: str, path: str, texts: list[str], headers: dict[str, str]) -> list[float]:
    """Milliseconds a turn. People start spread over the interval and then write at it."""
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        people = (person(client, path.format(person=f"bench-{n:02d}"), n, texts) for n in range(PEOPLE))
        return [taken for one in await asyncio.gather(*people) for taken in one]


async def person(client: httpx2.AsyncClient, path: str, number: int, texts: list[str]) -> list[float]:
    taken: list[float] = []
    await asyncio.sleep(EVERY * number / PEOPLE)
    for turn in range(ROUNDS):
        body = {"message_id": f"{number}-{turn}", "text": texts[(number * ROUNDS + turn) % len(texts)]}
        if turn % 2:
            body = {"message_id": f"{number}-{turn}", "command": "restart"}
        started = time.perf_counter()
        answer = await client.post(path, json=body)
        spent = time.perf_counter() - started
        answer.raise_for_status()
        taken.append(spent * 1000)
        await asyncio.sleep(max(0.0, EVERY - spent))
    return taken


def p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95) - 1]


def report(name: str, taken: list[float]) -> None:
    print(
        f"{name:14} {len(taken)} turns  median {statistics.median(taken):7.2f} ms  p95 {p95(taken):7.2f} ms  worst {max(taken):7.2f} ms"
    )
