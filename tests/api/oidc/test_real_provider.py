"""Against an identity provider that others wrote and certified. Runs where LOTS_TEST_OIDC_PROVIDER says that it is installed."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api.staff.tables import StaffRow
from common.clock import SystemClock
from common.crypto import Cipher
from common.database import Database
from common.settings import Settings
from tests.api.oidc.conftest import HERE, House, opened
from tests.support.api import NURSE
from tests.support.oidc import real

CLIENT, SECRET = "lots", "a secret: 100 % + signs"
WAY_BACK, AFTER = f"{HERE}/sign-in/callback", f"{HERE}/signed-out"

pytestmark = pytest.mark.skipif(real.installed() is None, reason=f"{real.FOLDER} names no folder with oidc-provider")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    folder = real.installed()
    assert folder is not None
    with real.running(folder, CLIENT, SECRET, WAY_BACK, AFTER) as issuer:
        yield issuer


@pytest.fixture
def settings(tmp_path: Path, issuer: str) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url=HERE,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_scope="openid commission",
        oidc_staff_claim="employeeHsaId",
    )


@pytest.fixture
async def house(demo_db: Database, settings: Settings, cipher: Cipher) -> AsyncIterator[House]:
    async with opened(settings, SystemClock(), demo_db, cipher) as made:
        async with made.desk.api.db.write() as session:
            row = await session.get(StaffRow, NURSE)
            assert row is not None
            row.hsa_id = "SE2321000000-MAJA"
        yield made


async def test_a_person_signs_in_and_out_of_both(house: House) -> None:
    async with house.browser() as maja:
        page = await real.fill_in(maja.client, await maja.get("/sign-in/start?next=/inbox"), "maja", HERE)
        assert (page.status_code, page.url.path) == (200, "/inbox")
        assert "Maja Lindqvist" in page.text

        again = await maja.get("/sign-in/start")
        assert "Hej Maja!" in again.text, "known there, so nothing is asked"

        out = await maja.post("/sign-out", at="/profile")
        way = re.fullmatch(r"1; url=(\S+)", out.headers["refresh"])
        assert way is not None
        assert "id_token" not in way[1]
        assert (await maja.get("/inbox")).status_code == 401
        left = await real.fill_in(maja.client, await maja.get(way[1]), "", HERE)
        assert left.url.path == "/signed-out"
        asked = await maja.get("/sign-in/start")
        assert not str(asked.url).startswith(HERE), "signed out there too"


async def test_a_stranger_comes_back_as_one(house: House) -> None:
    async with house.browser() as someone:
        page = await real.fill_in(someone.client, await someone.get("/sign-in/start"), "someone", HERE)
        assert page.status_code == 403
        assert "Lots känner inte igen dig" in page.text


class TestWithAnotherSecret:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"oidc_client_secret": type(settings.oidc_client_secret)("wrong")})

    async def test_the_provider_gives_no_tokens(self, house: House) -> None:
        async with house.browser() as maja:
            page = await real.fill_in(maja.client, await maja.get("/sign-in/start"), "maja", HERE)
            assert page.status_code == 403
            assert "Inloggningen gick inte igenom" in page.text
