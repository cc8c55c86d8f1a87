"""A person who was stopped by name stays stopped: no file and no unit lets her in again, only whoever runs Lots or her own organisation."""

import pytest
from sqlmodel import select

from api.authorisation import Caller, Place, Role
from api.errors import DirectoryChanged, PersonBlocked, PersonElsewhere, RoleNotYours
from api.imports import staff
from api.staff import administration
from api.staff.tables import StaffRow
from knowledge.vocabulary import UnitType
from tests.api.imports.test_staff_files import ADA, KIM, bring, by, file, person
from tests.support.api import NURSE_UNIT, RECEIVING_UNIT, Desk

WHO = "SE2120001207-K1"
ELSEWHERE = KIM.replace(NURSE_UNIT, RECEIVING_UNIT)


def of_unit(unit_id: str, organisation: str, role: Role = Role.UNIT_ADMINISTRATOR) -> Caller:
    place = Place(unit_id, "", UnitType.MUNICIPAL_HEALTH, "halland", organisation, role)
    return Caller("staff:chef", (place,), "chef")


async def status(desk: Desk, staff_id: str) -> int:
    return (await desk.call("GET", "/me", by=staff_id)).status_code


async def test_the_same_file_again_does_not_let_a_blocked_person_in(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    kim = await person(local_desk, WHO)
    assert await administration.block(local_desk.api, WHO) == kim.id
    new = KIM.replace("K1", "K2").replace("Kim", "Tim")
    plan = await bring(local_desk, file(KIM, ADA, new))
    assert [(one.line, one.column, one.code) for one in plan.passed] == [(2, "hsa_id", "blocked")]
    assert "spärrad" in plan.passed[0].words(local_desk.api.knowledge.texts.text)
    assert [one.hsa_id for one in plan.people_new] == ["SE2120001207-K2"]
    assert (plan.people_changed, plan.posts_ended, plan.people_gone) == ((), (), ())
    assert await status(local_desk, kim.id) == 403


async def test_another_organisations_file_does_not_let_a_blocked_person_in(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    kim = await person(local_desk, WHO)
    await administration.block(local_desk.api, WHO)
    plan = await bring(local_desk, file(ELSEWHERE))
    assert [one.code for one in plan.passed] == ["blocked"]
    assert plan.empty
    assert await status(local_desk, kim.id) == 403


async def test_whoever_had_left_can_be_blocked_and_then_no_file_brings_her_back(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    await bring(local_desk, file(ADA))
    kim = await person(local_desk, WHO)
    assert await administration.block(local_desk.api, WHO) == kim.id
    assert await administration.block(local_desk.api, WHO) is None
    await bring(local_desk, file(KIM, ADA))
    assert await status(local_desk, kim.id) == 403


async def test_a_file_read_before_a_block_does_not_lift_it(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    plan = await staff.preview(local_desk.api, None, file(KIM.replace("Kim", "Kimberly"), ADA))
    await administration.block(local_desk.api, WHO)
    with pytest.raises(DirectoryChanged):
        async with local_desk.api.db.write() as session:
            await staff.carry_out(local_desk.api, session, None, plan)
    assert not (await person(local_desk, WHO)).active


async def test_a_units_administrator_takes_no_blocked_person_in_and_no_role_elsewhere_lives_again(
    local_desk: Desk,
) -> None:
    await bring(local_desk, file(ADA))
    await administration.block(local_desk.api, "SE2120001207-A1")
    ada = await person(local_desk, "SE2120001207-A1")
    organisation = next(u.organisation for u in local_desk.api.knowledge.directory.units if u.id == NURSE_UNIT)
    other = next(
        u.id for u in local_desk.api.knowledge.directory.units if u.organisation == organisation and u.id != NURSE_UNIT
    )
    chef = of_unit(other, organisation)
    with pytest.raises(PersonBlocked):
        await administration.add_person(local_desk.api, chef, other, "SE2120001207-A1", "Ada", Role.STAFF)
    assert await status(local_desk, ada.id) == 403


async def test_a_block_is_lifted_by_the_operator_and_by_her_own_organisation_alone(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    kim = (await person(local_desk, WHO)).id
    await administration.block(local_desk.api, WHO)
    organisation = by("ada").here.organisation
    with pytest.raises(RoleNotYours):
        await administration.unblock_member(local_desk.api, of_unit(NURSE_UNIT, organisation), NURSE_UNIT, kim)
    await administration.unblock_member(local_desk.api, by("ada"), NURSE_UNIT, kim)
    assert await status(local_desk, kim) == 200

    assert await administration.block(local_desk.api, WHO) == kim
    assert await administration.unblock(local_desk.api, WHO) == kim
    assert await administration.unblock(local_desk.api, WHO) is None
    assert await status(local_desk, kim) == 200


async def test_a_person_of_two_organisations_is_let_in_by_neither_alone(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    await bring(local_desk, file(ELSEWHERE))
    kim = (await person(local_desk, WHO)).id
    await administration.block(local_desk.api, WHO)
    with pytest.raises(RoleNotYours):
        await administration.unblock_member(local_desk.api, by("ada"), NURSE_UNIT, kim)


async def test_who_works_nowhere_is_not_made_active_by_lifting_her_block(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    await administration.block(local_desk.api, WHO)
    await bring(local_desk, file(ADA))
    await administration.unblock(local_desk.api, WHO)
    assert not (await person(local_desk, WHO)).active
    await bring(local_desk, file(KIM, ADA))
    assert (await person(local_desk, WHO)).active


async def test_a_blocked_person_of_another_organisation_is_not_told_of(local_desk: Desk) -> None:
    await bring(local_desk, file(KIM, ADA))
    await administration.block(local_desk.api, WHO)
    async with local_desk.api.db.read() as session:
        row = (await session.exec(select(StaffRow.blocked_by).where(StaffRow.hsa_id == WHO))).one()
    assert row == "system"
    organisation = next(u.organisation for u in local_desk.api.knowledge.directory.units if u.id == RECEIVING_UNIT)
    chef = of_unit(RECEIVING_UNIT, organisation)
    with pytest.raises(PersonElsewhere):
        await administration.add_person(local_desk.api, chef, RECEIVING_UNIT, WHO, "Kim", Role.STAFF)
