"""Floods and guessers are stopped, each by itself; nobody is shut out for what others do."""

from datetime import timedelta

import pytest

from api.errors import TooManyRequests
from api.limits import CROWDED, Kind, Limits, network
from common.clock import FixedClock
from common.settings import Settings
from tests.api.enrolment.conftest import Chat, browser, code_of
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, Desk


@pytest.fixture
def settings(settings: Settings) -> Settings:
    few = {
        "limit_key": 4,
        "limit_person": 4,
        "limit_writes": 2,
        "limit_refused": 4,
        "limit_sign_in": 4,
        "limit_failures": 3,
    }
    return settings.model_copy(update=few)


async def test_a_key_that_floods_is_told_when_to_come_back_and_others_go_on(local_desk: Desk) -> None:
    flooding, calm = await local_desk.token(NURSE_UNIT), await local_desk.token(NURSE_UNIT)
    answers = [await local_desk.call("GET", "/me", token=flooding) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert answers[-1].headers["content-type"] == "application/problem+json"
    wait = int(answers[-1].headers["retry-after"])
    assert 1 <= wait <= 60
    assert (await local_desk.call("GET", "/me", token=calm)).status_code == 200
    local_desk.clock.advance(timedelta(seconds=wait))
    assert (await local_desk.call("GET", "/me", token=flooding)).status_code == 200


async def test_a_person_is_counted_by_herself_in_all_her_browsers(local_desk: Desk) -> None:
    async with browser(local_desk) as one, browser(local_desk) as two, browser(local_desk, RECEIVER) as johan:
        statuses = [(await client.get("/me")).status_code for client in (one, two, one, two, one)]
        assert statuses == [200, 200, 200, 200, 429]
        assert (await johan.get("/me")).status_code == 200


async def test_changes_are_counted_more_strictly_than_looks(local_desk: Desk) -> None:
    async with browser(local_desk) as maja:
        statuses = [(await maja.put("/me/unit", json={"unit": NURSE_UNIT})).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


async def test_wrong_keys_from_an_address_do_not_shut_out_right_ones_from_there(local_desk: Desk) -> None:
    async with local_desk.http({"authorization": "Bearer wrong"}) as guesser:
        statuses = [(await guesser.get("/me")).status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 401, 429, 429]
    for headers in ({}, {"cookie": "lots_session=ended"}):
        async with local_desk.http(headers) as browser_of_someone_else:
            assert (await browser_of_someone_else.get("/me")).status_code == 401
    assert (await local_desk.call("GET", "/me", token=await local_desk.token(NURSE_UNIT))).status_code == 200


async def test_a_chat_account_that_guesses_is_stopped_and_no_other(local_desk: Desk) -> None:
    chat = Chat(local_desk)
    for _ in range(3):
        assert (await chat.redeem("0000", "guesser")).status_code == 403
        local_desk.clock.advance(timedelta(minutes=1))
    code = await code_of(local_desk)
    stopped = await chat.redeem(code, "guesser")
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 600
    assert (await chat.redeem(code, "hers")).json()["staff_id"] == NURSE


async def test_limits_end_with_their_time_and_are_forgotten(settings: Settings, fixed_clock: FixedClock) -> None:
    limits = Limits(settings, fixed_clock)
    for number in range(CROWDED):
        limits.count(Kind.REFUSED, str(number))
    for _ in range(3):
        limits.count(Kind.REFUSED, "0")
    with pytest.raises(TooManyRequests):
        limits.count(Kind.REFUSED, "0")
    with pytest.raises(TooManyRequests):
        limits.check(Kind.REFUSED, "0")
    fixed_clock.advance(timedelta(minutes=1))
    limits.check(Kind.REFUSED, "0")
    limits.count(Kind.REFUSED, "0")
    assert limits.remembered < 10


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "::"),
        ("testclient", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


def test_a_valid_key_may_call_a_thousand_times_a_second() -> None:
    assert Settings().limit_key >= 60_000
