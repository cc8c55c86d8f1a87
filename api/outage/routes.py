"""Outages and calls over HTTP. Translates between HTTP and the services; the worklists are pages only, where identities belong."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.access import ForDecisions, ForDirectory, ForFollowing, ForOutageAdmin, ForOutages
from api.context import ApiDep
from api.fields import IdempotencyKey, Word
from api.messages.schemas import NothingIn
from api.outage import calls, ending, notices, state
from api.outage.advice import advice
from api.outage.schemas import (
    CallIn,
    CallNoteIn,
    CallOut,
    NoticeList,
    OutageIn,
    OutageList,
    OutageOut,
    OutageReportIn,
    OutageRoutineOut,
)

router = APIRouter(tags=["outages"])

Key = Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")]


@router.get("/outages")
async def read_outages(api: ApiDep, caller: ForDirectory) -> OutageList:
    """Outages of the message system of the caller's unit, now, planned and lately over."""
    return await state.listed(api, caller)


@router.post("/outages", status_code=201)
async def announce(api: ApiDep, caller: ForOutageAdmin, body: OutageIn) -> OutageOut:
    """It is down, or will be; everyone concerned is told. One that is open already is confirmed."""
    return await state.announce(api, caller, body)


@router.post("/outages/reports", status_code=201)
async def report(api: ApiDep, caller: ForDecisions, body: OutageReportIn, response: Response) -> OutageOut | None:
    """A member of staff says that it is down. `wide`: for more than herself; the second such report makes it so for all."""
    made = await state.report(api, caller, wide=body.wide)
    response.status_code = 200 if made is None else 201
    return made


@router.get("/outages/routine")
async def read_routine(api: ApiDep, caller: ForDirectory) -> OutageRoutineOut:
    """Whom the caller's unit calls during an outage, in what order, and what it says; or that no routine is read in."""
    return await advice(api, caller)


@router.get("/outages/notices")
async def read_notices(
    api: ApiDep,
    caller: ForFollowing,
    after: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> NoticeList:
    """What people were told of outages, oldest first, after the cursor."""
    return await notices.read(api, caller, after, limit)


@router.post("/outages/{outage_id}/confirmation", status_code=201)
async def confirm(api: ApiDep, caller: ForOutageAdmin, outage_id: Word, _body: NothingIn | None = None) -> OutageOut:
    return await state.confirm(api, caller, outage_id)


@router.post("/outages/{outage_id}/end", status_code=201)
async def end(api: ApiDep, caller: ForOutageAdmin, outage_id: Word, _body: NothingIn | None = None) -> OutageOut:
    """The system works again, or what was suspected or planned is nothing."""
    return await ending.end(api, caller, outage_id)


@router.post("/calls", status_code=201)
async def make_call(api: ApiDep, caller: ForOutages, body: CallIn, key: Key = None) -> CallOut:
    """A call to make: its card and its note are at `url`, for signed-in staff of the unit. One for each `Idempotency-Key`."""
    return await calls.make(api, caller, body, key=key or "")


@router.post("/calls/{call_id}/notes", status_code=201)
async def note_call(api: ApiDep, caller: ForOutages, call_id: Word, body: CallNoteIn, key: Key = None) -> CallOut:
    """What came of it. Not reached: `name` and `phone` are the next to try."""
    return await calls.came_of_it(api, caller, call_id, body, key=key or "")
