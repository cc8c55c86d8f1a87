"""The directory over HTTP. Translates between HTTP and the service."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import ForDirectory
from api.context import ApiDep
from api.fields import UnitId, Word
from api.units import service
from api.units.schemas import UnitList, UnitOut
from knowledge.vocabulary import UnitType

router = APIRouter(prefix="/units", tags=["units"])


@router.get("")
async def find_units(
    api: ApiDep,
    _caller: ForDirectory,
    query: Annotated[str, Query(max_length=200)] = "",
    region: Word | None = None,
    unit_type: UnitType | None = None,
    channel: Word | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 5,
) -> UnitList:
    """Fuzzy search; `channel` keeps to units that can receive it. An empty query lists by name."""
    found = await service.find(api, query, region=region, unit_type=unit_type, channel=channel, limit=limit)
    return UnitList(items=found)


@router.get("/{unit_id}")
async def read_unit(api: ApiDep, _caller: ForDirectory, unit_id: UnitId) -> UnitOut:
    unit = await service.get(api, unit_id)
    return UnitOut(**unit.model_dump())
