"""Files of staff: who comes, changes and goes, and what a file may never do."""

from pathlib import Path

import pytest
from sqlmodel import select

from api.audit.tables import AuditRow
from api.authorisation import Caller, Place, Role
from api.imports import staff, units
from api.imports.staff_plan import StaffPlan
from api.staff.tables import MembershipRow, StaffRow
from knowledge.vocabulary import UnitType
from tests.support.api import NURSE, NURSE_UNIT, OTHER_UNIT, RECEIVING_UNIT, Desk, dismiss

HEAD = "hsa_id;name;unit;role"
KIM = f"SE2120001207-K1;Kim Exempel, sjuksköterska;{NURSE_UNIT};staff"
ADA = f"SE2120001207-A1;Ada Exempel, chef;{NURSE_UNIT};Systemadministratör"


def file(*lines: str, head: str = HEAD) -> str:
    return "\n".join((head, *lines)) + "\n"


async def bring(desk: Desk, text: str) -> StaffPlan:
    plan = await staff.preview(desk.api, None, text)
    async with desk.api.db.write() as session:
        await staff.carry_out(desk.api, session, None, plan)
    return plan


def by(staff_id: str) -> Caller:
    place = Place(NURSE_UNIT, "", UnitType.MUNICIPAL_HEALTH, "halland", "Halmstads kommun", Role.SYSTEM_ADMINISTRATOR)
    return Caller(f"staff:{staff_id}", (place,), staff_id)


async def person(desk: Desk, hsa_id: str) -> StaffRow:
    async with desk.api.db.read() as session:
        return (await session.exec(select(StaffRow).where(StaffRow.hsa_id == hsa_id))).one()


async def test_people_come_work_change_and_go_with_the_file(desk: Desk) -> None:
    plan = await bring(desk, file(KIM, ADA))
    assert (len(plan.people_new), len(plan.posts_new)) == (2, 2)
    kim = await person(desk, "SE2120001207-K1")
    assert (await desk.call("GET", "/me", by=kim.id)).json()["unit"]["id"] == NURSE_UNIT
    assert (await bring(desk, file(KIM, ADA))).empty

    changed = await bring(desk, file(KIM.replace("staff", "unit_administrator").replace("Kim", "Kimberly"), ADA))
    assert (len(changed.people_changed), len(changed.posts_changed)) == (1, 1)
    assert (await desk.call("GET", "/me", by=kim.id)).json()["role"] == "unit_administrator"

    gone = await bring(desk, file(ADA))
    assert [one.id for one in gone.people_gone] == [kim.id]
    assert (await desk.call("GET", "/me", by=kim.id)).json()["code"] == "staff_unknown"
    assert len((await bring(desk, file(KIM, ADA))).people_changed) == 1
    assert (await desk.call("GET", "/me", by=kim.id)).status_code == 200
    async with desk.api.db.read() as session:
        deeds = (await session.exec(select(AuditRow.action).where(AuditRow.object_id == kim.id))).all()
    expected = ["add_staff", "deactivate_staff", "end_membership", "grant_staff", "grant_staff"]
    assert sorted(deeds) == [*expected, "grant_unit_administrator", "reactivate_staff", "update_staff"]


async def test_one_person_works_at_several_units_and_chooses_where_she_is(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, KIM.replace(NURSE_UNIT, OTHER_UNIT)))
    kim = (await person(local_desk, "SE2120001207-K1")).id
    assert len((await local_desk.call("GET", "/me", by=kim)).json()["units"]) == 2
    chosen = await local_desk.call("PUT", "/me/unit", by=kim, body={"unit": OTHER_UNIT})
    assert chosen.json()["unit"]["id"] == OTHER_UNIT


async def test_what_a_units_administrator_gave_is_not_taken_by_a_file(local_desk: Desk) -> None:
    await bring(local_desk, file(ADA))
    async with local_desk.api.db.read() as session:
        assert await session.get(MembershipRow, (NURSE, NURSE_UNIT)) is not None


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ((KIM.replace(NURSE_UNIT, "okänd"),), (2, "unit", "unit_unknown")),
        ((KIM.replace("staff", "chef"),), (2, "role", "not_role")),
        ((KIM.replace("SE2120001207-K1", ""),), (2, "hsa_id", "needed")),
        ((KIM, KIM), (3, "unit", "twice")),
        ((KIM, KIM.replace("Kim", "Tim").replace(NURSE_UNIT, OTHER_UNIT)), (3, "name", "other_name")),
    ],
    ids=["unit", "role", "id", "twice", "name"],
)
async def test_a_bad_line_is_told_and_nothing_is_done(
    local_desk: Desk, lines: tuple[str, ...], where: tuple[int, str, str]
) -> None:
    plan = await staff.preview(local_desk.api, None, file(*lines))
    assert [(one.line, one.column, one.code) for one in plan.problems] == [where]
    words = plan.problems[0].words(local_desk.api.knowledge.texts.text)
    assert "Kim" not in words


async def test_an_administrators_file_reaches_her_own_organisation_only(local_desk: Desk) -> None:
    plan = await staff.preview(local_desk.api, by("ada"), file(KIM, KIM.replace(NURSE_UNIT, RECEIVING_UNIT)))
    assert [(one.line, one.column, one.code) for one in plan.problems] == [(3, "unit", "not_yours")]


async def test_nobodys_file_changes_her_own_role(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA, ADA.replace("A1", "A2")))
    ada = (await person(local_desk, "SE2120001207-A1")).id
    lines = (KIM, ADA.replace("Systemadministratör", "auditor"), ADA.replace("A1", "A2"))
    plan = await staff.preview(local_desk.api, by(ada), file(*lines))
    assert [one.code for one in plan.problems] == ["own_role"]
    left_out = await staff.preview(local_desk.api, by(ada), file(KIM, ADA.replace("A1", "A2")))
    assert [one.code for one in left_out.problems] == ["own_role"]


async def test_a_file_never_leaves_an_organisation_without_a_system_administrator(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    await dismiss(local_desk.api, "tomas-ek")
    plan = await staff.preview(local_desk.api, None, file(KIM))
    assert [one.code for one in plan.problems] == ["last_administrator"]


async def test_the_example_in_the_documentation_fits_the_example_of_units(local_desk: Desk) -> None:
    docs = Path(__file__).parents[3] / "docs"
    plan = await units.preview(local_desk.api, None, (docs / "example-units.csv").read_text("utf-8"))
    async with local_desk.api.db.write() as session:
        await units.carry_out(local_desk.api, session, None, plan)
    people = await bring(local_desk, (docs / "example-staff.csv").read_text("utf-8"))
    assert (len(people.people_new), len(people.posts_new)) == (3, 4)
