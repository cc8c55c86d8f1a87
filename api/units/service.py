"""The directory in the database: search, import, and each organisation's deliveries. Knows no HTTP."""

from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.errors import PortMissing, UnitNotFound
from api.messages.delivery import Delivery
from api.units.schemas import UnitOut
from api.units.tables import DeliverySettingRow, UnitRow
from knowledge.directory import Unit
from knowledge.vocabulary import UnitType


async def find(
    api: Api, query: str, *, region: str | None, unit_type: UnitType | None, channel: str | None, limit: int
) -> list[UnitOut]:
    """The units that fit a search, best first; an empty search lists by name. `channel`: only those that can receive it."""
    async with api.db.read() as session:
        loaded = await api.units.current(session)
    if query.strip():
        wide = limit if channel is None else len(loaded.units)
        hits = loaded.finder.find(query, region=region, unit_type=unit_type, limit=wide)
        found = [(loaded.units[hit.unit_id], hit.score) for hit in hits]
        units = [_out(unit, score) for unit, score in found if channel is None or takes(unit, channel)]
    else:
        listed = (u for u in loaded.units.values() if region in (None, u.region) and unit_type in (None, u.type))
        chosen = (u for u in listed if channel is None or takes(u, channel))
        units = [_out(unit, None) for unit in sorted(chosen, key=lambda unit: unit.name)]
    return units[:limit]


def takes(unit: Unit, channel: str) -> bool:
    """Whether the unit can be written to through the channel."""
    return unit.has_access and (not unit.receives or channel in unit.receives)


async def get(api: Api, unit_id: str) -> Unit:
    async with api.db.read() as session:
        row = await session.get(UnitRow, unit_id)
    if row is None:
        raise UnitNotFound(unit=unit_id)
    return Unit.model_validate_json(row.document)


async def listed(api: Api, *, region: str | None = None, unit_type: UnitType | None = None) -> list[Unit]:
    """The whole directory, or a region's or a type's part of it, by id."""
    async with api.db.read() as session:
        loaded = await api.units.current(session)
    return [unit for unit in loaded.units.values() if region in (None, unit.region) and unit_type in (None, unit.type)]


async def by_ids(session: AsyncSession, unit_ids: Iterable[str]) -> dict[str, Unit]:
    """Those of the units that exist."""
    found = await session.exec(select(UnitRow).where(col(UnitRow.id).in_(set(unit_ids))))
    return {row.id: Unit.model_validate_json(row.document) for row in found.all()}


async def names(session: AsyncSession, unit_ids: Iterable[str]) -> dict[str, str]:
    found = await session.exec(select(UnitRow.id, UnitRow.name).where(col(UnitRow.id).in_(set(unit_ids))))
    return dict(found.all())


async def save(api: Api, session: AsyncSession, units: Iterable[Unit]) -> None:
    """Adds the units to the directory, or brings those that are there up to date."""
    now = api.now()
    for unit in units:
        await session.merge(
            UnitRow(
                id=unit.id,
                name=unit.name,
                type=unit.type,
                region=unit.region,
                organisation=unit.organisation,
                demo=unit.demo,
                document=unit.model_dump_json(),
                updated_at=now,
            )
        )


async def set_delivery(api: Api, session: AsyncSession, organisation: str, channel: str, delivery: Delivery) -> None:
    """How a channel's messages leave the organisation from now on. A port must be connected first."""
    if delivery is Delivery.PORT and api.port is None:
        raise PortMissing(organisation=organisation, channel=channel)
    await session.merge(DeliverySettingRow(organisation=organisation, channel=channel, delivery=delivery))


async def delivery_for(session: AsyncSession, organisation: str, channel: str) -> Delivery:
    row = await session.get(DeliverySettingRow, (organisation, channel))
    return Delivery.BUILT_IN if row is None else Delivery(row.delivery)


async def check_ports(api: Api) -> None:
    """Stops a start where an organisation's messages should leave through a port that nobody has connected."""
    if api.port is not None:
        return
    async with api.db.read() as session:
        wanted = select(DeliverySettingRow).where(DeliverySettingRow.delivery == Delivery.PORT)
        row = (await session.exec(wanted.limit(1))).first()
    if row is not None:
        raise PortMissing(organisation=row.organisation, channel=row.channel)


def _out(unit: Unit, score: float | None) -> UnitOut:
    return UnitOut(**unit.model_dump(), score=score)
