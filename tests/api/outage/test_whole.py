"""A whole outage over the pages: found by checks, six units in three roles at work at once, calls, notes, forms, a SIP, back, worklists, summary."""

import asyncio
import csv
import io
import re
from datetime import timedelta

import httpx2
from sqlmodel import select

from api.outage.tables import PatientRow, PhoneCallRow, SipRow
from tests.api.outage.conftest import CENTRE, PERSON, UNITS, WARD, Scene, browser, who
from tests.api.pages.conftest import Person
from tests.support.api import PERSON_ID, order

SWITCHBOARD = "Region Västernorrlands växel"


def ids(kind: str, html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(rf"/{kind}/([A-Za-z0-9_-]{{12,}})\"", html)))


async def work_through(scene: Scene, unit: str, outage: str) -> None:
    """One unit during the outage: a patient, every call of its role, what is said, the form."""
    async with browser(scene, unit) as person:
        at = f"/outage/{outage}"
        fields = {"label": PERSON, "municipality": "Timrå", "admitted": "before", "discharged": "no"}
        added = await person.post(f"{at}/patients", fields, at=at)
        patient = added.url.path
        assert "Alla är nådda" not in added.text
        items = re.findall(r'name="item" value="(call_[a-z]+)"', added.text)
        assert items
        for item in items:
            page = await person.post(f"{patient}/calls", {"item": item}, at=patient)
            call = page.url.path
            assert 'href="tel:' in page.text
            missed = await person.send(page, f"{call}/note", {"outcome": "not_reached"})
            assert "Här är nästa nummer" in missed.text
            note = {"outcome": "reached", "spoke_with": "Bo Ek, handläggare", "agreed": "Tar emot på fredag"}
            assert "Nådd" in (await person.send(missed, f"{call}/note", note)).text
        page = await person.get(patient)
        for item in re.findall(r'name="item" value="((?:say|pass)_[a-z]+)"', page.text):
            await person.send(page, f"{at}/ticks", {"subject": patient.rpartition("/")[2], "item": item, "on": "yes"})
        form = await person.get(f"{patient}/form")
        assert "Bo Ek, handläggare" in form.text
        assert "Tar emot på fredag" in form.text
        pdf = await person.get(f"{patient}/form/pdf")
        assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        gone = {**fields, "discharged": "during", "gone_home": "yes", "ready": "yes", "sip_date_agreed": "no"}
        await person.post(patient, gone, at=patient)


async def finish(scene: Scene, unit: str, outage: str) -> None:
    """One unit afterwards: everything on its list ticked."""
    async with browser(scene, unit) as person:
        at = f"/outage/{outage}"
        page = await person.get(at)
        tasks = re.findall(r'name="subject" value="unit"><input type="hidden" name="item" value="([a-z_]+)"', page.text)
        for item in tasks:
            page = await person.send(page, f"{at}/ticks", {"subject": "unit", "item": item, "on": "yes", "back": ""})
        for patient in ids(f"outage/{outage}/patients", page.text):
            opened = await person.get(f"{at}/patients/{patient}")
            assert "Låt bli" in opened.text or UNITS[unit] != "ward"
            for item in re.findall(r'name="item" value="([a-z_]+)"', opened.text):
                await person.send(opened, f"{at}/ticks", {"subject": patient, "item": item, "on": "yes"})
        done = await person.get(at)
        assert "Allt är klart" in done.text, re.findall(r"\d+ av \d+ klart", done.text)


async def test_a_whole_outage_from_the_first_failed_check_to_the_summary(paged: Scene) -> None:
    await paged.minutes(12, lambda _: False)
    outage = str((await paged.outages())[0]["id"])

    await asyncio.gather(*(work_through(paged, unit, outage) for unit in UNITS))

    async with browser(paged, CENTRE) as person:
        sip = await person.post(f"/outage/{outage}/sips", at=f"/outage/{outage}")
        address = sip.url.path
        for party in ("person", "needs_assessor", "municipal_health"):
            tick = {"subject": address.rpartition("/")[2], "item": party, "on": "yes", "back": "sip"}
            sip = await person.send(sip, f"/outage/{outage}/ticks", tick)
        notes = {"date": "9 mars kl. 10 på hälsocentralen", "note_goals": "Kunna gå ut själv", "party_person": "Kim"}
        saved = await person.send(sip, address, notes)
        assert "Kunna gå ut själv" in saved.text
        assert "skicka den formella kallelsen" in saved.text

    vasternorrland = order(
        pack="vasternorrland", channel="sip", sender_unit=CENTRE, recipient_units=["vasternorrland-bistand-timra"]
    )
    late = await paged.desk.call("POST", "/messages", by=who(CENTRE), body=vasternorrland, key="late")
    assert late.status_code == 201, late.text

    paged.desk.clock.advance(timedelta(hours=8))
    await paged.minutes(20, lambda _: True)
    assert {one["kind"] for one in await paged.notices(by=who(WARD))} == {"began", "applies", "ended"}

    async with browser(paged, "vasternorrland-bistand-timra") as person:
        assert "(1 i Lots)" in (await person.get(f"/outage/{outage}")).text
        message = ids("inbox", (await person.get("/inbox")).text)[0]
        await person.post(f"/inbox/{message}/acknowledge", at=f"/inbox/{message}")
        assert "(0 i Lots)" in (await person.get(f"/outage/{outage}")).text
    async with browser(paged, CENTRE) as person:
        formal = {"subject": address.rpartition("/")[2], "item": "formal_call", "on": "yes", "back": "sip"}
        await person.post(f"/outage/{outage}/ticks", formal, at=address)
    await asyncio.gather(*(finish(paged, unit, outage) for unit in UNITS))

    async with browser(paged, WARD) as person:
        page = (await person.get(f"/outage/{outage}/summary")).text
        assert "<svg" in page
        assert "alla fick veta" in page
        sheet = await person.get(f"/outage/{outage}/summary/csv")
        rows = list(csv.DictReader(io.StringIO(sheet.text.lstrip("\ufeff"))))
    assert {row["role"] for row in rows} == {"ward_somatic", "ward_psychiatric", "municipality", "outpatient"}
    assert len(rows) == 6
    assert all(row["patients"] == row["registered_as_discharged"] == "1" for row in rows)
    assert all(row["tasks_done"] == row["tasks"] != "0" and row["calls"] == row["reached"] for row in rows)
    for words in (page, sheet.text):
        assert "Kim" not in words
        assert "1912" not in words
        assert "Bo Ek" not in words

    await erased_on_its_day(paged)


async def erased_on_its_day(scene: Scene) -> None:
    """What says who it was is gone thirty days after the lists were done, and the counts are left."""
    async with scene.desk.api.db.read() as session:
        assert all(row.sealed for row in (await session.exec(select(PatientRow))).all())
    scene.desk.clock.advance(timedelta(days=29))
    await scene.watch.look()
    async with scene.desk.api.db.read() as session:
        assert all(row.sealed for row in (await session.exec(select(PatientRow))).all())
    scene.desk.clock.advance(timedelta(days=1))
    await scene.watch.look()
    async with scene.desk.api.db.read() as session:
        patients = (await session.exec(select(PatientRow))).all()
        assert len(patients) == 6
        assert not any(row.sealed for row in (*patients, *(await session.exec(select(SipRow))).all()))
        assert (await session.exec(select(PhoneCallRow))).all() == []


async def test_a_drill_touches_no_real_message_and_nobody_outside_it(paged: Scene) -> None:
    body = {"exercise": True, "units": [WARD, "vasternorrland-bistand-timra"], "speed": 60}
    begun = await paged.desk.call("POST", "/outages", by=who(WARD), body=body)
    assert begun.status_code == 201, begun.text
    outage = begun.json()["id"]
    me = (await paged.desk.call("GET", "/me", by=who(WARD))).json()
    assert me["outage"] is None
    assert {one["staff_id"] for one in await paged.notices(kind="began")} <= {
        who(WARD),
        "amanda-tjernberg",
        who("vasternorrland-bistand-timra"),
    }
    assert await paged.outages(by=who(CENTRE)) == []
    late = order(pack="vasternorrland", channel="sip", sender_unit=CENTRE, recipient_units=[WARD])
    assert (await paged.desk.call("POST", "/messages", by=who(CENTRE), body=late, key="real")).status_code == 201
    paged.desk.clock.advance(timedelta(minutes=9))
    await paged.watch.look()
    assert [one["kind"] for one in await paged.notices(by=who(WARD))] == ["began", "applies"]
    await work_through(paged, WARD, outage)
    async with browser(paged, WARD) as person:
        page = await person.get(f"/outage/{outage}")
        assert "ÖVNING" in page.text
        await person.post(f"/outage/{outage}/end", at="/outage")
        page = await person.get(f"/outage/{outage}")
        assert "(0 i Lots)" in page.text
        waits = await person.get("/inbox")
        assert len(ids("inbox", waits.text)) >= 1
    async with browser(paged, CENTRE) as person:
        assert (await person.get(f"/outage/{outage}")).status_code == 404


async def test_another_units_patients_calls_and_sips_are_not_there(paged: Scene) -> None:
    await paged.minutes(12, lambda _: False)
    outage = str((await paged.outages())[0]["id"])
    await work_through(paged, WARD, outage)
    async with paged.desk.api.db.read() as session:
        patient = (await session.exec(select(PatientRow))).one()
        call = (await session.exec(select(PhoneCallRow))).first()
    assert call is not None
    assert PERSON_ID not in f"{patient.sealed}{call.card}{call.note}"
    async with browser(paged, CENTRE) as person:
        for path in (
            f"/outage/{outage}/patients/{patient.id}",
            f"/calls/{call.id}",
            f"/outage/{outage}/patients/{patient.id}/form",
        ):
            answered = await person.get(path)
            assert answered.status_code == 404, path
            assert PERSON_ID not in answered.text


async def test_the_same_form_sent_twice_is_one_patient_and_one_try(paged: Scene) -> None:
    await paged.minutes(12, lambda _: False)
    outage = str((await paged.outages())[0]["id"])
    async with browser(paged, WARD) as person:
        page = await person.get(f"/outage/{outage}")
        for _ in range(2):
            added = await person.send(page, f"/outage/{outage}/patients", {"label": "", "admitted": "during"})
        patient = added.url.path
        call = await person.post(f"{patient}/calls", {"item": "call_municipality"}, at=patient)
        for _ in range(2):
            noted = await person.send(call, f"{call.url.path}/note", {"outcome": "not_reached"})
        assert noted.text.count("inte nådd</li>") == 1
        assert "Bara löpnumret är känt" in (await person.get(patient)).text
    async with paged.desk.api.db.read() as session:
        assert len((await session.exec(select(PatientRow))).all()) == 1


async def test_whoever_reached_nobody_is_reminded_once_for_each_try(paged: Scene) -> None:
    made = await paged.desk.call(
        "POST",
        "/calls",
        by=who(WARD),
        body={
            "numbers": [
                {"name": SWITCHBOARD, "phone": "0611-800 00"},
                {"name": "Timrå kommun", "phone": "060-16 31 00"},
            ],
            "said": "Hon har feber. Kan ni komma i dag?",
        },
    )
    call = made.json()
    assert (made.status_code, call["name"]) == (201, SWITCHBOARD)
    for name, tried in (("Timrå kommun", 1), (SWITCHBOARD, 2)):
        noted = await paged.desk.call(
            "POST", f"/calls/{call['id']}/notes", by=who(WARD), body={"outcome": "not_reached"}
        )
        assert (noted.json()["name"], noted.json()["outcome"]) == (name, "not_reached")
        paged.desk.clock.advance(timedelta(minutes=20))
        for _ in range(2):
            await paged.watch.look()
        told = await paged.notices(by=who(WARD), kind="call_again")
        assert [one["name"] for one in told][-1] == name
        assert len(told) == tried
    async with browser(paged, WARD) as person:
        page = (await person.get(call["url"])).text
        assert "Hon har feber." in page
        assert "Be den du talar med upprepa" in page


async def test_the_status_page_takes_reports_announcements_plans_and_faults(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        said = await person.post("/outage/report", {"wide": "yes"}, at="/outage")
        assert "När en till, eller en administratör, säger samma sak" in said.text
        assert "För administratörer" not in said.text
        refused = await person.send(said, "/outage/announce", {"kind": "now"}, expect=403)
        assert refused.status_code == 403
        blank = await person.get("/outage/forms/municipality")
        assert "Blankett vid driftstopp – Kommunen" in blank.text
        assert (await person.get("/outage/forms/nobody")).status_code == 404
    async with browser(paged, WARD) as person:
        wrong = {"kind": "planned", "from": "i morgon", "to": ""}
        assert "Skriv båda tiderna" in (await person.post("/outage/announce", wrong, at="/outage", expect=422)).text
        right = {"kind": "planned", "from": "2026-05-05 22:00", "to": "2026-05-06 02:00"}
        assert "i förväg" in (await person.post("/outage/announce", right, at="/outage")).text
        drill = await person.post("/outage/announce", {"kind": "drill", "speed": "60"}, at="/outage", expect=422)
        assert "Välj minst en enhet" in drill.text
        now = await person.post("/outage/announce", {"kind": "now", "scope": "all"}, at="/outage")
        assert "Nere sedan" in now.text
        assert 'action="/outage/report"' not in now.text, "what everyone knows is not asked about"


async def test_a_region_without_a_routine_says_so_and_lends_nobody_elses_form(paged: Scene) -> None:
    transport = httpx2.ASGITransport(app=paged.desk.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://lots.test", follow_redirects=True) as client:
        maja = Person(client)
        await maja.become("maja-lindqvist")
        page = await maja.get("/outage")
        assert "Ingen avbrottsrutin är inläst" in page.text
        assert "0611-800 00" not in page.text
        assert (await maja.get("/outage/forms/municipality")).status_code == 404


async def test_a_form_nobody_would_send_is_refused_in_words_and_stores_nothing(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        for phone in ("", "ring mig", "0" * 100):
            await person.post("/calls", {"phone": phone, "said": "x"}, at="/calls", expect=422)
    async with paged.desk.api.db.read() as session:
        rows = (await session.exec(select(PhoneCallRow))).all()
    assert list(rows) == []
