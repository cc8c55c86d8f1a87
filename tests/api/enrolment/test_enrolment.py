"""Binding a chat account to a person: by her own code, once and soon, found at each turn and gone when revoked."""

from datetime import timedelta

import pytest
from sqlmodel import select

from api.authorisation import Caller
from api.enrolment import service
from api.enrolment.codes import ALPHABET, in_groups, new_code, read_code
from api.enrolment.tables import ChatAccountRow, EnrolmentCodeRow
from api.staff import administration
from api.staff.tables import StaffRow
from tests.api.enrolment.conftest import Chat, browser, code_of
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, Desk

ACCOUNT = "@kanarie:example.org"


async def test_a_code_binds_an_account_to_the_person_who_made_it(desk: Desk) -> None:
    chat = Chat(desk)
    bound = await chat.redeem(await code_of(desk))
    assert (bound.status_code, bound.json()["staff_id"]) == (200, NURSE)
    found = await chat.whose()
    assert (found.status_code, found.json()) == (200, bound.json())


async def test_a_code_may_be_written_as_people_write(local_desk: Desk, chat: Chat) -> None:
    code = await code_of(local_desk)
    assert (await chat.redeem(f"  {in_groups(code).upper().replace('-', ' ')} ")).status_code == 200


@pytest.mark.parametrize("account", [ACCOUNT, "@a/b:example.org", "åäö", "1001"])
async def test_an_account_may_have_any_name(local_desk: Desk, chat: Chat, account: str) -> None:
    await chat.redeem(await code_of(local_desk), account)
    assert (await chat.whose(account)).json()["staff_id"] == NURSE


async def test_an_account_of_another_client_is_another_account(local_desk: Desk, chat: Chat) -> None:
    await chat.redeem(await code_of(local_desk))
    elsewhere = await chat.whose(client="matrix")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "enrolment_unknown")


async def test_a_used_code_is_refused_but_for_the_account_that_used_it(local_desk: Desk, chat: Chat) -> None:
    code = await code_of(local_desk)
    first = await chat.redeem(code)
    assert (await chat.redeem(code)).json() == first.json()
    other = await chat.redeem(code, "1002")
    assert (other.status_code, other.json()["code"]) == (403, "enrolment_code_used")
    assert "Skapa en ny" in other.json()["detail"]
    assert (await chat.whose("1002")).status_code == 404


async def test_a_replayed_code_does_not_bind_a_revoked_account_again(local_desk: Desk, chat: Chat) -> None:
    code = await code_of(local_desk)
    bound = (await chat.redeem(code)).json()
    await local_desk.call("DELETE", f"/enrolments/{bound['id']}")
    assert (await chat.redeem(code)).json()["code"] == "enrolment_code_used"
    assert (await chat.whose()).status_code == 404


async def test_an_old_code_is_refused_kindly(local_desk: Desk, chat: Chat) -> None:
    code = await code_of(local_desk)
    local_desk.clock.advance(timedelta(minutes=10))
    late = await chat.redeem(code)
    assert (late.status_code, late.json()["code"]) == (403, "enrolment_code_expired")
    assert "tio minuter" in late.json()["detail"]


async def test_a_new_code_makes_the_one_before_it_worthless(local_desk: Desk, chat: Chat) -> None:
    first, second = await code_of(local_desk), await code_of(local_desk)
    assert (await chat.redeem(first)).json()["code"] == "enrolment_code_unknown"
    assert (await chat.redeem(second)).status_code == 200


async def test_guesses_are_refused(local_desk: Desk, chat: Chat) -> None:
    await code_of(local_desk)
    for guess in ("0000000000000000", "k7m2", "ÅÄÖ", "x" * 80):
        assert (await chat.redeem(guess)).json()["code"] == "enrolment_code_unknown"


async def test_revoking_counts_at_once_and_only_ones_own(local_desk: Desk, chat: Chat) -> None:
    bound = (await chat.redeem(await code_of(local_desk))).json()
    by_another = await local_desk.call("DELETE", f"/enrolments/{bound['id']}", by=RECEIVER)
    assert (by_another.status_code, by_another.json()["code"]) == (404, "enrolment_unknown")
    assert (await chat.whose()).status_code == 200

    for _ in range(2):
        assert (await local_desk.call("DELETE", f"/enrolments/{bound['id']}")).status_code == 204
    assert (await chat.whose()).status_code == 404
    assert (await local_desk.call("GET", "/enrolments")).json() == {"items": []}


async def test_a_person_who_works_here_no_longer_has_no_chat(local_desk: Desk, chat: Chat) -> None:
    await chat.redeem(await code_of(local_desk))
    unused = await code_of(local_desk)
    async with local_desk.api.db.write() as session:
        row = await session.get(StaffRow, NURSE)
        assert row is not None
        row.active = False
    assert (await chat.whose()).status_code == 404
    assert (await chat.redeem(unused, "1002")).json()["code"] == "enrolment_code_unknown"


async def test_an_account_goes_over_to_the_next_person_who_binds_it(local_desk: Desk, chat: Chat) -> None:
    await chat.redeem(await code_of(local_desk))
    await chat.redeem(await code_of(local_desk, RECEIVER))
    assert (await chat.whose()).json()["staff_id"] == RECEIVER
    assert (await local_desk.call("GET", "/enrolments")).json()["items"] == []


async def test_only_a_person_in_her_own_browser_makes_codes(local_desk: Desk) -> None:
    by_chat = await local_desk.call("POST", "/enrolments", by=NURSE)
    assert (by_chat.status_code, by_chat.json()["code"]) == (403, "sign_in_required")
    by_script = await local_desk.call("POST", "/enrolments", token=await local_desk.token(NURSE_UNIT))
    assert (by_script.status_code, by_script.json()["code"]) == (403, "sign_in_required")


async def test_language_and_quiet_hours_are_the_persons_own(local_desk: Desk, chat: Chat) -> None:
    bound = (await chat.redeem(await code_of(local_desk))).json()
    wanted = {"language": "en", "quiet_from": "22:00", "quiet_to": "06:30"}
    assert (await local_desk.call("PUT", f"/enrolments/{bound['id']}", body=wanted)).status_code == 200
    found = (await chat.whose()).json()
    assert {key: found[key] for key in wanted} == wanted
    for wrong in ({"language": "sv", "quiet_from": "22:00"}, {"language": "sv", "quiet_from": "24:00"}, {}):
        assert (await local_desk.call("PUT", f"/enrolments/{bound['id']}", body=wrong)).status_code == 422
    other = await local_desk.call("PUT", f"/enrolments/{bound['id']}", body=wanted, by=RECEIVER)
    assert other.status_code == 404


async def test_neither_codes_nor_accounts_can_be_read_in_the_database(local_desk: Desk, chat: Chat) -> None:
    code = await code_of(local_desk)
    await chat.redeem(code, ACCOUNT)
    async with local_desk.api.db.read() as session:
        rows = [
            *(await session.exec(select(ChatAccountRow))).all(),
            *(await session.exec(select(EnrolmentCodeRow))).all(),
        ]
    stored = " ".join(row.model_dump_json() for row in rows)
    assert code not in stored
    assert "kanarie" not in stored


async def test_a_code_is_made_by_a_page_of_ours_only(local_desk: Desk) -> None:
    async with browser(local_desk) as client:
        response = await client.post("/enrolments", headers={"origin": "http://evil.test"})
    assert (response.status_code, response.json()["code"]) == (403, "cross_site")


def test_a_code_has_eighty_bits_and_no_letters_that_look_alike() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {16}
    assert len(ALPHABET) ** 16 == 2**80
    assert not set("".join(codes)) & set("iloucåäö") - {"c"}
    assert all(read_code(in_groups(code).upper()) == code for code in codes)
    assert read_code("O0-Il") == "0011"


async def test_an_account_speaks_for_her_until_its_time_is_over_and_longer_when_she_renews_it(
    local_desk: Desk, chat: Chat
) -> None:
    days = timedelta(days=local_desk.api.settings.enrolment_days)
    bound = (await chat.redeem(await code_of(local_desk))).json()
    local_desk.clock.advance(days - timedelta(minutes=5))
    assert (await chat.whose()).status_code == 200
    hers = Caller(f"staff:{NURSE}", (), staff_id=NURSE)
    await service.renew(local_desk.api, hers, bound["id"])
    local_desk.clock.advance(timedelta(minutes=5))
    assert (await chat.whose()).status_code == 200
    local_desk.clock.advance(days)
    assert (await chat.whose()).status_code == 404
    await chat.redeem(await code_of(local_desk))
    assert (await chat.whose()).status_code == 200


async def test_a_block_ends_the_persons_chat_accounts_for_good(local_desk: Desk, chat: Chat) -> None:
    await chat.redeem(await code_of(local_desk))
    await administration.block(local_desk.api, NURSE)
    assert (await chat.whose()).status_code == 404
    await administration.unblock(local_desk.api, NURSE)
    assert (await chat.whose()).status_code == 404
    assert (await chat.redeem(await code_of(local_desk))).status_code == 200
