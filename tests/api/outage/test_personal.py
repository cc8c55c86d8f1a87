"""What is personal in an outage: every reading and change is in the audit, and whom one rings stands nowhere it can be read."""

from sqlmodel import col, func, select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Caller, Place, Role
from api.outage import calls
from api.outage.sealing import CardText
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
    await calls.set_card(both.desk.api, NURSE, made.json()["id"], CardText(situation="Feber sedan i går"))
    assert (await deeds(both, made.json()["id"]))[Action.NOTE_CALL] == 2
