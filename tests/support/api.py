"""The message API in a test: the demo's units and people on an empty database, a clock that stands still, and HTTP without a network."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from sqlmodel import col, select

from api.app import create_app, make_api
from api.authorisation import Role
from api.context import Api
from api.demo import load_when_empty
from api.staff import service as staff
from api.staff.tables import MembershipRow
from api.units import rows
from api.units.tables import UnitRow
from api.worker import handlers
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.outbox import Worker
from common.settings import Settings
from knowledge.bundle import Knowledge, load_knowledge
from tests.support.databases import START, Templates, opened
from triage.reading import Reader

Json = dict[str, object]

NURSE, NURSE_UNIT = "maja-lindqvist", "halland-hemsjukvard-halmstad"
COPYING_NURSE, COPYING_UNIT = "sara-ekdahl", "halland-hemsjukvard-falkenberg"
RECEIVER, RECEIVING_UNIT = "johan-nyman", "halland-vc-oskarstrom"
OTHER, OTHER_UNIT = "leila-hamid", "halland-vc-ekliden"
VGR_NURSE, VGR_UNIT = "hanna-viklund", "vastra-gotaland-hemsjukvard-lidkoping"
VGR_RECEIVER, VGR_RECEIVING_UNIT = "daniel-akerman", "vastra-gotaland-vc-slussporten"

PERSON_ID = "19121212-1212"
CANARY_TEXT = "Kanariefågeln sjunger om såromläggningen"
CANARY_NAME = "Kanarie Kvittersson"
CONSENT: Json = {
    "state": "given",
    "basis": "oral",
    "obtained_by": "distriktssköterska",
    "obtained_at": "2026-03-04T09:00:00Z",
}


@cache
def shared_knowledge() -> Knowledge:
    return load_knowledge()


@cache
def shared_reader() -> Reader:
    return Reader(shared_knowledge().lexicon)


def order(**changes: object) -> Json:
    """A message that may be handed over, from the demo's district nurse to a health centre; `changes` replace fields."""
    return {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": NURSE_UNIT,
        "recipient_units": [RECEIVING_UNIT],
        "person": {"id_type": "personnummer", "id": PERSON_ID, "name": CANARY_NAME},
        "subject": "Fråga om blodtryck",
        "sections": [{"heading": "Ärende", "text": CANARY_TEXT}, {"heading": "Bakgrund", "text": ""}],
        "consent": CONSENT,
        **changes,
    }


def vgr_order(**changes: object) -> Json:
    """A living message to several units, in SAMSA."""
    base = order(
        pack="vgr-skaraborg", channel="care_request", sender_unit=VGR_UNIT, recipient_units=[VGR_RECEIVING_UNIT]
    )
    return {**base, **changes}


class Desk:
    """The API with everything a test does to it."""

    def __init__(self, app: FastAPI, clock: FixedClock, bot_key: str) -> None:
        self.app = app
        self.clock = clock
        self.bot_key = bot_key
        self.api: Api = app.state.api
        self.worker = Worker(self.api.db, clock, handlers(self.api))
        self._keys = 0

    @asynccontextmanager
    async def http(self, headers: dict[str, str] | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://lots.test/api/v1", headers=headers or {}
        ) as client:
            yield client

    async def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = NURSE,
        body: object = None,
        key: str | None = None,
        token: str | None = None,
        params: dict[str, str | int | bool] | None = None,
    ) -> httpx2.Response:
        """One call: by a member of staff through the bot's key, or with a token of one's own."""
        headers = {"authorization": f"Bearer {token or self.bot_key}"}
        if by is not None and token is None:
            headers["lots-on-behalf-of"] = by
        if key is not None:
            headers["idempotency-key"] = key
        async with self.http(headers) as client:
            if body is None:
                return await client.request(method, path, params=params)
            headers = {"content-type": "application/json"}
            return await client.request(method, path, content=json.dumps(body), params=params, headers=headers)

    def new_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    async def hand_over(self, *, by: str = NURSE, key: str | None = None, **changes: object) -> httpx2.Response:
        return await self.post_message(order(**changes), by=by, key=key)

    async def post_message(self, body: Json, *, by: str = NURSE, key: str | None = None) -> httpx2.Response:
        return await self.call("POST", "/messages", by=by, body=body, key=key or self.new_key())

    async def handed_over(self, *, by: str = NURSE, **changes: object) -> str:
        """The id of a message that was just handed over."""
        response = await self.post_message(order(**changes), by=by)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def vgr_handed_over(self, **changes: object) -> str:
        body = vgr_order(**changes)
        response = await self.call("POST", "/messages", by=VGR_NURSE, body=body, key=self.new_key())
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def events(self, by: str | None = NURSE, after: str = "") -> list[Json]:
        response = await self.call("GET", "/events", by=by, params={"after": after})
        assert response.status_code == 200, response.text
        items: list[Json] = response.json()["items"]
        return items

    async def happened(self, by: str | None = NURSE) -> list[object]:
        return [event["type"] for event in await self.events(by)]

    async def inbox(self, by: str = RECEIVER, unit: str = RECEIVING_UNIT, **params: str | int) -> list[Json]:
        response = await self.call("GET", f"/units/{unit}/inbox", by=by, params={**params})
        assert response.status_code == 200, response.text
        items: list[Json] = response.json()["items"]
        return items

    async def token(self, unit: str, role: Role = Role.STAFF, lifetime: timedelta | None = None) -> str:
        return await staff.issue_key(self.api, name="test", unit_id=unit, role=role, lifetime=lifetime)

    async def close_unit(self, unit_id: str) -> None:
        """As a file of units closes one that is no longer in it."""
        async with self.api.db.write() as session:
            row = (await session.exec(select(UnitRow).where(UnitRow.id == unit_id))).one()
            closed = rows.unit_of(row).model_copy(update={"closed": True})
            await rows.write(session, [closed], {unit_id: row}, self.clock.now())

    async def work(self) -> int:
        """Everything that is due, done."""
        done = 0
        while count := await self.worker.run_once():
            done += count
        return done


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, base_url="http://lots.test")


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(Keys.new())


async def fill_with_demo(db: Database) -> None:
    """The demo's units and people, as `lots serve` loads them."""
    cipher = Cipher(Keys.new())
    api = make_api(Settings(), FixedClock(START), db, shared_knowledge(), cipher, reader=shared_reader())
    await load_when_empty(api)


async def dismiss(api: Api, staff_id: str) -> None:
    """She works nowhere any more, without anyone having been asked."""
    async with api.db.write() as session:
        await session.exec(delete(MembershipRow).where(col(MembershipRow.staff_id) == staff_id))


@asynccontextmanager
async def a_desk(url: str, settings: Settings, clock: FixedClock, cipher: Cipher) -> AsyncIterator[Desk]:
    async with opened(url) as db:
        app = create_app(settings, clock, db, shared_knowledge(), cipher, reader=shared_reader())
        yield Desk(app, clock, await staff.bot_key(app.state.api))


@pytest.fixture
async def desk(
    database_kind: str,
    templates: Templates,
    tmp_path: Path,
    fixed_clock: FixedClock,
    settings: Settings,
    cipher: Cipher,
) -> AsyncIterator[Desk]:
    """The API with the demo loaded, once on SQLite and once on PostgreSQL."""
    with contextmanager(templates.copy)(database_kind, "demo", fill_with_demo, tmp_path) as url:
        async with a_desk(url, settings, fixed_clock, cipher) as made:
            yield made


@pytest.fixture
async def local_desk(
    templates: Templates, tmp_path: Path, fixed_clock: FixedClock, settings: Settings, cipher: Cipher
) -> AsyncIterator[Desk]:
    """The API with the demo loaded on SQLite, for what is the same on every database."""
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        async with a_desk(url, settings, fixed_clock, cipher) as made:
            yield made
