"""Resident memory of one `lots serve` while it answers 100,000 requests of every common kind: flat within ten per cent after the first tenth.

`python -m bench.soak_memory 5000` for fewer.
"""

import asyncio
import sys
from itertools import count

import httpx2

from bench.handed import RECEIVER, SENDER, order
from bench.serving import Server, lots_server, token

REQUESTS = 100_000
CLIENTS = 6
LOOKS = 10
FLAT = 0.10
PEOPLE = 40
SAID = "Levaxin är slut om två veckor för en kvinna som vi delar dosett åt, går det att förnya?"


def main(requests: int = REQUESTS) -> bool:
    with lots_server(LOTS_LOG_LEVEL="error", LOTS_LIMIT_KEY="10000000") as server:
        sender, receiver = token(server, SENDER), token(server, RECEIVER)
        seen = asyncio.run(look_while_asking(server, sender, receiver, requests))
    first, *later = seen
    most = max(abs(each - first) / first for each in later)
    print(f"{requests:,} requests  memory after each tenth (MB): {', '.join(f'{each:.0f}' for each in seen)}")
    print(f"farthest from the first: {most:.0%} (target within {FLAT:.0%})", flush=True)
    return most <= FLAT


async def look_while_asking(server: Server, sender: str, receiver: str, requests: int) -> list[float]:
    numbers = count()
    seen = []
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
        for _ in range(LOOKS):
            asking = [ask(client, numbers, sender, receiver, requests // LOOKS // CLIENTS) for _ in range(CLIENTS)]
            await asyncio.gather(*asking)
            seen.append(server.memory())
    return seen


async def ask(client: httpx2.AsyncClient, numbers: "count[int]", sender: str, receiver: str, times: int) -> None:
    for _ in range(times):
        answer = await one(
            client, next(numbers), {"Authorization": f"Bearer {sender}"}, {"Authorization": f"Bearer {receiver}"}
        )
        if answer.status_code >= 400:
            raise SystemExit(f"{answer.request.method} {answer.request.url.path}: {answer.status_code}")


async def one(client: httpx2.AsyncClient, number: int, mine: dict[str, str], theirs: dict[str, str]) -> httpx2.Response:
    """One of the things that are asked of a server all day long."""
    match number % 10:
        case 0:
            return await client.post(
                "/api/v1/messages", json=order(f"Levaxin {number}"), headers={**mine, "Idempotency-Key": f"m-{number}"}
            )
        case 1 | 2:
            return await client.get(f"/api/v1/units/{RECEIVER}/inbox", headers=theirs)
        case 3:
            return await client.get(f"/api/v1/units/{SENDER}/sent", headers=mine)
        case 4 | 5:
            said = {"text": SAID} if number % 20 < 10 else {"command": "restart"}
            path = f"/api/v1/chat/memory-{number // 20 % PEOPLE}/events"
            return await client.post(path, json={"message_id": str(number), **said}, headers=mine)
        case 6:
            return await client.get("/api/v1/units", params={"query": "ekliden"}, headers=mine)
        case 7:
            return await client.get("/api/v1/metrics")
        case _:
            return await client.get("/api/v1/me", headers=mine)


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
