"""Files of units: what they change, close and open, what is wrong with them, and that it is all or nothing."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from api.app import make_api
from api.audit.tables import AuditRow
from api.errors import DirectoryChanged, FileRefused
from api.imports import units
from api.imports.unit_plan import UnitPlan
from api.keeping.retention import set_days, settings_of
from api.messages.delivery import Delivery
from api.messages.status import RecipientState
from api.messages.tables import RecipientRow
from api.units.service import delivery_for, set_delivery
from api.units.tables import UnitRow
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, Desk, order

HEAD = "hsa_id;name;type;region;organisation;phone;opening_hours;on_call_note"
ONE = (
    "SE2321000008-T001;Vårdcentralen Provbacken;primary_care;halland;Region Prov;031-390 06 90;vardagar 8-17;Ring 1177."
)
TWO = "SE2321000008-T002;Vårdcentralen Två;Vårdcentral;Halland;Region Prov;031-3900691;dygnet runt;"
FIRST = "hsa-se2321000008-t001"


def file(*lines: str, head: str = HEAD) -> str:
    return "\n".join((head, *lines)) + "\n"


async def bring(desk: Desk, text: str) -> UnitPlan:
    """Look and carry out, as whoever runs Lots."""
    plan = await units.preview(desk.api, None, text)
    assert plan.problems == (), plan.problems[:3]
    async with desk.api.db.write() as session:
        await units.carry_out(desk.api, session, None, plan)
    return plan


async def found(desk: Desk, name: str) -> list[object]:
    listed = await desk.call("GET", "/units", params={"query": name, "limit": 3})
    return [unit["name"] for unit in listed.json()["items"] if name in unit["name"]]


async def test_a_files_units_are_found_changed_closed_and_opened_again_in_every_process(desk: Desk) -> None:
    other = make_api(desk.api.settings, desk.clock, desk.api.db, desk.api.knowledge, desk.api.cipher)
    elsewhere = Desk(desk.app, desk.clock, desk.bot_key)
    assert len((await bring(desk, file(ONE, TWO))).new) == 2
    assert await found(desk, "Vårdcentralen Provbacken") == ["Vårdcentralen Provbacken"]
    async with other.db.read() as session:
        assert FIRST in (await other.units.current(session)).units

    changed = await bring(desk, file(ONE.replace("Provbacken", "Provlunden"), TWO))
    assert [(change.line, change.fields) for change in changed.changed] == [(2, ("name",))]
    assert changed.same == 1
    assert await found(elsewhere, "Vårdcentralen Provlunden") == ["Vårdcentralen Provlunden"]

    closed = await bring(desk, file(TWO))
    assert [unit.name for unit in closed.closed] == ["Vårdcentralen Provlunden"]
    assert await found(desk, "Vårdcentralen Provlunden") == []
    async with other.db.read() as session:
        assert FIRST not in (await other.units.current(session)).units
    refused = await desk.post_message(order(recipient_units=[FIRST]))
    assert refused.json()["code"] == "recipient_cannot_receive"
    assert "finns inte längre" in refused.json()["detail"]

    assert [change.unit.name for change in (await bring(desk, file(ONE, TWO))).opened] == ["Vårdcentralen Provbacken"]
    assert (await desk.post_message(order(recipient_units=[FIRST]))).status_code == 201
    async with desk.api.db.read() as session:
        deeds = await session.exec(
            select(AuditRow.action, AuditRow.actor).where(AuditRow.object_id == FIRST).order_by(col(AuditRow.id))
        )
        told = [(action, actor) for action, actor in deeds.all()]
    assert told == [(f"{word}_unit", "system") for word in ("add", "update", "close", "reopen")]


async def test_the_sender_is_told_when_the_unit_that_she_waits_for_is_closed(desk: Desk) -> None:
    await bring(desk, file(ONE, TWO))
    waits, answered = [(await desk.post_message(order(recipient_units=[FIRST]), key=key)).json()["id"] for key in "wa"]
    async with desk.api.db.write() as session:
        row = await session.get_one(RecipientRow, (answered, FIRST))
        row.state = RecipientState.ANSWERED
    await bring(desk, file(TWO))
    told = [event for event in await desk.events(NURSE) if event["type"] == "message_unit_closed"]
    assert [(event["message_id"], event["about_unit"]) for event in told] == [(waits, FIRST)]


async def test_a_closed_units_inbox_can_still_be_read(desk: Desk) -> None:
    """It takes over a unit of the demo by its id, and closes it by being gone."""
    head = HEAD + ";id"
    kept = f"{ONE};".replace("Region Prov", "Region Halland")
    both = (kept, kept.replace("T001", "T009") + "halland-vc-oskarstrom")
    message = await desk.handed_over()
    assert len((await bring(desk, file(*both, head=head))).changed) == 1
    await bring(desk, file(kept, head=head))
    inbox = await desk.call("GET", "/units/halland-vc-oskarstrom/inbox", by=RECEIVER)
    assert [item["id"] for item in inbox.json()["items"]] == [message]
    assert (await desk.hand_over()).json()["code"] == "recipient_cannot_receive"


async def test_one_bad_line_and_nothing_of_the_file_is_done(local_desk: Desk) -> None:
    plan = await units.preview(local_desk.api, None, file(ONE, TWO.replace("dygnet runt", "ibland")))
    assert [(one.line, one.column, one.code) for one in plan.problems] == [(3, "opening_hours", "not_opening_hours")]
    with pytest.raises(FileRefused):
        async with local_desk.api.db.write() as session:
            await units.carry_out(local_desk.api, session, None, plan)
    assert await found(local_desk, "Vårdcentralen Provbacken") == []


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (ONE.replace("SE2321000008-T001", "T001"), ("hsa_id", "not_hsa_id")),
        (ONE.replace("SE2321000008-T001", ""), ("hsa_id", "needed")),
        (ONE.replace("primary_care", "sjukhus"), ("type", "not_type")),
        (ONE.replace("halland", "skåne"), ("region", "not_region")),
        (ONE.replace("031-390 06 90", "0313900690"), ("phone", "not_phone")),
        (ONE.replace("vardagar 8-17", ""), ("opening_hours", "needed")),
        (ONE.replace("Ring 1177.", ""), ("on_call_note", "no_on_call")),
        (ONE + "\n" + ONE, ("hsa_id", "twice")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
async def test_each_fault_has_a_column(local_desk: Desk, line: str, where: tuple[str, str]) -> None:
    plan = await units.preview(local_desk.api, None, file(line))
    assert [(one.column, one.code) for one in plan.problems] == [where]
    assert plan.problems[0].words(local_desk.api.knowledge.texts.text)


async def test_channels_and_deliveries_are_checked_against_the_routine(local_desk: Desk) -> None:
    head = HEAD + ";receives;delivery"
    bad = ONE + ";fax|planning;fax=copy_out|planning=post"
    plan = await units.preview(local_desk.api, None, file(bad, head=head))
    assert [(one.column, one.code) for one in plan.problems] == [
        ("delivery", "channel_unknown"),
        ("delivery", "not_delivery"),
        ("receives", "channel_unknown"),
    ]
    await bring(local_desk, file(ONE + ";planning;planning=copy_out", head=head))
    unit = (await local_desk.call("GET", f"/units/{FIRST}")).json()
    assert (unit["receives"], unit["hsa_id"], unit["closed"]) == (["planning"], "SE2321000008-T001", False)
    assert (await units.preview(local_desk.api, None, file(ONE + ";planning;planning=copy_out", head=head))).empty
    assert [c.fields for c in (await bring(local_desk, file(ONE + ";planning;", head=head))).changed] == [("delivery",)]


async def test_a_column_that_is_not_there_leaves_what_the_unit_says_itself(local_desk: Desk) -> None:
    await bring(local_desk, file(ONE))
    plan = await bring(local_desk, "hsa_id;name\nse2321000008-t001;Vårdcentralen Nya\n")
    assert [change.fields for change in plan.changed] == [("name",)]
    assert (await local_desk.call("GET", f"/units/{FIRST}")).json()["phone"] == "031-390 06 90"


async def test_units_that_came_otherwise_and_other_organisations_are_never_closed_by_a_file(local_desk: Desk) -> None:
    await bring(local_desk, file(ONE))
    there = file(TWO.replace("Region Prov", "Region Halland"))
    assert (await units.preview(local_desk.api, None, there)).closed == ()


async def test_a_file_that_would_close_many_is_pointed_out(local_desk: Desk) -> None:
    many = [ONE.replace("T001", f"T{number:03}") for number in range(10)]
    await bring(local_desk, file(*many))
    assert not (await units.preview(local_desk.api, None, file(*many[5:]))).many_closed
    assert (await units.preview(local_desk.api, None, file(*many[6:]))).many_closed


async def test_what_was_looked_at_is_what_is_done_or_nothing(local_desk: Desk) -> None:
    looked = await units.preview(local_desk.api, None, file(ONE))
    await bring(local_desk, file(TWO))
    with pytest.raises(DirectoryChanged):
        async with local_desk.api.db.write() as session:
            await units.carry_out(local_desk.api, session, None, looked)


async def test_the_version_before_can_read_every_unit(local_desk: Desk) -> None:
    """It knows neither `hsa_id` nor `closed`, and forbids what it does not know."""
    await bring(local_desk, file(ONE))
    async with local_desk.api.db.read() as session:
        documents = (await session.exec(select(UnitRow.document).where(col(UnitRow.id).in_([FIRST, NURSE_UNIT])))).all()
    assert len(documents) == 2
    assert not any("hsa_id" in document or "closed" in document for document in documents)


async def test_the_example_in_the_documentation_is_right(local_desk: Desk) -> None:
    example = Path(__file__).parents[3] / "docs" / "example-units.csv"
    plan = await units.preview(local_desk.api, None, example.read_text("utf-8"))
    assert plan.problems == ()
    assert len(plan.new) == 3


async def test_more_units_than_are_asked_for_at_once_are_brought_in_and_changed(local_desk: Desk) -> None:
    lines = [ONE.replace("T001", f"T{number:05}").replace("Provbacken", str(number)) for number in range(1100)]
    await bring(local_desk, file(*lines))
    assert await found(local_desk, "Vårdcentralen 1099") == ["Vårdcentralen 1099"]
    assert (
        len(
            (await bring(local_desk, file(*(line.replace("vardagar 8-17", "vardagar 8-16") for line in lines)))).changed
        )
        == 1100
    )


async def test_an_organisations_settings_follow_when_a_file_gives_it_a_new_name(local_desk: Desk) -> None:
    await bring(local_desk, file(ONE, TWO))
    async with local_desk.api.db.write() as session:
        await set_delivery(local_desk.api, session, "Region Prov", "care_request", Delivery.COPY_OUT)
    await set_days(local_desk.api, "Region Prov", 90)

    split = await bring(local_desk, file(ONE.replace("Region Prov", "Region Ny"), TWO))
    assert split.renamed == {"Region Prov": "Region Ny"}
    assert await settings_of_both(local_desk) == dict.fromkeys(("Region Prov", "Region Ny"), (Delivery.COPY_OUT, 90))

    joined = await bring(
        local_desk, file(ONE.replace("Region Prov", "Region Ny"), TWO.replace("Region Prov", "Region Ny"))
    )
    assert joined.renamed == {}


async def settings_of_both(desk: Desk) -> dict[str, tuple[Delivery, int]]:
    days = {rule.organisation: rule.days for rule in await settings_of(desk.api)}
    async with desk.api.db.read() as session:
        return {
            name: (await delivery_for(session, name, "care_request"), days[name])
            for name in ("Region Prov", "Region Ny")
        }
