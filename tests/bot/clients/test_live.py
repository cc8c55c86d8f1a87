"""A live exercise from the chat through the whole house: the vote is the API's, the seat is kept, and nothing comes near a message."""

import pytest
from sqlalchemy import delete
from sqlmodel import select

from api.authorisation import Caller, Place, Role
from api.exercise import service
from api.exercise.material import Shelf
from api.exercise.state import Act
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from bot.exercises import ExerciseFollower
from bot.gateways.lease import FollowerLease
from bot.gateways.seats import Seats
from knowledge.vocabulary import UnitType
from tests.bot.clients.test_practice import calls, chatting, messages
from tests.support.api import NURSE_UNIT, OTHER
from tests.support.house import House

__all__ = ["calls"]

HERE = Place(NURSE_UNIT, "Hemsjukvården", UnitType.MUNICIPAL_HEALTH, "halland", "halmstads-kommun", Role.TRAINER)
TRAINER = Caller("staff:petra-lang", (HERE,), "petra-lang")


class Session:
    def __init__(self, house: House) -> None:
        self._api = house.api
        self._shelf = Shelf(house.api.knowledge)

    async def begin(self) -> str:
        scenario = self._api.knowledge.scenarios.by_id["h24-sova-gott"]
        row = await service.begin(self._api, TRAINER, service.Wanted("Sova gott", (scenario,), points=True))
        self.id = row.id
        return row.code

    async def go_on(self) -> None:
        row = await service.owned(self._api, TRAINER, self.id)
        assert await service.act(self._api, TRAINER, self._shelf, self.id, Act.NEXT, row.version)

    async def right(self) -> tuple[str, str]:
        """The right option's letter and id."""
        asked = self._shelf.of(await service.owned(self._api, TRAINER, self.id))[0]
        assert asked.right is not None
        return asked.letters[asked.right], asked.right


@pytest.fixture
def session(house: House) -> Session:
    return Session(house)


async def test_a_chat_joins_votes_once_sees_the_reveal_leaves_and_comes_back(
    house: House, session: Session, calls: list[tuple[str, str]]
) -> None:
    before, code = await messages(house), await session.begin()
    async with chatting(house) as chat:
        assert "Vad vill du heta" in await chat.say(f"gå med i övning {code}")
        assert "riktigt namn" in await chat.say("Kim Exempelsson")
        assert "Välkommen, Måsen!" in await chat.say("Måsen")
        await session.go_on()
        letter, option = await session.right()
        assert "Fråga 1 av" in await chat.say("visa")
        for _ in range(2):
            assert "Ditt svar är räknat" in await chat.tap(f"{letter}. ")
        await session.go_on()
        assert "Så svarade ni" in await chat.say("hur gick det?")
        await session.go_on()
        told = await chat.say("visa")
        for words in ("Rätt svar:", "Du svarade rätt!", "Regel", "Dina poäng hittills: 2"):
            assert words in told
        await chat.say("lämna övningen")
        assert chat.phase == "matter"
        assert "Dina poäng hittills: 2" in await chat.say(f"delta {code}")
    async with house.api.db.read() as database:
        assert [one.option for one in await database.exec(select(VoteRow))] == [option]
        assert len(list(await database.exec(select(ParticipantRow)))) == 1
    assert await messages(house) == before
    assert all(path == "/api/v1/me" or path.startswith("/api/v1/exercise-rooms/") for _, path in calls)


async def test_two_colleagues_have_a_seat_each(house: House, session: Session) -> None:
    code = await session.begin()
    seat = {"nickname": "Måsen"}
    joined = await house.desk.call("POST", f"/exercise-rooms/{code}/participants", by=OTHER, body=seat)
    assert joined.status_code == 200
    async with chatting(house) as chat:
        assert "taget" in await chat.say(f"join {code} as Måsen")
        assert "Välkommen, Tärnan!" in await chat.say("Tärnan")
    async with house.api.db.read() as database:
        assert len(list(await database.exec(select(ParticipantRow)))) == 2


def follower(house: House, name: str = "exercises-here") -> ExerciseFollower:
    db, clock, shell = house.api.db, house.api.clock, house.bot.shell
    return ExerciseFollower(shell, shell._api, Seats(db), FollowerLease(db, clock, name))


async def told(house: House) -> list[str]:
    lines = await house.bot.shell.store.lines("api:practice")
    return [line.said.text for line in lines if line.author == "lots"]


async def test_a_chat_is_told_once_when_a_question_opens_and_when_its_answer_is_shown(
    house: House, session: Session
) -> None:
    code, follow = await session.begin(), follower(house)
    async with chatting(house) as chat:
        assert "Frågan kommer hit" in await chat.say(f"delta {code} som Måsen")
        assert await follow.follow_once() == 0, "nothing has opened"
        await session.go_on()
        assert await follow.follow_once() == 1
        assert "Fråga 1 av" in (await told(house))[-1]
        before = len(await told(house))
        for again in (follow, follower(house, "another process")):
            assert await again.follow_once() == 0
        assert "Ditt svar är räknat" in await chat.say("1"), "the number is of what she was told"
        await session.go_on()
        assert await follow.follow_once() == 0, "how many chose what is seen on the big screen"
        await session.go_on()
        assert await follow.follow_once() == 1
        assert "Rätt svar:" in (await told(house))[-1]
        assert len(await told(house)) == before + 3
        await session.go_on()
        assert "Fråga 2 av" in await chat.say("visa")
        assert await follow.follow_once() == 0, "she looked for herself"
        await chat.say("lämna")
        for _ in range(2):
            await session.go_on()
        assert await follow.follow_once() == 0
        assert await Seats(house.api.db).all() == {}


async def test_an_exercise_that_is_gone_is_asked_for_no_more_and_danger_is_not_talked_over(
    house: House, session: Session
) -> None:
    code, follow = await session.begin(), follower(house)
    async with chatting(house) as chat:
        await chat.say(f"delta {code} som Måsen")
        await chat.say("en av våra har ramlat och blöder från huvudet")
        await session.go_on()
        await follow.follow_once()
        assert "verklig person" in (await told(house))[-1]
        assert "Fråga 1 av" in await chat.say("nej, vi övar")
        async with house.api.db.write() as database:
            for table in (VoteRow, ParticipantRow):
                await database.exec(delete(table))
            await database.exec(delete(ExerciseRow))
        assert await follow.follow_once() == 0
        assert await Seats(house.api.db).all() == {}
