"""What happened, by cursor. Translates between HTTP and the service."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import ForFollowing
from api.context import ApiDep
from api.events import service
from api.events.schemas import EventList

router = APIRouter(tags=["events"])


@router.get("/events")
async def read_events(
    api: ApiDep,
    caller: ForFollowing,
    after: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventList:
    """What happened to messages the caller may see, oldest first, after the cursor."""
    return await service.read(api, caller, after, limit)
