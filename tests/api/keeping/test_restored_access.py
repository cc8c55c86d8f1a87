"""What a restore brings back of keys and chat accounts counts for nothing until it is released: some were ended after the backup."""

from api.authorisation import Role
from api.keeping import restoring
from api.keeping.restoring import Held
from api.tokens import listed, revoke
from tests.api.enrolment.conftest import Chat, code_of
from tests.support.api import NURSE, NURSE_UNIT, Desk


async def hold(desk: Desk) -> None:
    """As a restore does."""
    async with desk.api.db.write() as session:
        await restoring.hold_access(session, desk.clock.now())


async def test_keys_and_chat_accounts_wait_for_the_release_and_the_chats_own_key_does_not(local_desk: Desk) -> None:
    chat = Chat(local_desk)
    await chat.redeem(await code_of(local_desk))
    tokens = [await local_desk.token(NURSE_UNIT, Role.STAFF) for _ in range(2)]
    await hold(local_desk)
    assert await restoring.waiting(local_desk.api.db) == Held(jobs=0, keys=2, chats=1)
    for key in tokens:
        assert (await local_desk.call("GET", "/me", token=key)).json()["code"] == "key_held"
    assert (await chat.whose()).status_code == 404
    assert (await local_desk.call("GET", "/me", by=NURSE)).status_code == 200

    assert [key.state for key in await listed(local_desk.api)].count("held") == 2
    newest = next(key for key in await listed(local_desk.api) if key.state == "held")
    await revoke(local_desk.api, newest.id)
    await restoring.release(local_desk.api.db, local_desk.clock.now())
    answers = [(await local_desk.call("GET", "/me", token=key)).status_code for key in tokens]
    assert sorted(answers) == [200, 401]
    assert (await chat.whose()).json()["staff_id"] == NURSE


async def test_a_release_may_end_every_chat_account(local_desk: Desk) -> None:
    chat = Chat(local_desk)
    await chat.redeem(await code_of(local_desk))
    await hold(local_desk)
    await restoring.release(local_desk.api.db, local_desk.clock.now(), end_chats=True)
    assert (await chat.whose()).status_code == 404
    await chat.redeem(await code_of(local_desk))
    assert (await chat.whose()).status_code == 200
