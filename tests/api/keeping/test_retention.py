"""Retention: written to a file first, then erased, for finished messages of the organisations that said so; the rest is kept."""

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, col, func, select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.drafts.tables import DraftRow
from api.errors import OrganisationUnknown, PackUnknown
from api.events.tables import EventRow
from api.imports import waiting
from api.imports.tables import ImportFileRow
from api.keeping import pruning
from api.keeping.daily import DAILY, schedule
from api.keeping.pruning import prune
from api.keeping.retention import erase_due, set_days, set_days_of_pack, settings_of
from api.messages.tables import CallRow, MessageRow
from api.staff.service import make_sign_in_link
from api.staff.tables import SignInLinkRow
from common.errors import UnsafeSettings
from common.outbox import OutboxRow, OutboxState, enqueue
from common.settings import Settings
from tests.api.imports.test_staff_files import by
from tests.api.keeping.steps import answered, exported, nothing_is_left, organisation, shown
from tests.api.test_drafts import DRAFT, LAST
from tests.support.api import (
    CANARY_NAME,
    CANARY_TEXT,
    COPYING_NURSE,
    COPYING_UNIT,
    NURSE,
    Desk,
)

DAY = timedelta(days=1)
KEPT = 30


async def test_a_finished_message_is_written_to_a_file_and_then_erased(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(KEPT * DAY + timedelta(seconds=1))
    assert await erase_due(desk.api, 10) == (1, False)

    (record,) = exported(desk)
    assert (record["id"], record["state"]) == (message, "delivered")
    assert json.dumps(record, ensure_ascii=False).count(CANARY_TEXT) == 1
    assert record["person"] == {"id_type": "personnummer", "id": "191212121212", "name": CANARY_NAME}
    assert "Kvittrande svar" in json.dumps(record["entries"])

    after = await shown(desk, message)
    assert (after["subject"], after["sections"], after["person"]) == (None, None, None)
    assert after["consent"] == {
        **dict.fromkeys(["basis", "obtained_by", "obtained_at", "decided_by", "reason"]),
        "state": "given",
    }
    assert (after["status"], after["number"]) == ("answered", record["number"])
    assert await nothing_is_left(desk, message)


async def test_the_audit_is_kept_and_tells_of_the_erasure(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(2 * KEPT * DAY)
    await erase_due(desk.api, 10)
    async with desk.api.db.read() as session:
        about = select(AuditRow.action).where(AuditRow.object_id == message).order_by(col(AuditRow.at))
        assert (await session.exec(about)).all() == [Action.HAND_OVER, Action.ANSWER, Action.ERASE]


async def test_a_message_someone_still_waits_for_is_kept_however_old(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await desk.handed_over()
    desk.clock.advance(1000 * DAY)
    assert await erase_due(desk.api, 10) == (0, False)
    assert (await shown(desk, message))["sections"]
    await desk.call("POST", f"/messages/{message}/closing", body={})
    assert await erase_due(desk.api, 10) == (0, False)
    desk.clock.advance((KEPT + 1) * DAY)
    assert await erase_due(desk.api, 10) == (1, False)


async def test_days_are_counted_from_the_last_event_and_for_the_whole_thread(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    first = await answered(desk)
    desk.clock.advance(20 * DAY)
    await answered(desk, in_response_to=first)
    desk.clock.advance(20 * DAY)
    assert await erase_due(desk.api, 10) == (0, False)
    desk.clock.advance(11 * DAY)
    assert await erase_due(desk.api, 10) == (2, False)


async def test_other_organisations_messages_are_kept(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk, "vastra-gotaland-hemsjukvard-lidkoping"), 1)
    message = await answered(desk)
    desk.clock.advance(1000 * DAY)
    assert await erase_due(desk.api, 10) == (0, False)
    assert (await shown(desk, message))["sections"]


async def test_what_was_copied_out_loses_the_words_of_its_consent(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk, COPYING_UNIT), KEPT)
    await desk.handed_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)
    desk.clock.advance(100 * DAY)
    assert await erase_due(desk.api, 10) == (1, False)
    (record,) = exported(desk)
    assert (record["person"], record["sections"]) == (None, None)


async def test_processes_that_do_it_at_once_erase_once_and_nothing_that_was_not_written(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(100 * DAY)
    await asyncio.gather(*(erase_due(desk.api, 10) for _ in range(3)))
    assert await erase_due(desk.api, 10) == (0, False)
    assert {str(record["id"]) for record in exported(desk)} == {message}
    assert all(record["sections"] for record in exported(desk))
    async with desk.api.db.read() as session:
        erased = (await session.exec(select(AuditRow).where(AuditRow.action == Action.ERASE))).all()
    assert [row.object_id for row in erased] == [message]


async def test_a_file_that_cannot_be_written_stops_the_erasure(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(100 * DAY)
    assert desk.api.settings.export_dir is not None
    desk.api.settings.export_dir.rmdir()
    with pytest.raises(FileNotFoundError):
        await erase_due(desk.api, 10)
    assert (await shown(desk, message))["sections"]


async def test_many_are_erased_page_by_page_and_the_files_are_for_their_owner(local_desk: Desk) -> None:
    await set_days(local_desk.api, await organisation(local_desk), KEPT)
    for _ in range(103):
        await local_desk.call("POST", f"/messages/{await local_desk.handed_over()}/closing", body={})
    local_desk.clock.advance(100 * DAY)
    assert await erase_due(local_desk.api, 1) == (100, True)
    assert await erase_due(local_desk.api, 5) == (3, False)
    assert len({str(record["id"]) for record in exported(local_desk)}) == 103
    assert modes(local_desk) == {0o600}


def modes(desk: Desk) -> set[int]:
    folder = desk.api.settings.export_dir
    assert folder is not None
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_days_can_be_changed_and_taken_away(desk: Desk) -> None:
    ours = await organisation(desk)
    for days in (30, 365):
        await set_days(desk.api, ours, days)
    assert [(row.organisation, row.days) for row in await settings_of(desk.api)] == [(ours, 365)]
    await set_days(desk.api, ours, 0)
    assert await settings_of(desk.api) == []
    with pytest.raises(OrganisationUnknown):
        await set_days(desk.api, "Ingen sådan", 30)


def test_a_folder_for_exports_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings, match="LOTS_EXPORT_DIR"):
        Settings(data_dir=tmp_path, export_dir=tmp_path / "missing").check()
    with pytest.raises(UnsafeSettings, match="LOTS_KEEP_CALLS_DAYS"):
        Settings(keep_calls_days=0)


# ── once a day ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def jobs(desk: Desk) -> dict[str, str]:
    async with desk.api.db.read() as session:
        rows = (await session.exec(select(OutboxRow).where(OutboxRow.kind == DAILY).order_by(col(OutboxRow.key)))).all()
        return {row.key: row.state for row in rows}


async def test_the_nights_job_is_scheduled_once_by_any_number_of_processes_and_schedules_the_next(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(100 * DAY)
    for _ in range(3):
        await schedule(desk.api)
    assert len(await jobs(desk)) == 1
    desk.clock.advance(DAY)
    await desk.work()
    assert sorted((await jobs(desk)).values()) == [OutboxState.DONE, OutboxState.WAITING]
    assert (await shown(desk, message))["sections"] is None


async def test_it_is_done_at_night_in_sweden(desk: Desk) -> None:
    await schedule(desk.api)
    async with desk.api.db.read() as session:
        row = (await session.exec(select(OutboxRow).where(OutboxRow.kind == DAILY))).one()
    assert (row.key, row.due_at.isoformat()) == ("2026-03-05/0", "2026-03-05T01:30:00+00:00")


async def test_a_job_that_is_late_in_the_night_when_clocks_go_back_schedules_the_next_night(local_desk: Desk) -> None:
    second_time_02_10 = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    local_desk.clock.advance(second_time_02_10 - DAY - local_desk.clock.now())
    await schedule(local_desk.api)
    for later in (DAY, DAY + timedelta(hours=1)):
        local_desk.clock.advance(later)
        await local_desk.work()
    assert await jobs(local_desk) == {
        "2026-10-25/0": OutboxState.DONE,
        "2026-10-26/0": OutboxState.DONE,
        "2026-10-27/0": OutboxState.WAITING,
    }


async def test_a_waiting_file_and_a_draft_that_was_handed_over_have_their_time(local_desk: Desk) -> None:
    await waiting.keep(local_desk.api, by(NURSE), "staff", "Kim;Kanarie")
    draft = (await local_desk.call("POST", "/drafts", body=DRAFT, key="d")).json()["id"]
    await local_desk.call("POST", f"/drafts/{draft}/handover", body=LAST)
    local_desk.clock.advance(timedelta(minutes=59))
    await prune(local_desk.api)
    assert (await count(local_desk, ImportFileRow), await count(local_desk, DraftRow)) == (1, 1)
    local_desk.clock.advance(timedelta(minutes=2))
    await prune(local_desk.api)
    assert (await count(local_desk, ImportFileRow), await count(local_desk, DraftRow)) == (0, 1)
    local_desk.clock.advance(31 * DAY)
    await prune(local_desk.api)
    assert await count(local_desk, DraftRow) == 0


async def test_what_is_left_of_a_night_is_a_job_of_its_own(local_desk: Desk) -> None:
    await set_days(local_desk.api, await organisation(local_desk), KEPT)
    for _ in range(3):
        await local_desk.call("POST", f"/messages/{await local_desk.handed_over()}/closing", body={})
    local_desk.clock.advance(100 * DAY)
    await many_calls(local_desk, pruning.BATCH * pruning.BATCHES + 5)
    await schedule(local_desk.api)
    local_desk.clock.advance(DAY)
    await local_desk.work()
    assert [key.partition("/")[2] for key, state in (await jobs(local_desk)).items() if state == "done"] == ["0", "1"]
    assert await count(local_desk, CallRow) == 0


async def many_calls(desk: Desk, number: int) -> None:
    old = desk.clock.now() - 31 * DAY
    async with desk.api.db.write() as session:
        session.add_all(
            CallRow(scope="s", key=str(n), fingerprint="f", result="r", created_at=old) for n in range(number)
        )


async def count(desk: Desk, table: type[SQLModel]) -> int:
    async with desk.api.db.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_finished_calls_and_jobs_are_forgotten_and_what_waits_or_died_is_kept(desk: Desk) -> None:
    await desk.hand_over(key="old")
    async with desk.api.db.write() as session:
        for state in OutboxState:
            await enqueue(session, "x", state, "", desk.clock.now())
    async with desk.api.db.write() as session:
        for row in (await session.exec(select(OutboxRow).where(OutboxRow.kind == "x"))).all():
            row.state = row.key
    desk.clock.advance(29 * DAY)
    await desk.hand_over(key="new")
    assert not await prune(desk.api)
    assert await count(desk, CallRow) == 2
    desk.clock.advance(2 * DAY)
    assert not await prune(desk.api)
    async with desk.api.db.read() as session:
        kept = (await session.exec(select(OutboxRow.key).where(OutboxRow.kind == "x"))).all()
        assert (await session.exec(select(CallRow.key))).all() == ["new"]
    assert sorted(kept) == ["dead", "waiting"]
    assert (await desk.hand_over(key="new")).status_code == 200


async def test_a_routine_may_have_a_time_of_its_own_that_goes_before_the_organisations(desk: Desk) -> None:
    here = await organisation(desk)
    await set_days(desk.api, here, KEPT)
    await set_days_of_pack(desk.api, here, "halland-2024", 3 * KEPT)
    await answered(desk)
    desk.clock.advance(KEPT * DAY + timedelta(seconds=1))
    assert await erase_due(desk.api, 10) == (0, False)
    desk.clock.advance(2 * KEPT * DAY)
    assert await erase_due(desk.api, 10) == (1, False)
    assert len(exported(desk)) == 1


async def test_a_routine_of_its_own_may_be_kept_always_or_go_with_the_rest_again(local_desk: Desk) -> None:
    here = await organisation(local_desk)
    await set_days(local_desk.api, here, KEPT)
    await set_days_of_pack(local_desk.api, here, "halland-2024", 0)
    await answered(local_desk)
    local_desk.clock.advance(20 * KEPT * DAY)
    assert await erase_due(local_desk.api, 10) == (0, False)
    await set_days_of_pack(local_desk.api, here, "halland-2024", None)
    assert await erase_due(local_desk.api, 10) == (1, False)


async def test_a_time_for_a_routine_that_is_not_is_refused(local_desk: Desk) -> None:
    with pytest.raises(PackUnknown):
        await set_days_of_pack(local_desk.api, await organisation(local_desk), "halland-1999", KEPT)


async def test_events_sessions_and_links_go_when_their_time_is_out_and_no_sooner(desk: Desk) -> None:
    await desk.handed_over()
    await make_sign_in_link(desk.api, NURSE)
    for days, events, links in ((29, 1, 1), (2, 1, 0), (370, 0, 0)):
        desk.clock.advance(days * DAY)
        assert await prune(desk.api) is False
        assert (await rows(desk, EventRow), await rows(desk, SignInLinkRow)) == (events, links)
    assert await rows(desk, MessageRow) == 1


async def rows(desk: Desk, table: type[SQLModel]) -> int:
    async with desk.api.db.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()
