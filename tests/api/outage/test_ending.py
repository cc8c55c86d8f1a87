"""What ends an outage and what does not: each place's own check, people's own word, and when the lists are forgotten."""

from datetime import timedelta

from sqlmodel import col, select

from api.authorisation import Caller, Place, Role
from api.outage import state, worklist
from api.outage.sealing import Who
from api.outage.tables import PatientRow
from api.outage.watch import Target, Watch, quiet_since
from knowledge.outage import FACT_VALUES
from knowledge.vocabulary import UnitType
from tests.api.outage.conftest import HOME_NURSE, REGION, WARD, WARD_NURSE, Scene
from tests.support.api import Json

OWN = "Region Västernorrland"
HERE = Place(WARD, "Strömmen", UnitType.INPATIENT_WARD, REGION, OWN, Role.STAFF)
NURSE = Caller(f"staff:{WARD_NURSE}", (HERE,), WARD_NURSE)


def checked_by_its_own(scene: Scene) -> None:
    """One organisation's own system is asked, and not the region's."""
    scene.watch = Watch(scene.desk.api, {Target(REGION, OWN): scene.system.answers})


async def recovers(scene: Scene) -> None:
    """An hour has passed, and the checks pass for a while."""
    scene.desk.clock.advance(timedelta(hours=1))
    await scene.minutes(20, lambda _: True)


async def ended_by_hand(scene: Scene, outage: str) -> None:
    done = await scene.desk.call("POST", f"/outages/{outage}/end", token=await scene.administrator(), body={})
    assert done.status_code == 201, done.text


def states(found: list[Json]) -> dict[object, object]:
    return {one["organisation"]: one["state"] for one in found}


async def told(scene: Scene, whom: str) -> list[object]:
    return [one["kind"] for one in await scene.notices(by=whom)]


async def test_one_organisations_recovered_check_ends_its_own_outage_and_never_the_regions(both: Scene) -> None:
    checked_by_its_own(both)
    await both.minutes(8, lambda _: False)
    assert states(await both.outages()) == {OWN: "confirmed"}
    region = await both.begun()
    await recovers(both)
    assert states(await both.outages()) == {OWN: "ended", None: "confirmed"}
    assert await told(both, WARD_NURSE) == ["began"], "it is down for her all the time"
    assert await told(both, HOME_NURSE) == ["began"]
    assert (await both.desk.call("GET", "/me", by=WARD_NURSE)).json()["outage"] == "Lifecare SP"
    await ended_by_hand(both, region)
    assert await told(both, WARD_NURSE) == await told(both, HOME_NURSE) == ["began", "ended"]


async def test_who_is_down_by_her_own_organisation_is_not_told_that_it_works_when_the_regions_ends(
    scene: Scene,
) -> None:
    checked_by_its_own(scene)
    region = await scene.begun()
    await scene.minutes(8, lambda _: False)
    await ended_by_hand(scene, region)
    assert await told(scene, WARD_NURSE) == ["began"]
    assert await told(scene, HOME_NURSE) == ["began", "ended"]
    await recovers(scene)
    assert await told(scene, WARD_NURSE) == ["began", "ended"]


async def test_one_organisations_failing_check_confirms_nothing_for_the_region(scene: Scene) -> None:
    checked_by_its_own(scene)
    await scene.report(HOME_NURSE)
    await scene.minutes(8, lambda _: False)
    assert states(await scene.outages()) == {None: "suspected", OWN: "confirmed"}
    assert await told(scene, HOME_NURSE) == []
    assert await told(scene, WARD_NURSE) == ["began"]


async def test_what_people_said_first_no_check_ends_but_it_is_shown_that_the_checks_pass(scene: Scene) -> None:
    await scene.report(WARD_NURSE)
    await scene.minutes(8, lambda _: False)
    await recovers(scene)
    assert states(await scene.outages()) == {None: "confirmed"}
    shown = (await state.listed(scene.desk.api, NURSE)).items[0]
    assert await quiet_since(scene.desk.api, shown) is not None


async def test_a_list_that_is_done_before_the_outage_ends_is_forgotten_as_soon_as_one_done_after(both: Scene) -> None:
    api, outage = both.desk.api, await both.begun()
    facts = {fact: values[0] for fact, values in FACT_VALUES.items()}
    await worklist.add(api, NURSE, outage, Who(label="Kim Exempel"), facts, key="")
    made = await worklist.load(api, NURSE, outage)
    for patient in made.patients:
        for row in patient.found.do:
            await worklist.tick(api, NURSE, outage, patient.row.id, row.id, on=True)
    for task in made.tasks:
        await worklist.tick(api, NURSE, outage, worklist.UNIT, task.task.id, on=True)
    await ended_by_hand(both, outage)
    both.desk.clock.advance(timedelta(days=made.routine.keep_days - 1))
    await both.watch.look()
    assert await labelled(both) == 1
    both.desk.clock.advance(timedelta(days=1))
    await both.watch.look()
    assert await labelled(both) == 0


async def test_a_list_that_is_not_done_when_the_outage_ends_is_kept_longer(scene: Scene) -> None:
    api, outage = scene.desk.api, await scene.begun()
    await worklist.add(api, NURSE, outage, Who(label="Kim Exempel"), {}, key="")
    await ended_by_hand(scene, outage)
    scene.desk.clock.advance(timedelta(days=31))
    await scene.watch.look()
    assert await labelled(scene) == 1


async def labelled(scene: Scene) -> int:
    async with scene.desk.api.db.read() as session:
        return len((await session.exec(select(PatientRow).where(col(PatientRow.sealed).is_not(None)))).all())
