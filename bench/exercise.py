"""A live exercise with 300 participants on two processes and PostgreSQL, beside an empty page of the same house under the same load; a soak, in no CI.

People join over half a minute and vote over ten seconds; when the trainer goes on, everyone who follows the stream fetches the page.
A tenth of the connections are dropped and come back by code at the other process; one process is killed in the middle of a vote, and
its people go to the other one and send their answer again if they never heard that it counted. In the end every answer that someone was told
counted must be in the database, once. A third of them take part from the chat over HTTP, each with a key of her own. `python -m bench.exercise 30` for fewer people.
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

from api.exercise.material import Shelf
from api.exercise.news import EACH_MILLISECONDS
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from api.staff.secrets import digest
from api.staff.tables import ApiKeyRow, MembershipRow, StaffRow
from bench.soak import SENDER, Instance, postgres
from common.clock import SystemClock
from common.crypto import FILE_NAME, Cipher, Keys
from common.database import Database
from common.ids import new_id, new_token
from knowledge.bundle import load_knowledge

PEOPLE = 300
JOINING, VOTING = 30.0, 10.0
"""Seconds over which people join, and answer."""
DROPPED = 0.1
TARGET = 5.0
TRAINER = "petra-lang"
SCENARIOS = ("h24-sova-gott", "h24-nagot-lugnande")
SEED = 7
IN_CHAT = 3
"""Every third takes part from the chat."""
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
class ChatParticipant(Participant):
    """She takes part from the chat: a message at a time, and the buttons that came with the last one. `told` holds letters."""

    key: str = field(default="", repr=False)
    turn: int = 0

    @property
    def staff_id(self) -> str:
        return staff_id(self.number)

    async def say(self, kind: str, **event: str) -> tuple[str, dict[str, str]]:
        """What Lots said, and the buttons: label → id."""
        self.turn += 1
        body = {"message_id": f"m-{self.turn}", **event}
        path = f"/api/v1/chat/exercise-{self.number}/events"
        answer = await self.timed(kind, lambda: self.client.post(path, json=body))
        replies = answer.raise_for_status().json()["replies"]
        choices = {choice["label"]: choice["id"] for reply in replies for choice in reply["choices"]}
        return "\n".join(reply["text"] for reply in replies), choices

    async def page(self, kind: str) -> str:
        return (await self.say(f"chat {kind}", text="visa"))[0]

    async def join(self) -> None:
        await self.move(str(self.client.base_url))
        said, _ = await self.say("chat join", text=f"gå med i övning {self.code} som Fågel {self.number}")
        assert f"Välkommen, Fågel {self.number}!" in said, said

    async def come_back(self, url: str) -> None:
        await self.move(url)
        await self.say("chat leave", text="lämna övningen")
        said, _ = await self.say("chat back", text=f"delta {self.code}")
        assert f"Välkommen, Fågel {self.number}!" in said, "came back as someone else"

    async def move(self, url: str) -> None:
        await self.client.aclose()
        self.client = client_of(url)
        self.client.headers["authorization"] = f"Bearer {self.key}"

    async def vote(self, rng: random.Random) -> None:
        shown, choices = await self.say("chat page", text="visa")
        label = rng.choice([label for label in choices if re.match(r"[A-Z]\. ", label)])
        said, _ = await self.say("chat vote", choice=choices[label])
        assert "Ditt svar är räknat" in said, said
        place = int(found(r"Fråga (\d+) av", shown)) - 1
        self.told[place, 2 if "Rösta igen" in shown else 1] = label[0]


def staff_id(number: int) -> str:
    return f"exercise-{number}"


async def keys(url: str, count: int) -> dict[int, str]:
    """A member of staff and her key for each who takes part from the chat."""
    made = {number: new_token() for number in range(0, count, IN_CHAT)}
    db, now = Database(url), SystemClock().now()
    async with db.write() as session:
        session.add_all([StaffRow(id=staff_id(number), name="Demo", demo=True) for number in made])
        await session.flush()
        for number, key in made.items():
            who = staff_id(number)
            session.add(MembershipRow(staff_id=who, unit_id=SENDER, role="staff", chosen_at=now))
            session.add(ApiKeyRow(id=new_id(), hash=digest(key), name="bench", staff_id=who, created_at=now))
    await db.close()
    return made


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


async def exercise(
    first: Instance, second: Instance, count: int, times: Times, chatting: dict[int, str]
) -> list[Participant]:
    rng = random.Random(SEED)
    trainer = Trainer(client_of(first.url))
    code = await trainer.begin()
    people: list[Participant] = []
    for number in range(count):
        client, key = client_of((first, second)[number % 2].url), chatting.get(number)
        people.append(
            Participant(number, client, times, code)
            if key is None
            else ChatParticipant(number, client, times, code, key=key)
        )
    share = min(1.0, count / PEOPLE)
    await spread(people, JOINING * share, lambda who: who.join())
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


async def seat_chats(url: str, cipher: Cipher, people: list[Participant]) -> None:
    """What chats do not tell is looked up afterwards: whose seat it was, and which options the letters stand for."""
    db = Database(url)
    async with db.read() as session:
        row = (await session.exec(select(ExerciseRow))).one()
        seats = {one.door: one.id for one in await session.exec(select(ParticipantRow))}
    await db.close()
    asked = Shelf(load_knowledge()).of(row)
    for who in people:
        if isinstance(who, ChatParticipant):
            who.seat = seats[cipher.lookup(f"exercise-door:staff:{who.staff_id}")]
            for at, letter in who.told.items():
                options = {sign: option for option, sign in asked[at[0]].letters.items()}
                who.told[at] = options[letter]


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
            people = asyncio.run(exercise(first, second, count, ours, asyncio.run(keys(url, count))))
        finally:
            for one in (first, second):
                one.kill()
        cipher = Cipher(Keys.load(Path(folder) / FILE_NAME))
        asyncio.run(seat_chats(url, cipher, people))
        missing = asyncio.run(lost(url, people))
    good = missing == 0
    for kind in ("join", "vote", "reveal"):
        mine, its = p95(ours[kind]), p95(theirs[kind])
        good = good and mine / its <= TARGET
        print(
            f"{kind:7} {len(ours[kind]):5} calls  p95 {mine:7.1f} ms  empty page {its:7.1f} ms  ratio {mine / its:.2f} (target at most {TARGET})"
        )
    for kind in ("chat join", "chat vote", "chat reveal"):
        print(f"{kind:11} {len(ours[kind]):5} calls  p95 {p95(ours[kind]):7.1f} ms")
    print(f"{missing} answers lost (target 0)", flush=True)
    return good


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, int(len(times) * 0.95) - 1)]


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
