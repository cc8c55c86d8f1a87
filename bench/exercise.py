"""A live exercise with 300 participants on two processes and PostgreSQL, beside an empty page of the same house under the same load; a soak, in no CI.

People join over half a minute and vote over ten seconds; when the trainer goes on, everyone who follows the stream fetches the page.
A tenth of the connections are dropped and come back by code at the other process; one process is killed in the middle of a vote, and
its people go to the other one and send their answer again if they never heard that it counted. In the end every answer that someone was told
counted must be in the database, once. A third of them take part from the chat over HTTP, each with a key of her own: they see the trainer go on
and ask within some seconds. The empty page is asked for as many times at the same moments, and now and then during the exercise itself. `python -m bench.exercise 30` for fewer people.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlmodel import select

from api.exercise.material import Shelf
from api.exercise.news import moment
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from api.staff.secrets import digest
from api.staff.tables import ApiKeyRow, MembershipRow, StaffRow
from bench.calls import Dropped, Line
from bench.exercise_people import ChatParticipant, Participant, Times, Trainer, hidden, staff_id
from bench.soak import SENDER, Instance, postgres
from common.clock import SystemClock
from common.crypto import FILE_NAME, Cipher, Keys
from common.database import Database
from common.ids import new_id, new_token
from knowledge.bundle import load_knowledge

PEOPLE = 300
JOINING, VOTING, LOOKING = 30.0, 10.0, 5.0
"""Seconds over which people join, answer, and ask in the chat for what the trainer shows."""
LOOK_IN = 0.2
"""Seconds between looks at an empty page during the exercise."""
DROPPED = 0.1
TARGET = 5.0
SEED = 7
IN_CHAT = 3
"""Every third takes part from the chat."""
KINDS = ("join", "vote", "reveal")


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


async def spread(people: list[Participant], seconds: float, deed: Callable[[Participant], Awaitable[None]]) -> None:
    """Everyone does it at a moment of her own."""

    async def one(place: int, who: Participant) -> None:
        await asyncio.sleep(seconds * place / len(people))
        await deed(who)

    await asyncio.gather(*(one(place, who) for place, who in enumerate(people)))


async def nudged(people: list[Participant], go_on: Callable[[], Awaitable[None]]) -> None:
    """Whoever has a browser follows the stream and fetches the page as soon as it says that there is something new; in the chat people ask."""
    browsers = [who for who in people if not isinstance(who, ChatParticipant)]
    chats: list[Participant] = [who for who in people if isinstance(who, ChatParticipant)]
    ready = [asyncio.Event() for _ in browsers]
    gone_on = asyncio.Event()

    async def follow(who: Participant, heard: asyncio.Event) -> None:
        async for _ in who.line.events(f"/ovning/{who.code}/stream"):
            if heard.is_set():
                break
            heard.set()
        await who.page("reveal")
        who.times["shown"].append((time.perf_counter() - began) * 1000)

    async def look(who: Participant) -> None:
        await who.page("reveal")

    async def ask() -> None:
        await gone_on.wait()
        await spread(chats, LOOKING * len(people) / PEOPLE, look)

    tasks = [asyncio.create_task(follow(who, event)) for who, event in zip(browsers, ready, strict=True)]
    tasks.append(asyncio.create_task(ask()))
    await asyncio.gather(*(event.wait() for event in ready))
    began = time.perf_counter()
    await go_on()
    gone_on.set()
    await asyncio.gather(*tasks)


async def exercise(
    first: Instance, second: Instance, count: int, times: Times, chatting: dict[int, str]
) -> list[Participant]:
    rng = random.Random(SEED)
    trainer = Trainer(Line(first.url))
    code = await trainer.begin()
    people = [
        (ChatParticipant if number in chatting else Participant)(
            number, Line((first, second)[number % 2].url, chatting.get(number, "")), times, code
        )
        for number in range(count)
    ]
    share = count / PEOPLE
    looking = asyncio.create_task(look_in((first.url, second.url), times))
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
    looking.cancel()
    await trainer.act("next")
    await with_a_kill(second, first, people, rng, VOTING * share)
    await trainer.act("next")
    await nudged(people, lambda: trainer.act("next"))
    for who in people:
        who.line.close()
    trainer.line.close()
    return people


async def look_in(urls: tuple[str, str], times: Times) -> None:
    """Somebody who looks at an empty page while the exercise goes on."""
    lookers = [Participant(0, Line(url), times, "") for url in urls]
    while True:
        for who in lookers:
            await who.timed("meanwhile", lambda line=who.line: line.get("/ovning"))  # type: ignore[misc]
            await asyncio.sleep(LOOK_IN)


async def with_a_kill(
    victim: Instance, other: Instance, people: list[Participant], rng: random.Random, seconds: float
) -> None:
    """The process dies in the middle of the vote. Whoever got no answer goes to the other one and answers again."""
    unmeasured: Times = defaultdict(list)

    async def vote(who: Participant) -> None:
        measured, who.times = who.times, unmeasured
        try:
            await who.vote(rng)
        except Dropped:
            who.repeats += 1
            who.move(other.url)
            await who.vote(rng)
        finally:
            who.times = measured

    voting = asyncio.create_task(spread(people, seconds, vote))
    await asyncio.sleep(seconds / 2)
    victim.kill()
    await voting
    for who in people:
        if who.line.url == victim.url:
            who.move(other.url)


async def empty_page(urls: tuple[str, str], count: int) -> Times:
    """As many calls at the same moments to the same processes, for a page with nothing on it and a form that changes nothing."""
    times: Times = defaultdict(list)
    people = [Participant(number, Line(urls[number % 2]), times, "") for number in range(count)]
    chats, browsers = people[::IN_CHAT], [who for who in people if who.number % IN_CHAT]
    share = count / PEOPLE

    async def get(who: Participant, kind: str) -> str:
        return (await who.timed(kind, lambda: who.line.get("/ovning"))).page()

    async def post(who: Participant, kind: str) -> None:
        data = {"csrf": hidden(await get(who, "page"), "csrf"), "language": "sv", "back": "/ovning"}
        answer = await who.timed(kind, lambda: who.line.post("/language", data))
        assert answer.status == 303

    async def join(who: Participant) -> None:
        if who.number % IN_CHAT == 0:
            await get(who, "chat join")
            return
        await post(who, "join")
        await get(who, "page")

    async def vote(who: Participant) -> None:
        if who.number % IN_CHAT == 0:
            await get(who, "chat page")
            await get(who, "chat vote")
            return
        await post(who, "vote")

    async def reveal(who: Participant, place: int) -> None:
        await asyncio.sleep(moment(place // 2, len(browsers) // 2))
        await get(who, "reveal")

    async def look(who: Participant) -> None:
        await get(who, "chat reveal")

    await spread(people, JOINING * share, join)
    for _ in range(2):
        await spread(people, VOTING * share, vote)
    for _ in range(3):
        nudged_now = (reveal(who, place) for place, who in enumerate(browsers))
        await asyncio.gather(*nudged_now, spread(chats, LOOKING * share, look))
    for who in people:
        who.line.close()
    return times


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
    kept = [judged(kind, ours, theirs) for kind in KINDS]
    good = all(kept) and missing == 0
    print(
        f"an empty page while the exercise goes on: p50 {p(ours['meanwhile'], 0.5):.1f}  p95 {p(ours['meanwhile']):.1f} ms"
    )
    print(
        f"what the trainer shows is on every screen within {max(ours['shown']) / 1000:.1f} s, pages told one after another"
    )
    print(f"{missing} answers lost (target 0)", flush=True)
    return good


def judged(kind: str, ours: Times, theirs: Times) -> bool:
    """Everyone's calls beside an empty page for each; those of browsers and of chats also by themselves."""
    both = (kind, f"chat {kind}")
    lines = [
        (kind, [call for each in both for call in ours[each]], [call for each in both for call in theirs[each]]),
        ("  browser", ours[kind], theirs[kind]),
        ("  chat", ours[both[1]], theirs[both[1]]),
    ]
    for name, mine, its in lines:
        print(
            f"{name:10} {len(mine):5} calls  p50 {p(mine, 0.5):7.1f}  p95 {p(mine):7.1f} ms  "
            f"empty page p50 {p(its, 0.5):6.1f}  p95 {p(its):6.1f} ms  ratio {p(mine) / p(its):6.2f}"
            + (f" (target at most {TARGET})" if name == kind else "")
        )
    return p(lines[0][1]) / p(lines[0][2]) <= TARGET


def p(times: list[float], part: float = 0.95) -> float:
    return sorted(times)[max(0, int(len(times) * part) - 1)]


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
