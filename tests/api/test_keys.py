"""Programs' keys: they end, can be revoked, are listed without themselves, and tell when they were used last."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from api import tokens
from api.audit.tables import AuditRow
from api.authorisation import Role
from api.errors import KeyUnknown
from api.staff.tables import ApiKeyRow
from tests.support.api import NURSE_UNIT, Desk


async def made(desk: Desk, days: int = 90) -> tuple[str, str]:
    """A key and its id."""
    key = await tokens.token(desk.api, NURSE_UNIT, Role.STAFF, days)
    desk.clock.advance(timedelta(seconds=1))
    return key, (await tokens.listed(desk.api))[0].id


async def code(desk: Desk, key: str) -> tuple[int, object]:
    response = await desk.call("GET", "/me", token=key)
    return response.status_code, response.json().get("code")


async def test_a_key_that_has_ended_says_so(local_desk: Desk) -> None:
    key, _ = await made(local_desk, days=1)
    assert await code(local_desk, key) == (200, None)
    local_desk.clock.advance(timedelta(days=1))
    assert await code(local_desk, key) == (401, "key_expired")


async def test_a_revoked_key_ends_at_once_and_others_go_on(local_desk: Desk) -> None:
    key, key_id = await made(local_desk)
    other, _ = await made(local_desk)
    assert await tokens.revoke(local_desk.api, key_id) == key_id
    assert await tokens.revoke(local_desk.api, key_id) == key_id
    assert await code(local_desk, key) == (401, "key_revoked")
    assert await code(local_desk, other) == (200, None)
    async with local_desk.api.db.read() as session:
        deeds = [row.action for row in (await session.exec(select(AuditRow).where(AuditRow.object_id == key_id))).all()]
    assert sorted(deeds) == ["make_key", "revoke_key"]


async def test_the_list_tells_everything_but_the_key(local_desk: Desk) -> None:
    key, key_id = await made(local_desk)
    ended, _ = await made(local_desk, days=1)
    local_desk.clock.advance(timedelta(days=2))
    await local_desk.call("GET", "/me", token=key)
    listed = {one.id: one for one in await tokens.listed(local_desk.api)}
    mine = listed[key_id]
    assert (mine.unit, mine.role, mine.state, mine.on_behalf) == (NURSE_UNIT, "staff", "valid", False)
    assert mine.used == local_desk.clock.now()
    assert sorted(one.state for one in listed.values()) == ["expired", "valid", "valid"]
    assert any(one.on_behalf and one.name == "bot" for one in listed.values())
    assert key not in repr(listed)
    assert ended not in repr(listed)


@pytest.mark.parametrize("beginning", ["", "%", "_", "zzzzzz"])
async def test_what_names_no_key_revokes_none(local_desk: Desk, beginning: str) -> None:
    key, _ = await made(local_desk)
    with pytest.raises(KeyUnknown):
        await tokens.revoke(local_desk.api, beginning)
    assert await code(local_desk, key) == (200, None)


async def test_a_beginning_that_two_keys_have_revokes_neither(local_desk: Desk) -> None:
    (first, key_id), (second, _) = await made(local_desk), await made(local_desk)
    with pytest.raises(KeyUnknown):
        await tokens.revoke(local_desk.api, key_id[:4])
    assert [(await code(local_desk, key))[0] for key in (first, second)] == [200, 200]


async def test_the_chats_own_key_is_not_revoked(local_desk: Desk) -> None:
    own = next(one.id for one in await tokens.listed(local_desk.api) if one.on_behalf)
    with pytest.raises(KeyUnknown):
        await tokens.revoke(local_desk.api, own)


async def test_use_is_written_down_once_a_minute_at_most(local_desk: Desk) -> None:
    key, key_id = await made(local_desk)

    async def used() -> object:
        async with local_desk.api.db.read() as session:
            row = await session.get(ApiKeyRow, key_id)
            assert row is not None
            return row.last_used_at

    await asyncio.gather(*(local_desk.call("GET", "/me", token=key) for _ in range(5)))
    first = await used()
    assert first == local_desk.clock.now()
    local_desk.clock.advance(timedelta(seconds=59))
    await local_desk.call("GET", "/me", token=key)
    assert await used() == first
    local_desk.clock.advance(timedelta(seconds=1))
    await local_desk.call("GET", "/me", token=key)
    assert await used() == local_desk.clock.now()
