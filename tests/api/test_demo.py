"""The demo in an empty database: believable, loaded once, never in production."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from api.app import make_api
from api.authorisation import Role
from api.context import Api
from api.demo import load_when_empty, read_demo
from api.errors import UnitUnknown
from api.staff.service import bot_key
from api.staff.tables import StaffRow
from api.tokens import list_units, token
from api.units import service as units
from api.units.tables import UnitRow
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.errors import KeysMissing
from common.settings import Settings
from knowledge.errors import DataErrors
from knowledge.vocabulary import UnitType
from tests.support.api import NURSE, Desk, shared_knowledge


async def test_processes_that_start_together_load_the_demo_once(
    db: Database, fixed_clock: FixedClock, settings: Settings, cipher: Cipher
) -> None:
    apis = [make_api(settings, fixed_clock, db, shared_knowledge(), cipher) for _ in range(4)]
    loaded = await asyncio.gather(*(load_when_empty(api) for api in apis))
    assert sorted(found.new for found in loaded if found is not None) == [False, False, False, True]
    async with db.read() as session:
        count = (await session.exec(select(func.count()).select_from(UnitRow))).one()
    assert count == len(shared_knowledge().directory.units)


async def test_a_database_written_with_other_keys_is_said_so_instead_of_failing_later(
    sqlite_db: Database, fixed_clock: FixedClock, settings: Settings, cipher: Cipher
) -> None:
    def api_with(keys: Cipher) -> Api:
        return make_api(settings, fixed_clock, sqlite_db, shared_knowledge(), keys)

    first = await bot_key(api_with(cipher))
    assert await bot_key(api_with(cipher)) == first
    for _ in range(2):
        with pytest.raises(KeysMissing, match="Put that one back"):
            await bot_key(api_with(Cipher(Keys.new())))
    assert await bot_key(api_with(cipher)) == first


async def test_in_production_nothing_is_loaded(
    sqlite_db: Database, fixed_clock: FixedClock, cipher: Cipher, tmp_path: Path
) -> None:
    settings = Settings(env="production", data_dir=tmp_path, base_url="https://lots.example")
    api = make_api(settings, fixed_clock, sqlite_db, shared_knowledge(), cipher)
    assert await load_when_empty(api) is None
    async with sqlite_db.read() as session:
        assert (await session.exec(select(UnitRow))).all() == []
        assert (await session.exec(select(StaffRow))).all() == []


def test_the_demos_people_work_at_units_that_exist_and_the_guest_is_a_nurse_in_halland() -> None:
    demo, directory = read_demo(), shared_knowledge().directory
    units = {person.id: directory.unit(person.unit) for person in demo.people}
    assert len(units) == len(demo.people)
    assert (units[demo.guest].type, units[demo.guest].region) == (UnitType.MUNICIPAL_HEALTH, "halland")
    assert demo.guest == NURSE
    assert all(units[person.id].demo for person in demo.people)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(None, 1, id="no file"),
        pytest.param("guest: a\npeople:\n  - {id: a, name: A, unit: u, role: boss}\n", 3, id="no such role"),
        pytest.param("guest: a\npeople:\n  - {id: a, name: A\n", 4, id="half a file"),
    ],
)
def test_people_that_cannot_be_read_are_said_with_file_and_line(tmp_path: Path, content: str | None, line: int) -> None:
    if content is not None:
        (tmp_path / "demo").mkdir()
        (tmp_path / "demo" / "people.yaml").write_text(content)
    with pytest.raises(DataErrors, match=rf"people\.yaml:{line}: "):
        read_demo(tmp_path)


@pytest.mark.parametrize("region", ["halland", "orebro", "vasternorrland", "vastra-gotaland"])
def test_every_region_has_someone_who_sends_and_someone_who_receives(region: str) -> None:
    demo, directory = read_demo(), shared_knowledge().directory
    types = {directory.unit(p.unit).type for p in demo.people if directory.unit(p.unit).region == region}
    assert {UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE} <= types


def test_the_demo_has_both_deliveries_that_need_no_other_system() -> None:
    demo, directory = read_demo(), shared_knowledge().directory
    copying = {setting.organisation for setting in demo.deliveries if setting.delivery == "copy_out"}
    halland = {directory.unit(p.unit).organisation for p in demo.people if directory.unit(p.unit).region == "halland"}
    assert copying & halland
    assert directory.unit("halland-hemsjukvard-halmstad").organisation not in copying


async def test_a_token_works_as_its_unit_in_its_role(local_desk: Desk) -> None:
    key = await token(local_desk.api, "orebro-vc-almlunden", Role.STAFF, 90)
    me = (await local_desk.call("GET", "/me", token=key)).json()
    assert (me["unit"]["id"], me["role"]) == ("orebro-vc-almlunden", "staff")
    with pytest.raises(UnitUnknown):
        await token(local_desk.api, "finns-inte", Role.STAFF, 90)


async def test_the_directory_is_listed_by_the_packs_region_and_by_type(local_desk: Desk) -> None:
    found = await list_units(local_desk.api, pack_id="halland-2021", unit_type=UnitType.PRIMARY_CARE)
    assert found
    assert {(unit.region, unit.type) for unit in found} == {("halland", UnitType.PRIMARY_CARE)}


async def test_units_are_found_by_half_a_name_and_kept_to_those_that_can_receive(local_desk: Desk) -> None:
    response = await local_desk.call("GET", "/units", params={"query": "oskarstr", "region": "halland"})
    assert response.json()["items"][0]["id"] == "halland-vc-oskarstrom"
    params: dict[str, str | int | bool] = {"region": "vasternorrland", "channel": "sip", "limit": 100}
    able = (await local_desk.call("GET", "/units", params=params)).json()["items"]
    assert able
    assert not any(unit["receives"] == ["phone"] or not unit["has_access"] for unit in able)


async def test_a_unit_that_changes_is_found_under_its_new_name_at_once(local_desk: Desk) -> None:
    unit = shared_knowledge().directory.unit("halland-vc-oskarstrom")
    await local_desk.call("GET", "/units", params={"query": "nissastrand"})
    local_desk.clock.advance(timedelta(seconds=1))
    async with local_desk.api.db.write() as session:
        renamed = unit.model_copy(update={"name": "Vårdcentralen Kvittervik", "aliases": ()})
        await units.save(local_desk.api, session, [renamed])
    response = await local_desk.call("GET", "/units", params={"query": "kvittervik"})
    assert response.json()["items"][0]["name"] == "Vårdcentralen Kvittervik"


async def test_a_decision_over_http_has_the_shape_of_the_command_line(local_desk: Desk) -> None:
    body = {"id": "x", "pack": "halland-2024", "sender": "municipal_health", "recipient": "primary_care", "text": ""}
    made = (await local_desk.call("POST", "/decisions", body=body)).json()
    assert (made["id"], made["status"]) == ("x", "ask")
    wrong = await local_desk.call("POST", "/decisions", body={**body, "pack": "halland-1999"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "pack_unknown")
