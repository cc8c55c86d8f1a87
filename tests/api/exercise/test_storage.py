"""What a session keeps, on SQLite and on PostgreSQL: once however often it is sent, whoever sends it at the same time."""

import asyncio

from sqlmodel import func, select

from api.authorisation import Caller, Place, Role
from api.exercise import seating, service, standing, voting
from api.exercise.material import Shelf
from api.exercise.seating import Newcomer
from api.exercise.service import Wanted
from api.exercise.standing import Seated
from api.exercise.state import Act, Phase
from api.exercise.tables import ParticipantRow, VoteRow
from knowledge.vocabulary import UnitType
from tests.support.api import Desk, cipher, desk, settings

__all__ = ["cipher", "desk", "settings"]

UNIT = Place(
    "halland-kommunrehab-halmstad", "Rehab", UnitType.REGIONAL_REHAB, "halland", "Halmstads kommun", Role.TRAINER
)
TRAINER = Caller("staff:petra-lang", (UNIT,), "petra-lang")


async def test_a_session_keeps_everything_once_however_many_send_it_at_the_same_time(desk: Desk) -> None:
    api = desk.api
    scenario = api.knowledge.scenarios.by_id["h24-kallar-till-sip"]
    row = await service.begin(api, TRAINER, Wanted("Prov", (scenario,)))
    joined = await asyncio.gather(*(seating.join(api, row.code, Newcomer("Måsen", door="d")) for _ in range(4)))
    people = [one for one in joined if isinstance(one, ParticipantRow)]
    assert len(people) == 1
    assert {one for one in joined if isinstance(one, str)} == {"taken"}

    acted = await asyncio.gather(
        *(service.act(api, TRAINER, Shelf(api.knowledge), row.id, Act.NEXT, 0) for _ in range(4))
    )
    assert sorted(acted) == [False, False, False, True]

    shelf = Shelf(api.knowledge)
    said = await asyncio.gather(
        *(voting.vote(api, shelf, row.code, people[0].id, (0, 1), str(1 + number % 2)) for number in range(8))
    )
    assert set(said) == {"counted"}
    async with api.db.read() as session:
        assert (await session.exec(select(func.count()).select_from(VoteRow))).one() == 1
    assert sum((await service.tally(api, row.id, 0))[0, 1].values()) == 1
    assert await service.mark(api, row.id, wide=True) == "1.1.1"
    assert (await seating.come_back(api, row.id, people[0].rejoin)) == people[0]
    assert (await standing.at_door(api, row.code, "d")).people == (Seated.of(people[0]),)

    first = (await service.tally(api, row.id, 0))[0, 1]
    for done, version in ((Act.NEXT, 1), (Act.AGAIN, 2)):
        assert await service.act(api, TRAINER, shelf, row.id, done, version)
    assert await service.kept(api, row.id, 0) == first
    assert await voting.vote(api, shelf, row.code, people[0].id, (0, 2), "1") == "counted"
    assert await service.kept(api, row.id, 0) == {}
    assert await service.act(api, TRAINER, shelf, row.id, Act.SKIP, 3)
    gone_by = await service.owned(api, TRAINER, row.id)
    assert service.left_of(gone_by) == {0: Phase.AGAIN}
