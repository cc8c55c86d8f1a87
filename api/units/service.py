"""The directory in the database: search, import, and each organisation's deliveries. Knows no HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from api.context import Api
from api.errors import PortMissing, UnitNotFound
from api.messages.delivery import Delivery
from api.units.rows import DIRECTORY, unit_of, write
from api.units.schemas import UnitOut
from api.units.tables import DeliverySettingRow, DirectoryVersionRow, UnitDeliveryRow, UnitRow
from common.database import table_of
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
    return unit.has_access and not unit.closed and (not unit.receives or channel in unit.receives)


async def get(api: Api, unit_id: str) -> Unit:
    async with api.db.read() as session:
        row = await session.get(UnitRow, unit_id)
    if row is None:
        raise UnitNotFound(unit=unit_id)
    return unit_of(row)


async def listed(api: Api, *, region: str | None = None, unit_type: UnitType | None = None) -> list[Unit]:
    """The whole directory, or a region's or a type's part of it, by id."""
    async with api.db.read() as session:
        loaded = await api.units.current(session)
    return [unit for unit in loaded.units.values() if region in (None, unit.region) and unit_type in (None, unit.type)]


async def by_ids(session: AsyncSession, unit_ids: Iterable[str]) -> dict[str, Unit]:
    """Those of the units that exist."""
    found = await session.exec(select(UnitRow).where(col(UnitRow.id).in_(set(unit_ids))))
    return {row.id: unit_of(row) for row in found.all()}


async def names(session: AsyncSession, unit_ids: Iterable[str]) -> dict[str, str]:
    found = await session.exec(select(UnitRow.id, UnitRow.name).where(col(UnitRow.id).in_(set(unit_ids))))
    return dict(found.all())


async def save(api: Api, session: AsyncSession, units: Iterable[Unit]) -> None:
    """Adds the units to the directory, or brings those that are there up to date."""
    units = tuple(units)
    found = await session.exec(select(UnitRow).where(col(UnitRow.id).in_([unit.id for unit in units])))
    await write(session, units, {row.id: row for row in found.all()}, api.now())


async def set_delivery(api: Api, session: AsyncSession, organisation: str, channel: str, delivery: Delivery) -> None:
    """How a channel's messages leave the organisation from now on. A port must be connected first."""
    if delivery is Delivery.PORT and api.port is None:
        raise PortMissing(organisation=organisation, channel=channel)
    await session.merge(DeliverySettingRow(organisation=organisation, channel=channel, delivery=delivery))


async def set_unit_delivery(
    api: Api, session: AsyncSession, unit_id: str, organisation: str, channel: str, delivery: Delivery | None
) -> None:
    """The same for one unit; None: as its organisation."""
    if delivery is Delivery.PORT and api.port is None:
        raise PortMissing(organisation=organisation, channel=channel)
    row = await session.get(UnitDeliveryRow, (unit_id, channel))
    if delivery is not None:
        await session.merge(UnitDeliveryRow(unit_id=unit_id, channel=channel, delivery=delivery))
    elif row is not None:
        await session.delete(row)


async def delivery_for(session: AsyncSession, organisation: str, channel: str, unit_id: str | None = None) -> Delivery:
    """How a channel's messages leave: as the unit has it, else as its organisation has it, else built in."""
    own = None if unit_id is None else await session.get(UnitDeliveryRow, (unit_id, channel))
    if own is not None:
        return Delivery(own.delivery)
    row = await session.get(DeliverySettingRow, (organisation, channel))
    return Delivery.BUILT_IN if row is None else Delivery(row.delivery)


@dataclass(frozen=True, slots=True)
class Sending:
    """What a handover asks of the directory: the open units, and how the channel's messages leave the sender."""

    units: Mapping[str, Unit]
    delivery: Delivery


async def sending(api: Api, organisation: str, channel: str, unit_id: str) -> Sending:
    """All of it with one question, unless the directory has changed since the last."""
    asked = {"organisation": organisation, "channel": channel, "unit": unit_id, "directory": DIRECTORY}
    [(version, own, common)] = await api.db.ask(_sending(), asked)
    loaded = api.units.known(version or 0)
    if loaded is None:
        async with api.db.read() as session:
            loaded = await api.units.at(session, version or 0)
    return Sending(loaded.units, Delivery(own or common or Delivery.BUILT_IN))


@lru_cache(maxsize=1)
def _sending() -> Select[int | None, str | None, str | None]:
    """The directory's version, the unit's own delivery of the channel, and its organisation's. Made once."""
    directory, unit, organisation = (
        table_of(row).c for row in (DirectoryVersionRow, UnitDeliveryRow, DeliverySettingRow)
    )
    version = select(directory.version).where(directory.name == bindparam("directory"))
    own = select(unit.delivery).where(unit.unit_id == bindparam("unit"), unit.channel == bindparam("channel"))
    common = select(organisation.delivery).where(
        organisation.organisation == bindparam("organisation"), organisation.channel == bindparam("channel")
    )
    return select(version.scalar_subquery(), own.scalar_subquery(), common.scalar_subquery())


async def among(api: Api, known: Mapping[str, Unit], unit_ids: Iterable[str]) -> dict[str, Unit]:
    """Those of the units that exist; closed ones are looked for in the database."""
    wanted = set(unit_ids)
    found = {unit_id: known[unit_id] for unit_id in wanted if unit_id in known}
    if len(found) == len(wanted):
        return found
    async with api.db.read() as session:
        return found | await by_ids(session, wanted - found.keys())


async def deliveries(session: AsyncSession, organisation: str, unit_id: str | None) -> dict[str, str]:
    """How each channel leaves that somebody has decided about: the organisation, or the unit for itself."""
    common = await session.exec(select(DeliverySettingRow).where(DeliverySettingRow.organisation == organisation))
    own = await session.exec(select(UnitDeliveryRow).where(UnitDeliveryRow.unit_id == unit_id))
    found = {row.channel: row.delivery for row in common.all()}
    return found | {row.channel: row.delivery for row in own.all()}


async def check_ports(api: Api) -> None:
    """Stops a start where an organisation's messages should leave through a port that nobody has connected."""
    if api.port is not None:
        return
    async with api.db.read() as session:
        wanted = select(DeliverySettingRow).where(DeliverySettingRow.delivery == Delivery.PORT)
        row = (await session.exec(wanted.limit(1))).first()
        own = (
            await session.exec(
                select(UnitRow.organisation, UnitDeliveryRow.channel)
                .where(UnitDeliveryRow.delivery == Delivery.PORT, UnitRow.id == UnitDeliveryRow.unit_id)
                .limit(1)
            )
        ).first()
    if row is not None:
        raise PortMissing(organisation=row.organisation, channel=row.channel)
    if own is not None:
        raise PortMissing(organisation=own[0], channel=own[1])


def _out(unit: Unit, score: float | None) -> UnitOut:
    return UnitOut(**unit.model_dump(), score=score)
