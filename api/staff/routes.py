"""Who am I, and where do I work now. Translates between HTTP and the service."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import ForProfile
from api.authorisation import Caller, Place, Right
from api.context import Api, ApiDep
from api.messages.service import count_waiting
from api.outage.state import down_system
from api.staff import service
from api.staff.schemas import Me, MyUnit, UnitChoice

router = APIRouter(tags=["staff"])


@router.get("/me")
async def read_me(
    api: ApiDep, caller: ForProfile, brief: Annotated[bool, Query()] = False, inbox: Annotated[bool, Query()] = False
) -> Me:
    """Who calls, where she works now, and which routine holds there today.

    `brief` leaves out `deliveries` and `outage`; `inbox` counts what waits in the unit's inbox.
    """
    known = who(api, caller) if brief else await me(api, caller)
    return known.model_copy(update={"waiting": await waiting(api, caller)}) if inbox else known


@router.put("/me/unit")
async def work_at(api: ApiDep, caller: ForProfile, choice: UnitChoice) -> Me:
    """The person works at another of her units now."""
    await service.choose_unit(api, caller, choice.unit)
    chosen = [place for place in caller.places if place.unit_id == choice.unit]
    others = [place for place in caller.places if place.unit_id != choice.unit]
    return await me(
        api, Caller(caller.actor, (*chosen, *others), caller.staff_id, caller.name, caller.via, caller.language)
    )


async def me(api: Api, caller: Caller) -> Me:
    deliveries = await service.deliveries(api, caller.here)
    outage = await down_system(api, caller.here.region, caller.here.organisation)
    return who(api, caller).model_copy(update={"deliveries": deliveries, "outage": outage})


def who(api: Api, caller: Caller) -> Me:
    """What is known of the caller and her routine without asking further: read at every turn of every chat."""
    pack = api.knowledge.registry.in_force(caller.here.region, api.today())
    return Me(
        staff_id=caller.staff_id,
        name=caller.name,
        role=caller.here.role,
        unit=_unit(caller.here),
        units=[_unit(place) for place in caller.places],
        pack=None if pack is None else pack.id,
        deliveries={},
        language=caller.language,
    )


async def waiting(api: Api, caller: Caller) -> int | None:
    """How many messages wait in the inbox of the unit where the caller works now; None where she may not read it."""
    here = caller.here
    return await count_waiting(api, caller, here.unit_id) if here.gives(Right.RECEIVE) else None


def _unit(place: Place) -> MyUnit:
    return MyUnit(
        id=place.unit_id,
        name=place.name,
        type=place.type,
        region=place.region,
        organisation=place.organisation,
        role=place.role,
    )
