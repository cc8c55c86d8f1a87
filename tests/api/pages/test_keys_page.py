"""Programs' keys on the administration's pages: listed without themselves, shown once, revoked at once, and never another organisation's."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from api import tokens
from api.audit.tables import AuditRow
from api.authorisation import Role
from tests.api.pages.administering import HERE, system_administrator
from tests.api.pages.conftest import OpenBrowser, Person
from tests.support.api import NURSE_UNIT, RECEIVING_UNIT, Desk

NEW = {"name": "Statistik", "role": "staff", "days": "30"}


async def made(person: Person, **changes: str) -> str:
    """The key of a new program, as the page shows it."""
    page = await person.post(f"{HERE}/new-key", {**NEW, **changes})
    found = re.search(r'<p class="enrol-code">(\S+)</p>', page.text)
    assert found
    return found[1]


async def of_keys(desk: Desk) -> list[tuple[str, str]]:
    async with desk.api.db.read() as session:
        deeds = select(AuditRow.action, AuditRow.actor).where(col(AuditRow.action).in_(("make_key", "revoke_key")))
        return [(action, actor) for action, actor in (await session.exec(deeds.order_by(col(AuditRow.id)))).all()]


async def test_a_new_key_is_shown_once_and_listed_without_itself(desk: Desk, browse: OpenBrowser) -> None:
    adam = await system_administrator(desk)
    async with browse(adam) as person:
        assert f'href="{HERE}/new-key"' in (await person.get(HERE)).text
        key = await made(person)
        assert (await desk.call("GET", "/me", token=key)).json()["unit"]["id"] == NURSE_UNIT
        page = (await person.get("/admin/keys")).text
    assert "Statistik" in page
    assert key not in page
    assert "Hemsjukvården Lindhagen" in page
    assert "Senast använd" in page
    assert ("make_key", f"staff:{adam}") in await of_keys(desk)


async def test_a_key_ends_with_its_days_and_when_it_is_revoked(desk: Desk, browse: OpenBrowser) -> None:
    adam = await system_administrator(desk)
    async with browse(adam) as person:
        short = await made(person, days="1")
        desk.clock.advance(timedelta(seconds=1))
        long = await made(person, name="Export")
        page = (await person.get("/admin/keys")).text
        (first, *_) = re.findall(r'href="(/admin/keys/[^"]+/revoke)"', page)
        asked = await person.get(first)
        assert "Programmet Export" in asked.text
        assert (await desk.call("GET", "/me", token=long)).status_code == 200, "looking revokes nothing"
        after = await person.post(first)
        assert "Nyckeln är indragen." in after.text
        assert (await desk.call("GET", "/me", token=long)).json()["code"] == "key_revoked"
        await person.post(first)
    assert [action for action, _ in await of_keys(desk)].count("revoke_key") == 1
    assert (await of_keys(desk))[-1] == ("revoke_key", f"staff:{adam}")
    desk.clock.advance(timedelta(days=1))
    assert (await desk.call("GET", "/me", token=short)).json()["code"] == "key_expired"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"name": "  "}, "name", id="no name"),
        pytest.param({"name": "x" * 121}, "name", id="a long name"),
        pytest.param({"role": "king"}, "role", id="no such role"),
        pytest.param({"days": "0"}, "days", id="no days"),
        pytest.param({"days": "3651"}, "days", id="too many days"),
        pytest.param({"days": "²"}, "days", id="no number"),
    ],
)
async def test_what_is_wrong_is_told_by_its_field_and_no_key_is_made(
    desk: Desk, browse: OpenBrowser, changes: dict[str, str], field: str
) -> None:
    async with browse(await system_administrator(desk)) as person:
        page = await person.post(f"{HERE}/new-key", {**NEW, **changes}, expect=422)
    assert f'href="#{field}"' in page.text
    assert await of_keys(desk) == []


async def test_another_organisations_keys_are_neither_seen_nor_revoked(desk: Desk, browse: OpenBrowser) -> None:
    theirs = await tokens.token(desk.api, RECEIVING_UNIT, Role.STAFF, 30)
    listed = await tokens.listed(desk.api)
    other = next(key.id for key in listed if key.unit == RECEIVING_UNIT)
    own = next(key.id for key in listed if key.on_behalf)
    async with browse(await system_administrator(desk)) as person:
        page = (await person.get("/admin/keys")).text
        assert "Det finns inga nycklar" in page
        for key_id in (other, own, "x"):
            assert (await person.get(f"/admin/keys/{key_id}/revoke")).status_code == 404
            await person.post(f"/admin/keys/{key_id}/revoke", at=f"{HERE}/new-key", expect=404)
        await person.post(f"/admin/units/{RECEIVING_UNIT}/new-key", NEW, at=f"{HERE}/new-key", expect=403)
    assert (await desk.call("GET", "/me", token=theirs)).status_code == 200


async def test_a_closed_unit_gets_no_key(desk: Desk, browse: OpenBrowser) -> None:
    adam = await system_administrator(desk)
    async with browse(adam) as person:
        await desk.close_unit(NURSE_UNIT)
        await person.post(f"{HERE}/new-key", NEW, expect=409)
    assert await of_keys(desk) == []
