"""Lots with a strict identity provider on loopback, and people who come in through it with a browser."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.oidc import people
from api.pages.routes import add_pages
from api.staff import service as staff
from common.clock import Clock, FixedClock
from common.crypto import Cipher
from common.database import Database
from common.settings import Settings
from tests.api.pages.conftest import Person
from tests.support.api import NURSE, Desk, fill_with_demo, shared_knowledge, shared_reader
from tests.support.databases import START, Templates
from tests.support.databases import opened as database
from tests.support.oidc.strict import CLIENT, HONEST, SECRET, StrictProvider
from tests.support.server import serve

HERE = "http://lots.test"
KNOWN = "person-1"


@pytest.fixture(scope="session")
def running() -> Iterator[StrictProvider]:
    provider = StrictProvider(FixedClock(START).now, f"{HERE}/sign-in/callback")
    with serve(provider.app) as address:
        provider.issuer = address
        yield provider


@pytest.fixture
def provider(running: StrictProvider, fixed_clock: FixedClock) -> StrictProvider:
    """Honest, with nothing remembered, and with the test's own clock."""
    running.now, running.lie, running.person = fixed_clock.now, HONEST, {"sub": KNOWN}
    running.refused, running.asked = [], {}
    return running


@pytest.fixture
def settings(tmp_path: Path, provider: StrictProvider) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url=HERE,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="Provlegitimation",
        help_contact="IT-stödet, 010-000 00 00",
    )


@cache
def trust() -> ssl.SSLContext:
    """Read once for all browsers: it takes longer than a test."""
    return httpx2.create_ssl_context()


class House:
    """The app, and browsers that go to it and to the provider, wherever redirects lead."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[Person]:
        inside = httpx2.ASGITransport(app=self.desk.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            mounts={HERE: inside}, base_url=HERE, follow_redirects=True, headers=headers, verify=trust()
        ) as client:
            yield Person(client)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock, db: Database, cipher: Cipher) -> AsyncIterator[House]:
    app = create_app(settings, clock, db, shared_knowledge(), cipher, reader=shared_reader())
    add_pages(app)
    desk = Desk(app, clock, await staff.bot_key(app.state.api))
    async with desk.api.db.write() as session:
        await people.connect(desk.api, session, NURSE, KNOWN, clock.now())
    yield House(desk)


@pytest.fixture
async def demo_db(templates: Templates, tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite with the demo loaded."""
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        async with database(url) as made:
            yield made


@pytest.fixture
async def house(demo_db: Database, fixed_clock: FixedClock, settings: Settings, cipher: Cipher) -> AsyncIterator[House]:
    """The nurse is known at the provider as `person-1`."""
    async with opened(settings, fixed_clock, demo_db, cipher) as made:
        yield made
