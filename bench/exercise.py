"""A live exercise with 300 participants on two processes and PostgreSQL, beside an empty page of the same house under the same load; a soak, in no CI.

People join over half a minute and vote over ten seconds; when the trainer goes on, everyone who follows the stream fetches the page.
A tenth of the connections are dropped and come back by code at the other process; one process is killed in the middle of a vote, and
its people go to the other one and send their answer again if they never heard that it counted. In the end every answer that someone was told
counted must be in the database, once. `python -m bench.exercise 30` for fewer people.
"""

import asyncio
import html
import os
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from sqlmodel import select

from api.exercise.news import EACH_MILLISECONDS
from api.exercise.tables import VoteRow
from bench.soak import Instance, postgres
from common.database import Database

PEOPLE = 300
JOINING, VOTING = 30.0, 10.0
"""Seconds over which people join, and answer."""
DROPPED = 0.1
TARGET = 5.0
TRAINER = "petra-lang"
SCENARIOS = ("h24-sova-gott", "h24-nagot-lugnande")
SEED = 7
PATIENCE = 60.0
Times = dict[str, list[float]]
Call = Callable[[], Awaitable[httpx2.Response]]


def client_of(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=PATIENCE)


@dataclass
class Participant:
    number: int
    client: httpx2.AsyncClient
    times: Times
    code: str
    seat: str = ""
    rejoin: str = ""
    told: dict[tuple[int, int], str] = field(default_factory=dict)
    """(question, round) → the option that she was told counted."""
    repeats: int = 0

    async def timed(self, kind: str, call: Call) -> httpx2.Response:
        began = time.perf_counter()
        answer = await call()
        self.times[kind].append((time.perf_counter() - began) * 1000)
        return answer

    async def page(self, kind: str) -> str:
        at = f"/ovning/{self.code}?seat={self.seat}"
        return (await self.timed(kind, lambda: self.client.get(at))).raise_for_status().text

    async def join(self) -> None:
        at = f"/ovning/{self.code}"
        page = (await self.client.get(at)).raise_for_status().text
        data = {"csrf": hidden(page, "csrf"), "nickname": f"Fågel {self.number}"}
        answer = await self.timed("join", lambda: self.client.post(f"{at}/join", data=data))
        assert answer.status_code == 303, answer.text
        self.seat = answer.headers["location"].partition("seat=")[2]
        self.rejoin = found(r'exercise-rejoin">(\w+)<', await self.page("page"))

    async def come_back(self, url: str) -> None:
        """On a new connection, without a cookie, by the code alone."""
        await self.client.aclose()
        self.client = client_of(url)
        at = f"/ovning/{self.code}"
        page = (await self.client.get(at)).raise_for_status().text
        answer = await self.client.post(f"{at}/back", data={"csrf": hidden(page, "csrf"), "rejoin": self.rejoin})
        assert answer.headers["location"].endswith(self.seat), "came back as someone else"

    async def move(self, url: str) -> None:
        """To another process with the same cookies, as behind a load balancer."""
        cookies = {cookie.name: cookie.value or "" for cookie in self.client.cookies.jar}
        await self.client.aclose()
        self.client = client_of(url)
        for name, value in cookies.items():
            self.client.cookies.set(name, value)

    async def vote(self, rng: random.Random) -> None:
        page = await self.page("page")
        options = re.findall(r'name="option" value="(\w+)"', page)
        assert options, "no vote is open"
        option, form = rng.choice(options), page.partition('class="exercise-vote"')[2]
        data = {name: hidden(form, name) for name in ("csrf", "seat", "place", "round")} | {"option": option}
        path = f"/ovning/{self.code}/vote"
        answer = await self.timed("vote", lambda: self.client.post(path, data=data))
        assert answer.status_code == 303
        assert "flash" not in answer.headers.get("set-cookie", ""), "the answer did not count"
        self.told[int(data["place"]), int(data["round"])] = option


@dataclass
class Trainer:
    client: httpx2.AsyncClient
    path: str = ""

    async def begin(self) -> str:
        """The code to join by."""
        page = (await self.client.get("/")).text
        await self.client.post("/demo", data={"csrf": hidden(page, "csrf"), "staff": TRAINER})
        page = (await self.client.get("/exercises/new?pack=halland-2024")).raise_for_status().text
        data = {"csrf": hidden(page, "csrf"), "pack": "halland-2024", "scenario": list(SCENARIOS)}
        answer = await self.client.post("/exercises", data=data)
        self.path = answer.headers["location"]
        return found(r"/ovning/(\d+)/", (await self.client.get(self.path)).text)

    async def act(self, act: str) -> None:
        page = (await self.client.get(self.path)).raise_for_status().text
        data = {"csrf": hidden(page, "csrf"), "seen": hidden(page, "seen"), "act": act}
        await self.client.post(f"{self.path}/act", data=data)


def hidden(page: str, name: str) -> str:
    return html.unescape(found(rf'name="{name}" value="([^"]*)"', page))


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, f"{pattern} is not on the page"
    return match[1]


async def spread(people: list[Participant], seconds: float, deed: Callable[[Participant], Awaitable[None]]) -> None:
    """Everyone does it at a moment of her own."""

    async def one(place: int, who: Participant) -> None:
        await asyncio.sleep(seconds * place / len(people))
        await deed(who)

    await asyncio.gather(*(one(place, who) for place, who in enumerate(people)))


async def nudged(people: list[Participant], go_on: Callable[[], Awaitable[None]]) -> None:
    """Everyone follows the stream and fetches the page as soon as it says that there is something new."""
    ready = [asyncio.Event() for _ in people]

    async def follow(who: Participant, heard: asyncio.Event) -> None:
        async with who.client.stream("GET", f"/ovning/{who.code}/stream") as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                if heard.is_set():
                    break
                heard.set()
        await who.page("reveal")

    tasks = [asyncio.create_task(follow(who, event)) for who, event in zip(people, ready, strict=True)]
    await asyncio.gather(*(event.wait() for event in ready))
    await go_on()
    await asyncio.gather(*tasks)


async def exercise(first: Instance, second: Instance, count: int, times: Times) -> list[Participant]:
    rng = random.Random(SEED)
    trainer = Trainer(client_of(first.url))
    code = await trainer.begin()
    people = [Participant(number, client_of((first, second)[number % 2].url), times, code) for number in range(count)]
    share = min(1.0, count / PEOPLE)
    await spread(people, JOINING * share, Participant.join)
    await trainer.act("next")
    await spread(people, VOTING * share, lambda who: who.vote(rng))
    for who in rng.sample(people, max(1, int(count * DROPPED))):
        await who.come_back((second, first)[who.number % 2].url)
    for act in ("next", "again"):
        await trainer.act(act)
    await spread(people, VOTING * share, lambda who: who.vote(rng))
    await nudged(people, lambda: trainer.act("next"))
    await nudged(people, lambda: trainer.act("next"))
    await trainer.act("next")
    await with_a_kill(second, first, people, rng, VOTING * share)
    await trainer.act("next")
    await nudged(people, lambda: trainer.act("next"))
    for who in people:
        await who.client.aclose()
    await trainer.client.aclose()
    return people


async def with_a_kill(
    victim: Instance, other: Instance, people: list[Participant], rng: random.Random, seconds: float
) -> None:
    """The process dies in the middle of the vote. Whoever got no answer goes to the other one and answers again."""
    unmeasured: Times = defaultdict(list)

    async def vote(who: Participant) -> None:
        measured, who.times = who.times, unmeasured
        try:
            await who.vote(rng)
        except httpx2.TransportError:
            who.repeats += 1
            await who.move(other.url)
            await who.vote(rng)
        finally:
            who.times = measured

    voting = asyncio.create_task(spread(people, seconds, vote))
    await asyncio.sleep(seconds / 2)
    victim.kill()
    await voting
    for who in people:
        if str(who.client.base_url).rstrip("/") == victim.url:
            await who.move(other.url)


async def empty_page(urls: tuple[str, str], count: int) -> Times:
    """The same calls at the same moments to the same processes, for a page with nothing on it and a form that changes nothing."""
    times: Times = defaultdict(list)
    people = [Participant(number, client_of(urls[number % 2]), times, "") for number in range(count)]
    share = min(1.0, count / PEOPLE)

    async def get(who: Participant, kind: str) -> str:
        return (await who.timed(kind, lambda: who.client.get("/ovning"))).raise_for_status().text

    async def post(who: Participant, kind: str) -> None:
        data = {"csrf": hidden(await get(who, "page"), "csrf"), "language": "sv", "back": "/ovning"}
        answer = await who.timed(kind, lambda: who.client.post("/language", data=data))
        assert answer.status_code == 303
        await get(who, "page")

    await spread(people, JOINING * share, lambda who: post(who, "join"))
    for _ in range(2):
        await spread(people, VOTING * share, lambda who: post(who, "vote"))
    rng = random.Random(SEED)
    for _ in range(3):
        moments = [rng.random() * EACH_MILLISECONDS * count / 2000 for _ in people]
        await asyncio.gather(*(at(moment, who, get) for moment, who in zip(moments, people, strict=True)))
    for who in people:
        await who.client.aclose()
    return times


async def at(moment: float, who: Participant, get: Callable[[Participant, str], Awaitable[str]]) -> None:
    await asyncio.sleep(moment)
    await get(who, "reveal")


async def lost(url: str, people: list[Participant]) -> int:
    """Answers that someone was told counted and that are not there."""
    db = Database(url)
    async with db.read() as session:
        kept = {(one.participant_id, one.place, one.round): one.option for one in await session.exec(select(VoteRow))}
    await db.close()
    told = {(who.seat, *at): option for who in people for at, option in who.told.items()}
    print(f"{len(told)} answers told to count, {len(kept)} kept, {sum(who.repeats for who in people)} sent again")
    return sum(kept.get(name) != option for name, option in told.items()) + abs(len(kept) - len(told))


def main(count: int = PEOPLE) -> bool:
    ours: Times = defaultdict(list)
    with postgres() as url, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LOTS_DATA_DIR": folder, "LOTS_DATABASE_URL": url}
        Path(folder).chmod(0o700)
        first, second = Instance(env), Instance(env)
        first.start()
        second.start()
        try:
            theirs = asyncio.run(empty_page((first.url, second.url), count))
            people = asyncio.run(exercise(first, second, count, ours))
        finally:
            first.kill()
        missing = asyncio.run(lost(url, people))
    good = missing == 0
    for kind in ("join", "vote", "reveal"):
        mine, its = p95(ours[kind]), p95(theirs[kind])
        good = good and mine / its <= TARGET
        print(
            f"{kind:7} {len(ours[kind]):5} calls  p95 {mine:7.1f} ms  empty page {its:7.1f} ms  ratio {mine / its:.2f} (target at most {TARGET})"
        )
    print(f"{missing} answers lost (target 0)", flush=True)
    return good


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, int(len(times) * 0.95) - 1)]


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
