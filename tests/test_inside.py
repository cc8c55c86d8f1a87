"""Who is at the other end of a chat, and live exercises: asked within the process it is the same as over HTTP, held and ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
from sqlmodel import col, update

from api import tokens
from api.authorisation import Caller, Place, Role
from api.exercise import service
from api.exercise.material import Shelf
from api.exercise.state import Act
from api.staff.secrets import digest
from api.staff.sessions import end_session
from api.staff.tables import SessionRow, StaffRow
from bot.findings import QueryFailed, RoomFound
from bot.gateways.http import Credential, Door
from bot.gateways.message_api import HttpMessageApi
from bot.gateways.near import NearQuery, WithNear
from bot.ports import ApiDownError
from bot.requests import JoinRoom, SeeRoom, VoteInRoom, WhoAmI
from commands.inside import Inside, NearInside
from common.ids import new_token
from common.settings import Settings
from knowledge.vocabulary import UnitType
from tests.support.api import NURSE, NURSE_UNIT, Desk, cipher, local_desk

__all__ = ["cipher", "local_desk"]

GUESSES = 3


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("data")
    return Settings(data_dir=data, base_url="http://lots.test", limit_refused=GUESSES, limit_key=20)


@asynccontextmanager
async def over_http(desk: Desk) -> AsyncIterator[HttpMessageApi]:
    transport = httpx2.ASGITransport(app=desk.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://lots.test") as client:
        yield HttpMessageApi(Door(client, desk.bot_key))


async def same(desk: Desk, credential: Credential) -> object:
    """The answer, which must be that of HTTP as well."""
    here = await Inside(desk.api).who(credential)
    async with over_http(desk) as there:
        assert await there.who(credential) == here
    return here


async def signed_in(desk: Desk) -> str:
    token, now = new_token(), desk.api.now()
    async with desk.api.db.write() as session:
        row = SessionRow(hash=digest(token), staff_id=NURSE, created_at=now, expires_at=now + timedelta(hours=9))
        session.add(row)
    return token


async def key_of_a_script(desk: Desk) -> tuple[str, str]:
    key = await tokens.token(desk.api, NURSE_UNIT, Role.STAFF, 1)
    return key, (await tokens.listed(desk.api))[0].id


async def test_a_key_is_the_same_person_within_the_process_and_over_http(local_desk: Desk) -> None:
    key, _ = await key_of_a_script(local_desk)
    profile = await Inside(local_desk.api).who(Credential(bearer=key))
    assert profile is not None
    assert (profile.unit_id, profile.role) == (NURSE_UNIT, Role.STAFF)
    assert await same(local_desk, Credential(bearer=key)) == profile


async def test_a_session_is_the_same_person_within_the_process_and_over_http(local_desk: Desk) -> None:
    profile = await Inside(local_desk.api).who(Credential(session=await signed_in(local_desk)))
    assert profile is not None
    assert profile.staff_id == NURSE
    assert await same(local_desk, Credential(session=await signed_in(local_desk))) == profile


async def test_a_revoked_key_is_nobodys_at_the_next_question(local_desk: Desk) -> None:
    key, key_id = await key_of_a_script(local_desk)
    inside = Inside(local_desk.api)
    assert await inside.who(Credential(bearer=key)) is not None
    await tokens.revoke(local_desk.api, key_id)
    assert await inside.who(Credential(bearer=key)) is None
    assert await same(local_desk, Credential(bearer=key)) is None


async def test_a_key_past_its_time_is_nobodys(local_desk: Desk) -> None:
    key, _ = await key_of_a_script(local_desk)
    local_desk.clock.advance(timedelta(days=1))
    assert await same(local_desk, Credential(bearer=key)) is None


async def test_a_session_that_was_ended_is_nobodys_at_the_next_question(local_desk: Desk) -> None:
    token = await signed_in(local_desk)
    inside = Inside(local_desk.api)
    assert await inside.who(Credential(session=token)) is not None
    await end_session(local_desk.api, token)
    assert await inside.who(Credential(session=token)) is None
    assert await same(local_desk, Credential(session=token)) is None


async def test_a_chat_left_open_keeps_nobody_signed_in_within_the_process_or_over_http(local_desk: Desk) -> None:
    token = await signed_in(local_desk)
    half = timedelta(minutes=local_desk.api.settings.session_idle_minutes / 2)
    for there in (True, False):
        local_desk.clock.advance(half)
        found = await same(local_desk, Credential(session=token, by_itself=True))
        assert (found is not None) is there


async def test_a_person_who_may_no_longer_be_here_is_nobody_at_the_next_question(local_desk: Desk) -> None:
    token = await signed_in(local_desk)
    assert await same(local_desk, Credential(session=token)) is not None
    async with local_desk.api.db.write() as session:
        await session.exec(update(StaffRow).where(col(StaffRow.id) == NURSE).values(active=False))
    assert await same(local_desk, Credential(session=token)) is None


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(Credential(bearer="lots_guessed"), id="a-key-that-is-none"),
        pytest.param(Credential(session="guessed"), id="a-session-that-is-none"),
        pytest.param(Credential(bearer="lots_\u00e5"), id="a-key-that-cannot-be-sent"),
        pytest.param(Credential(), id="nothing-shown"),
    ],
)
async def test_what_is_no_key_is_nobodys(local_desk: Desk, credential: Credential) -> None:
    assert await same(local_desk, credential) is None


async def test_the_bots_own_key_is_no_person(local_desk: Desk) -> None:
    assert await same(local_desk, Credential(bearer=local_desk.bot_key)) is None


async def test_whoever_asks_too_often_is_told_not_now_rather_than_no(local_desk: Desk) -> None:
    key, _ = await key_of_a_script(local_desk)
    inside = Inside(local_desk.api)
    for _ in range(20):
        assert await inside.who(Credential(bearer=key)) is not None
    with pytest.raises(ApiDownError):
        await inside.who(Credential(bearer=key))


async def test_a_guesser_is_stopped(local_desk: Desk) -> None:
    inside = Inside(local_desk.api)
    for number in range(GUESSES):
        assert await inside.who(Credential(bearer=f"lots_guess{number}")) is None
    with pytest.raises(ApiDownError):
        await inside.who(Credential(bearer="lots_guess"))


async def test_neither_the_routines_nor_the_settings_are_shown_with_the_parts(local_desk: Desk) -> None:
    shown = f"{local_desk.api!r} {local_desk.api.knowledge!r}"
    assert len(shown) < 300
    assert "halland" not in shown.lower()


TRAINER = Caller(
    "staff:petra-lang",
    (Place("u", "Rehab", UnitType.REGIONAL_REHAB, "halland", "Halmstads kommun", Role.TRAINER),),
    "petra-lang",
)


async def test_a_live_exercise_is_the_same_within_the_process_and_over_http(local_desk: Desk) -> None:
    api, shelf = local_desk.api, Shelf(local_desk.api.knowledge)
    scenario = api.knowledge.scenarios.by_id["h24-kallar-till-sip"]
    row = await service.begin(api, TRAINER, service.Wanted("Prov", (scenario,)))
    unknown = "0000" if row.code != "0000" else "0001"
    options = [one.id for one in shelf.of(row)[0].question.options]

    async def same_room(query: NearQuery) -> object:
        async with over_http(local_desk) as there:
            inside = NearInside(api, local_desk.app.state.scenes, Door(httpx2.AsyncClient(), local_desk.bot_key))
            here = await WithNear(there, inside).ask(NURSE, query)
            assert await there.ask(NURSE, query) == here
        return here

    for asked in (
        WhoAmI(),
        SeeRoom(unknown),
        SeeRoom(row.code),
        JoinRoom(row.code, "Kim Exempelsson"),
        JoinRoom(row.code, "Måsen"),
    ):
        await same_room(asked)
    assert await service.act(api, TRAINER, shelf, row.id, Act.NEXT, 0)
    votes = (
        VoteInRoom(row.code, 0, number, option) for number, option in ((1, options[-1]), (2, options[-1]), (1, "?"))
    )
    seen = [await same_room(vote) for vote in votes]
    assert {one.room.said for one in seen if isinstance(one, RoomFound)} == {"counted", "closed", "unknown"}
    assert (await same_room(VoteInRoom(row.code, 9999, 1, "a"))) == QueryFailed("vote_in_room", "validation_error")
    shown = await same_room(SeeRoom(row.code))
    assert isinstance(shown, RoomFound)
    assert shown.room.given == options[-1]
