"""A unit file into the directory: read beside the event loop, written in one transaction or not at all. Knows no HTTP."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, record
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import DirectoryChanged, FileRefused
from api.exercise.tables import ExerciseRow, OwnScenarioRow
from api.imports import unit_lines
from api.imports.sheet import headings, read_sheet
from api.imports.unit_plan import Known, UnitPlan, plan
from api.keeping.tables import RetentionOfPackRow, RetentionRow
from api.messages.closed_units import tell_senders
from api.messages.delivery import Delivery
from api.units import rows
from api.units.service import set_unit_delivery
from api.units.tables import DeliverySettingRow, UnitDeliveryRow, UnitRow


async def preview(api: Api, caller: Caller | None, text: str) -> UnitPlan:
    """What the file would do. `caller` None: whoever runs Lots, who may change every organisation."""
    async with api.db.read() as session:
        found = (await session.exec(select(UnitRow))).all()
        own = (await session.exec(select(UnitDeliveryRow))).all()
        version = await rows.version(session)

    def read() -> UnitPlan:
        words = unit_lines.words_of(api.knowledge.texts.text, api.knowledge.registry)
        sheet = read_sheet(text, headings(api.knowledge.texts.text, "units", unit_lines.COLUMNS, unit_lines.REQUIRED))
        deliveries: dict[str, dict[str, Delivery]] = {}
        for row in own:
            deliveries.setdefault(row.unit_id, {})[row.channel] = Delivery(row.delivery)
        known = Known({row.id: rows.unit_of(row) for row in found}, deliveries, version)
        allowed = None if caller is None else caller.organisations(Right.ADMINISTER_ORGANISATION)
        return plan(sheet, known, words, allowed)

    return await asyncio.to_thread(read)


async def carry_out(api: Api, session: AsyncSession, caller: Caller | None, ready: UnitPlan) -> None:
    """All of it in the transaction given. Raises FileRefused for a file with problems, DirectoryChanged when it is no longer true."""
    if ready.problems:
        raise FileRefused
    if ready.empty:
        return
    await api.db.lock(session, rows.DIRECTORY)
    if await rows.version(session) != ready.version:
        raise DirectoryChanged
    now = api.now()
    closed = [unit.model_copy(update={"closed": True}) for unit in ready.closed]
    touched = [change.unit for change in (*ready.changed, *ready.opened)] + closed
    known = await _rows(session, [unit.id for unit in touched])
    await rows.write(session, [*(change.unit for change in ready.new), *touched], known, now)
    for before, after in ready.renamed.items():
        await _settings_follow(session, before, after)
    for change in ready.writes:
        if change.delivers is not None:
            await _deliver(api, session, change.unit.id, change.unit.organisation, change.delivers)
    for action, units in (
        (Action.ADD_UNIT, [change.unit for change in ready.new]),
        (Action.UPDATE_UNIT, [change.unit for change in ready.changed]),
        (Action.REOPEN_UNIT, [change.unit for change in ready.opened]),
        (Action.CLOSE_UNIT, closed),
    ):
        for unit in units:
            record(session, caller, now, action, unit.id, unit.id)
    await tell_senders(api, session, [unit.id for unit in closed])


async def _rows(session: AsyncSession, unit_ids: list[str]) -> dict[str, UnitRow]:
    found: dict[str, UnitRow] = {}
    for start in range(0, len(unit_ids), 1000):
        part = await session.exec(select(UnitRow).where(col(UnitRow.id).in_(unit_ids[start : start + 1000])))
        found.update((row.id, row) for row in part.all())
    return found


async def _deliver(
    api: Api, session: AsyncSession, unit_id: str, organisation: str, wanted: Mapping[str, Delivery]
) -> None:
    """The unit's own deliveries are what the file says and no others."""
    own = await session.exec(select(UnitDeliveryRow.channel).where(UnitDeliveryRow.unit_id == unit_id))
    for channel in {*own.all(), *wanted}:
        await set_unit_delivery(api, session, unit_id, organisation, channel, wanted.get(channel))


async def _settings_follow(session: AsyncSession, before: str, after: str) -> None:
    """Copied: what is left of the old one keeps them. Where nothing is, its exercises and scenarios go along, for the people do."""
    for table in (DeliverySettingRow, RetentionRow, RetentionOfPackRow):
        for row in (await session.exec(select(table).where(table.organisation == before))).all():
            await session.merge(table(**{**row.model_dump(), "organisation": after}))
    left = select(UnitRow.id).where(UnitRow.organisation == before, col(UnitRow.closed_at).is_(None)).limit(1)
    if (await session.exec(left)).first() is None:
        for owned in (ExerciseRow, OwnScenarioRow):
            await session.exec(update(owned).where(col(owned.organisation) == before).values(organisation=after))
