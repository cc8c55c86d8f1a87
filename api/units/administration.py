"""What a unit says of itself: hours, numbers, what it receives and how its own messages leave. Each change audited in its transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import ValidationFailed
from api.messages.delivery import Delivery
from api.staff.administration import fits, unit_of
from api.units import rows
from api.units.service import set_unit_delivery
from api.units.tables import UnitDeliveryRow, UnitRow
from knowledge.directory import OpenHours


@dataclass(frozen=True, slots=True)
class Details:
    phone: str
    opening_hours: tuple[OpenHours, ...]
    opening_text: str
    on_call_phone: str | None
    on_call_note: str | None


async def administered(session: AsyncSession, caller: Caller, words: str, skip: int, limit: int) -> list[UnitRow]:
    """The units that the caller administers, by name, closed ones too; `words` keeps to those they fit."""
    mine = or_(
        col(UnitRow.organisation).in_(caller.organisations(Right.ADMINISTER_ORGANISATION)),
        col(UnitRow.id).in_(caller.units(Right.ADMINISTER_UNIT)),
    )
    named = await session.exec(
        select(UnitRow.id, UnitRow.name, UnitRow.hsa_id).where(mine).order_by(col(UnitRow.name), col(UnitRow.id))
    )
    ids = [unit_id for unit_id, name, hsa_id in named.all() if fits(words, name, hsa_id)][skip : skip + limit]
    found = {row.id: row for row in (await session.exec(select(UnitRow).where(col(UnitRow.id).in_(ids)))).all()}
    return [found[unit_id] for unit_id in ids]


async def save_details(api: Api, caller: Caller, unit_id: str, details: Details) -> None:
    async with api.db.write() as session:
        await api.db.lock(session, rows.DIRECTORY)
        row = await unit_of(session, caller, unit_id)
        await _save(api, session, caller, row, vars_of(details))


async def save_channels(
    api: Api, caller: Caller, unit_id: str, receives: tuple[str, ...], deliveries: Mapping[str, Delivery | None]
) -> None:
    """`receives` empty: every channel. A delivery of None: as the organisation."""
    async with api.db.write() as session:
        await api.db.lock(session, rows.DIRECTORY)
        row = await unit_of(session, caller, unit_id)
        await _save(api, session, caller, row, {"receives": receives})
        before = await own_deliveries(session, unit_id)
        for channel, delivery in deliveries.items():
            if before.get(channel) != delivery:
                await set_unit_delivery(api, session, unit_id, row.organisation, channel, delivery)
                note(session, caller, api.now(), Action.SET_DELIVERY, unit_id, channel)
        await rows.changed(session)


async def own_deliveries(session: AsyncSession, unit_id: str) -> dict[str, Delivery]:
    found = await session.exec(select(UnitDeliveryRow).where(UnitDeliveryRow.unit_id == unit_id))
    return {row.channel: Delivery(row.delivery) for row in found.all()}


def vars_of(details: Details) -> dict[str, object]:
    return {
        "phone": details.phone,
        "opening_hours": details.opening_hours,
        "opening_text": details.opening_text,
        "on_call_phone": details.on_call_phone,
        "on_call_note": details.on_call_note,
    }


async def _save(api: Api, session: AsyncSession, caller: Caller, row: UnitRow, changes: Mapping[str, object]) -> None:
    before = rows.unit_of(row)
    try:
        after = type(before).model_validate({**before.model_dump(), **changes})
    except ValidationError:
        raise ValidationFailed from None
    if after != before:
        await rows.write(session, [after], {row.id: row}, api.now())
        note(session, caller, api.now(), Action.UPDATE_UNIT, row.id, row.id)
