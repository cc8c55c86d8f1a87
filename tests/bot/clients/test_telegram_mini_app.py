"""The page inside Telegram: what Telegram signed lets its person in, once, and nothing else does."""

from collections.abc import AsyncIterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.enrolment.init_data import opened_by
from api.keeping.pruning import prune
from common.clock import FixedClock
from common.settings import Settings
from tests.bot.clients.rig import Rig, open_rig
from tests.support.api import NURSE, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS
from tests.support.telegram.core import TOKEN
from tests.support.telegram.mini_app import init_data
from tests.support.telegram.wire import User

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
USER = User(4711, "Maja")


@pytest.fixture
async def rig(database_kind: str, templates: Templates, fixed_clock: FixedClock, tmp_path: Path) -> AsyncIterator[Rig]:
    with contextmanager(templates.copy)(database_kind, "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS, telegram_token=SecretStr(TOKEN), limit_sign_in=20)
        async with opened(url) as db, open_rig(db, fixed_clock, settings, "webhook") as rig:
            yield rig


def account_of(init_data: str) -> int | None:
    found = opened_by(init_data, TOKEN, NOON)
    return None if found is None else found.account


def stamp(at: datetime) -> int:
    return int(at.timestamp())


def test_what_telegram_signed_is_believed() -> None:
    assert account_of(init_data(TOKEN, USER, stamp(NOON))) == 4711
    assert account_of(init_data(TOKEN, USER, stamp(NOON), signature="x", start_param="å ä&ö")) == 4711


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param("", id="nothing"),
        pytest.param("hash=x", id="no fields"),
        pytest.param(init_data("100001:another-token", USER, stamp(NOON)), id="another bot's token"),
        pytest.param(init_data(TOKEN, USER, stamp(NOON)).replace("4711", "4712"), id="another person"),
        pytest.param(init_data(TOKEN, USER, stamp(NOON)) + "&user=%7B%22id%22%3A1%7D", id="a field twice"),
        pytest.param(init_data(TOKEN, USER, stamp(NOON - timedelta(minutes=11))), id="too old"),
        pytest.param(init_data(TOKEN, USER, stamp(NOON + timedelta(minutes=2))), id="from the future"),
        pytest.param(init_data(TOKEN, USER, 10**15), id="no time at all"),
        pytest.param(init_data(TOKEN, USER, stamp(NOON)).rpartition("&hash=")[0], id="without a signature"),
    ],
)
def test_what_telegram_did_not_sign_is_refused(forged: str) -> None:
    assert opened_by(forged, TOKEN, NOON) is None


async def test_a_page_opened_by_someone_unknown_gets_no_session(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    now = int(rig.telegram.now())
    good, unknown = init_data(TOKEN, USER, now), init_data(TOKEN, User(1, "X"), now)
    async with rig.house.browser() as page:
        for sent in (unknown, init_data("1:x", USER, now), "x"):
            answer = await page.post("/telegram/session", json={"init_data": sent})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        as_form = await page.post("/telegram/session", data={"init_data": good})
        assert as_form.status_code == 403
        answer = await page.post("/telegram/session", json={"init_data": good, "to": "//evil.example/"})
        assert answer.json() == {"to": "/"}


async def test_proofs_that_are_none_stop_at_a_limit_and_nobody_else_does(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    limit = rig.house.api.settings.limit_sign_in
    async with rig.house.browser() as flood, rig.house.browser() as page:
        answers = [
            (await flood.post("/telegram/session", json={"init_data": "x"})).status_code for _ in range(limit + 1)
        ]
        assert answers == [403] * limit + [429]
        good = init_data(TOKEN, USER, stamp(rig.house.clock.now()))
        assert (await page.post("/telegram/session", json={"init_data": good})).status_code == 200


async def test_the_page_itself_offers_the_ordinary_sign_in(rig: Rig) -> None:
    async with rig.house.browser() as page:
        html = (await page.get("/telegram/app", params={"to": "/drafts/abc"})).text
    assert 'href="/drafts/abc"' in html
    assert "Logga in" in html


async def test_what_telegram_signed_opens_one_session_and_no_other(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    data = init_data(TOKEN, USER, stamp(rig.house.clock.now()))
    turned = "&".join(reversed(data.split("&")))
    async with rig.house.browser() as page, rig.house.browser() as thief:
        assert (await page.post("/telegram/session", json={"init_data": data})).status_code == 200
        for seen in (data, turned):
            answer = await thief.post("/telegram/session", json={"init_data": seen})
            assert (answer.status_code, answer.json()) == (403, {"code": "telegram_not_proved"})
            assert "set-cookie" not in answer.headers
        assert (await thief.get("/api/v1/me")).status_code == 401
        again = init_data(TOKEN, USER, stamp(rig.house.clock.now()), query_id="AAF")
        assert (await thief.post("/telegram/session", json={"init_data": again})).status_code == 200


async def test_the_page_loaded_again_goes_on_with_the_session_it_has(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    data = init_data(TOKEN, USER, stamp(rig.house.clock.now()))
    async with rig.house.browser() as page:
        await page.post("/telegram/session", json={"init_data": data})
        answer = await page.post("/telegram/session", json={"init_data": data, "to": "/sent"})
        assert (answer.status_code, answer.json()) == (200, {"to": "/sent"})
        assert "set-cookie" not in answer.headers
        assert (await page.get("/api/v1/me")).status_code == 200


async def test_a_proof_that_was_used_is_known_for_longer_than_it_holds(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    data = init_data(TOKEN, USER, stamp(rig.house.clock.now()))
    async with rig.house.browser() as page, rig.house.browser() as thief:
        await page.post("/telegram/session", json={"init_data": data})
        rig.house.clock.advance(timedelta(minutes=9))
        await prune(rig.house.api)
        assert (await thief.post("/telegram/session", json={"init_data": data})).status_code == 403
