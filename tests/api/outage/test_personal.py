"""What is personal in an outage: every reading and change is in the audit, and whom one rings stands nowhere it can be read."""

import json

from sqlalchemy import update
from sqlmodel import col, func, select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Caller, Place, Role
from api.outage import calls
from api.outage.sealing import CardText
from api.outage.tables import PhoneCallRow
from knowledge.vocabulary import UnitType
from tests.api.outage.conftest import CENTRE, REGION, WARD, WARD_NURSE, Scene, browser
from tests.api.pages.conftest import Person

HERE = Place(WARD, "Strömmen", UnitType.INPATIENT_WARD, REGION, "Region Västernorrland", Role.STAFF)
NURSE = Caller(f"staff:{WARD_NURSE}", (HERE,), WARD_NURSE)


async def deeds(scene: Scene, about: str) -> dict[str, int]:
    async with scene.desk.api.db.read() as session:
        counted = select(AuditRow.action, func.count()).where(AuditRow.object_id == about)
        return dict((await session.exec(counted.group_by(col(AuditRow.action)))).all())


async def begun_sip(scene: Scene, person: Person) -> str:
    outage = await scene.begun()
    return (await person.post(f"/outage/{outage}/sips", at=f"/outage/{outage}")).url.path


async def test_reading_and_writing_a_sip_is_in_the_audit(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        address = await begun_sip(paged, person)
        about = address.rpartition("/")[2]
        before = await deeds(paged, about)
        page = await person.get(address)
        read = await deeds(paged, about)
        assert read.get(Action.READ_SIP, 0) == before.get(Action.READ_SIP, 0) + 1
        await person.send(page, address, {"note_goals": "Kunna gå ut själv"})
        wrote = await deeds(paged, about)
        assert wrote[Action.CHANGE_WORK_LIST] == before[Action.CHANGE_WORK_LIST] + 1
        assert wrote[Action.READ_SIP] == read[Action.READ_SIP] + 1, (
            "the page after it is read, the writing reads nothing"
        )


async def test_changing_what_a_call_is_about_is_in_the_audit(both: Scene) -> None:
    body = {"numbers": [{"name": "Jouren", "phone": "070-174 06 26"}], "said": "Hon har feber."}
    made = await both.desk.call("POST", "/calls", by=WARD_NURSE, body=body)
    seen = (await opened(both, made.json()["id"])).card_seen
    await calls.set_card(both.desk.api, NURSE, made.json()["id"], CardText(situation="Feber sedan i går"), seen=seen)
    assert (await deeds(both, made.json()["id"]))[Action.NOTE_CALL] == 2


EVA = {"name": "Dottern Eva Provsvarsson", "phone": "070-174 06 99"}
TOWN = {"name": "Timrå kommun", "phone": "060-16 31 00"}


async def call_to(scene: Scene, *numbers: dict[str, str]) -> str:
    body = {"numbers": list(numbers), "said": "Hon har feber."}
    made = await scene.desk.call("POST", "/calls", by=WARD_NURSE, body=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def missed(scene: Scene, call: str) -> list[object]:
    """Nobody was reached, twenty minutes pass: what the answer and the reminder say of whom to ring."""
    noted = await scene.desk.call("POST", f"/calls/{call}/notes", by=WARD_NURSE, body={"outcome": "not_reached"})
    scene.desk.clock.advance(calls.AGAIN_AFTER)
    await scene.watch.look()
    told = (await scene.notices(by=None, kind="call_again"))[-1]
    assert told["call_id"] == call
    return [noted.json()["name"], noted.json()["phone"], told["name"], told["phone"]]


async def stored(scene: Scene) -> str:
    async with scene.desk.api.db.read() as session:
        return " ".join(row.model_dump_json() for row in (await session.exec(select(PhoneCallRow))).all())


async def test_whom_one_rings_is_sealed_and_told_only_where_the_directory_has_the_number(both: Scene) -> None:
    call = await call_to(both, EVA, TOWN)
    assert await missed(both, call) == [TOWN["name"], TOWN["phone"]] * 2
    assert await missed(both, call) == [None] * 4
    assert "Eva" not in await stored(both)
    assert EVA["phone"] not in await stored(both)
    assert [one.model_dump(include={"name", "phone"}) for one in (await opened(both, call)).numbers] == [EVA, TOWN]


async def opened(scene: Scene, call: str) -> calls.Opened:
    return await calls.opened(scene.desk.api, NURSE, call)


async def test_the_directorys_number_under_another_name_is_somebodys_own(scene: Scene) -> None:
    call = await call_to(scene, {"name": "Evas boende", "phone": TOWN["phone"]})
    assert await missed(scene, call) == [None] * 4


async def test_whom_one_rang_before_it_was_sealed_is_read_and_sealed_and_not_told(both: Scene) -> None:
    call = await call_to(both, EVA, TOWN)
    await missed(both, call)
    older = json.dumps([EVA, TOWN], ensure_ascii=False)
    async with both.desk.api.db.write() as session:
        await session.exec(update(PhoneCallRow).values(numbers=older, whom=None))
    assert [told["name"] for told in await both.notices(by=None, kind="call_again")] == [None]
    assert (await opened(both, call)).ring.name == TOWN["name"]
    await both.watch.look()
    assert "Eva" not in await stored(both)
    assert (await opened(both, call)).numbers[0].phone == EVA["phone"]
    assert [told["name"] for told in await both.notices(by=None, kind="call_again")] == [TOWN["name"]]


async def test_the_list_of_calls_names_no_relative_and_the_calls_own_page_does(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        page = await person.post("/calls", {**EVA, "said": "Hon har feber."}, at="/calls")
        assert "Dottern Eva" in page.text
        listed = await person.get("/calls")
        assert "Samtal 1" in listed.text
        assert "Eva" not in listed.text
