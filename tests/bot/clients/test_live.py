"""A live exercise from the chat through the whole house: the vote is the API's, the seat is kept, and nothing comes near a message."""

import pytest
from sqlmodel import select

from api.authorisation import Caller, Place, Role
from api.exercise import service
from api.exercise.material import Shelf
from api.exercise.state import Act
from api.exercise.tables import ParticipantRow, VoteRow
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
