"""Every page of the administration, by every role, from one's own unit, another's and another organisation's; and what each page does."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from api.audit.tables import AuditRow
from api.authorisation import RIGHTS, Right, Role
from api.pages.administration import PAGES
from api.staff.administration import block
from api.staff.tables import StaffRow
from api.staff.watch import watchers
from tests.api.pages.administering import HERE, ORGANISATION, administrator, employ, post_of, system_administrator
from tests.api.pages.conftest import Fields, OpenBrowser, Person
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, RECEIVING_UNIT, VGR_UNIT, Desk, dismiss

COLLEAGUE = "bo-bengtsson"


async def audited(desk: Desk) -> list[tuple[str, str, str | None]]:
    async with desk.api.db.read() as session:
        rows = await session.exec(
            select(AuditRow.action, AuditRow.actor, AuditRow.object_id).order_by(col(AuditRow.id))
        )
        return [(action, actor, about) for action, actor, about in rows.all()]


async def test_every_page_asks_for_its_right_in_every_role_and_from_every_unit(desk: Desk, browse: OpenBrowser) -> None:
    """Every address × 6 roles × 3 units: the one administered, another organisation's in the region, another region's."""
    tried = 0
    for role in Role:
        for unit in (NURSE_UNIT, RECEIVING_UNIT, VGR_UNIT):
            who = await employ(desk, f"{role.replace('_', '-')}-{unit}"[:70], unit, role)
            async with browse(who) as person:
                csrf = await token(person)
                for page in PAGES:
                    path = page.path.format(unit_id=NURSE_UNIT, staff_id=NURSE, leave_id="x", file_id="x", key_id="x")
                    if page.method == "GET":
                        response = await person.get(path)
                    else:
                        response = await person.client.post(path, data={"csrf": csrf, "form": "empty"})
                    tried += 1
                    where = (role, unit, page.method, page.path, response.status_code)
                    if page.right not in RIGHTS[role] or (unit != NURSE_UNIT and "{unit_id}" in path + page.path):
                        assert response.status_code == 403, where
                    else:
                        assert response.status_code not in (401, 403), where
                        assert response.status_code < 500, where
    assert tried == len(PAGES) * len(Role) * 3
    deeds = {actor for action, actor, _ in await audited(desk) if action == "end_membership"}
    allowed = {f"staff:{role.replace('_', '-')}-{NURSE_UNIT}" for role in Role if Right.ADMINISTER_UNIT in RIGHTS[role]}
    assert deeds
    assert deeds <= allowed


async def token(person: Person) -> str:
    """The forms' hidden token, for posting what no form would."""
    found = Fields()
    found.feed((await person.get("/profile")).text)
    return found.hidden["csrf"]


async def test_nobody_sees_the_administration_without_signing_in(browse: OpenBrowser) -> None:
    async with browse() as stranger:
        for page in PAGES:
            path = page.path.format(unit_id=NURSE_UNIT, staff_id=NURSE, leave_id="x", file_id="x", key_id="x")
            response = await stranger.client.request(page.method, path)
            assert response.status_code == 401, path


async def test_an_administrator_takes_in_a_colleague_whom_she_finds_by_name(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    other_unit = next(
        u.id for u in desk.api.knowledge.directory.units if u.organisation == ORGANISATION and u.id != NURSE_UNIT
    )
    await employ(desk, COLLEAGUE, other_unit, Role.STAFF, name="Åke Bengtsson")
    async with browse(maja) as person:
        found = await person.post(f"{HERE}/new-member", {"who": "åke"})
        assert "Åke Bengtsson" in found.text
        page = await person.send(found, f"{HERE}/members", {"staff": COLLEAGUE, "role": "staff", "who": "åke"})
        assert "Personen är tillagd." in page.text
        assert "Åke Bengtsson" in page.text
    assert ("grant_staff", f"staff:{maja}", COLLEAGUE) in await audited(desk)


async def test_somebody_of_another_organisation_is_neither_found_nor_taken_in(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    async with browse(maja) as person:
        page = await person.post(f"{HERE}/new-member", {"who": "johan"})
        assert "Ingen hittades" in page.text
        fields = {"staff": RECEIVER, "role": "staff"}
        await person.post(f"{HERE}/members", fields, at=f"{HERE}/new-member", expect=404)
    assert await post_of(desk, RECEIVER) is None


async def test_a_new_person_gets_her_place_and_a_name_that_is_elsewhere_is_refused(
    desk: Desk, browse: OpenBrowser
) -> None:
    maja = await administrator(desk)
    new = {"name": "Kim Exempel", "hsa_id": "se2120001207-ny01", "new_role": "staff"}
    async with browse(maja) as person:
        assert "Kim Exempel" in (await person.post(f"{HERE}/people", new, at=f"{HERE}/new-member")).text
        again = await person.post(f"{HERE}/people", new, at=f"{HERE}/new-member", expect=422)
        assert "arbetar redan" in again.text
        async with desk.api.db.write() as session:
            johan = await session.get(StaffRow, RECEIVER)
            assert johan is not None
            johan.hsa_id = "SE2321000008-JN01"
            session.add(johan)
        elsewhere = {**new, "hsa_id": "SE2321000008-JN01"}
        refused = await person.post(f"{HERE}/people", elsewhere, at=f"{HERE}/new-member", expect=422)
        assert "Johan" not in refused.text


@pytest.mark.parametrize("role", ["auditor", "system_administrator", "trainer"])
async def test_an_administrator_of_a_unit_gives_no_role_above_her_own(
    desk: Desk, browse: OpenBrowser, role: str
) -> None:
    maja = await administrator(desk)
    await employ(desk, COLLEAGUE, NURSE_UNIT, Role.STAFF)
    async with browse(maja) as person:
        address = f"{HERE}/members/{COLLEAGUE}"
        page = await person.post(address, {"role": role}, expect=403)
        assert "kan inte ge eller ta bort den rollen" in page.text
    post = await post_of(desk, COLLEAGUE)
    assert post is not None
    assert post.role == "staff"


async def test_a_role_above_ones_own_cannot_be_taken_away_either(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    await employ(desk, COLLEAGUE, NURSE_UNIT, Role.AUDITOR)
    async with browse(maja) as person:
        assert "Den ändras av en systemadministratör" in (await person.get(f"{HERE}/members/{COLLEAGUE}")).text
        await person.post(f"{HERE}/members/{COLLEAGUE}/end", at=f"{HERE}/leave", expect=403)
    assert await post_of(desk, COLLEAGUE) is not None


async def test_a_system_administrator_gives_every_role_but_none_to_herself(desk: Desk, browse: OpenBrowser) -> None:
    adam = await system_administrator(desk)
    await employ(desk, COLLEAGUE, NURSE_UNIT, Role.STAFF)
    async with browse(adam) as person:
        await person.post(f"{HERE}/members/{COLLEAGUE}", {"role": "auditor"})
        page = await person.post(f"{HERE}/members/{adam}", {"role": "auditor"}, expect=403)
        assert "Du kan inte ge dig själv en annan roll" in page.text
    post, own = await post_of(desk, COLLEAGUE), await post_of(desk, adam)
    assert post is not None
    assert own is not None
    assert (post.role, own.role) == ("auditor", "system_administrator")
    assert ("grant_auditor", f"staff:{adam}", COLLEAGUE) in await audited(desk)


async def test_the_last_administrator_is_told_what_follows_before_she_goes(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    async with browse(maja) as person:
        asked = await person.post(f"{HERE}/members/{maja}/end", at=f"{HERE}/members/{maja}", expect=409)
        assert "Då finns ingen administratör kvar" in asked.text
        assert await post_of(desk, maja) is not None
        await person.send(asked, f"{HERE}/members/{maja}/end", expect=401)
    assert await post_of(desk, maja) is None
    assert ("end_membership", f"staff:{maja}", maja) in await audited(desk)


async def test_an_organisation_keeps_its_last_system_administrator(desk: Desk, browse: OpenBrowser) -> None:
    adam = await system_administrator(desk)
    await dismiss(desk.api, "tomas-ek")
    async with browse(adam) as person:
        address = f"{HERE}/members/{adam}"
        page = await person.post(f"{address}/end", {"sure": "yes"}, at=address, expect=409)
        assert "minst en systemadministratör" in page.text
        await employ(desk, "nina", NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
        await person.post(f"{address}/end", at=address, expect=401)
    assert await post_of(desk, adam) is None


async def test_who_is_away_is_replaced_by_whoever_covers(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    await employ(desk, COLLEAGUE, NURSE_UNIT, Role.STAFF, name="Bo Bengtsson")
    today = desk.api.today()
    days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=6)).isoformat()}
    async with browse(maja) as person:
        await person.post(f"{HERE}/members/{COLLEAGUE}", {"role": "staff", "watches": "no"})
        page = await person.post(f"{HERE}/leave", {"staff": maja, "cover": COLLEAGUE, **days})
        assert "Bo Bengtsson bevakar" in page.text
        assert "Just nu: Bo Bengtsson." in (await person.get(HERE)).text
        async with desk.api.db.read() as session:
            now = desk.clock.now()
            assert await watchers(session, NURSE_UNIT, now) == (COLLEAGUE,)
            assert await watchers(session, NURSE_UNIT, now + timedelta(days=7)) == (maja,)
        path = page.text.split('action="')[1].split('"')[0]
        assert path.endswith("/end")
        await person.send(page, path)
    async with desk.api.db.read() as session:
        assert await watchers(session, NURSE_UNIT, desk.clock.now()) == (maja,)
    assert {"set_watch", "add_absence", "end_absence"} <= {action for action, _, _ in await audited(desk)}


async def test_covering_gives_nobody_a_right(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    day = desk.api.today().isoformat()
    async with browse(maja) as person:
        fields = {"staff": maja, "cover": RECEIVER, "first_day": day, "last_day": day}
        page = await person.post(f"{HERE}/leave", fields, expect=422)
        assert "arbetar på enheten" in page.text
        page = await person.post(f"{HERE}/leave", {**fields, "cover": "", "last_day": "2020-01-01"}, expect=422)
        assert "Sista dagen" in page.text


async def test_hours_and_numbers_that_are_saved_are_what_others_find(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    before = (await desk.call("GET", f"/units/{NURSE_UNIT}")).json()
    changes = {"phone": "031-3906077", "hours": "mån-tors 8-17\nfre 8-15", "opening_text": "vardagar, fredag till 15"}
    async with browse(maja) as person:
        page = await person.post(f"{HERE}/details", {**details(before), **changes})
        assert "Sparat." in page.text
        wrong = await person.post(
            f"{HERE}/details", {**details(before), "phone": "ring", "hours": "ibland"}, expect=422
        )
        assert wrong.text.count("field__error") == 2
    found = (await desk.call("GET", "/units", params={"query": before["name"], "limit": 1})).json()["items"][0]
    assert (found["phone"], found["opening_text"]) == ("031-390 60 77", "vardagar, fredag till 15")
    assert found["opening_hours"][1] == {"days": ["fri"], "opens": "08:00:00", "closes": "15:00:00"}
    assert ("update_unit", f"staff:{maja}", NURSE_UNIT) in await audited(desk)


def details(unit: dict[str, str]) -> dict[str, str]:
    return {name: unit[name] or "" for name in ("phone", "opening_text", "on_call_phone", "on_call_note")}


async def test_what_a_unit_receives_and_how_its_own_leave_hold_at_once(desk: Desk, browse: OpenBrowser) -> None:
    maja = await administrator(desk)
    channel = "message_outside_care_episode"
    async with browse(maja) as person:
        fields = {"which": "some", "receives": "planning", f"delivery-{channel}": "copy_out"}
        page = await person.post(f"{HERE}/channels", fields)
        assert "Sparat." in page.text
        assert "Klistras in i ert system" in page.text
    refused = await desk.hand_over(by=RECEIVER, sender_unit=RECEIVING_UNIT, recipient_units=[NURSE_UNIT])
    assert refused.json()["code"] == "recipient_cannot_receive"
    assert (await desk.call("GET", "/me")).json()["deliveries"] == {channel: "copy_out"}
    assert (await desk.hand_over()).json()["status"] == "to_copy"
    assert ("set_delivery", f"staff:{maja}", channel) in await audited(desk)


async def test_a_block_is_seen_at_the_unit_and_lifted_by_a_system_administrator(
    desk: Desk, browse: OpenBrowser
) -> None:
    maja, adam = await administrator(desk), await system_administrator(desk)
    await employ(desk, COLLEAGUE, NURSE_UNIT, Role.STAFF)
    await block(desk.api, COLLEAGUE)
    address = f"{HERE}/members/{COLLEAGUE}"
    async with browse(maja) as person:
        assert "Spärrad" in (await person.get(HERE)).text
        page = await person.get(address)
        assert "Häv spärren" not in page.text
        await person.post(f"{address}/unblock", at=address, expect=403)
    async with browse(adam) as person:
        assert "Spärren är hävd." in (await person.post(f"{address}/unblock", at=address)).text
    assert (await desk.call("GET", "/me", by=COLLEAGUE)).status_code == 200
    assert ("reactivate_staff", f"staff:{adam}", COLLEAGUE) in await audited(desk)


async def test_a_unit_where_nobody_reads_the_inbox_is_marked_until_somebody_does(
    desk: Desk, browse: OpenBrowser
) -> None:
    adam = await system_administrator(desk)
    await dismiss(desk.api, NURSE)
    name = next(unit.name for unit in desk.api.knowledge.directory.units if unit.id == NURSE_UNIT)
    async with browse(adam) as person:
        assert "Ingen läser inkorgen" in (await person.client.get("/admin", params={"q": name})).text
        await employ(desk, COLLEAGUE, NURSE_UNIT, Role.STAFF)
        assert "Ingen läser inkorgen" not in (await person.client.get("/admin", params={"q": name})).text
