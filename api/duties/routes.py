"""Reminders of one's own over HTTP. Translates between HTTP and the service."""

from fastapi import APIRouter, Response

from api.access import ForReading
from api.context import ApiDep
from api.duties import own
from api.duties.schemas import ReminderIn, ReminderList, ReminderOut
from api.fields import Word

router = APIRouter(tags=["reminders"])


@router.get("/me/reminders")
async def read_reminders(api: ApiDep, caller: ForReading) -> ReminderList:
    """The caller's own reminders, the soonest first."""
    return ReminderList(items=await own.mine(api, caller))


@router.put("/messages/{message_id}/reminder", status_code=201)
async def remind_me(
    api: ApiDep, caller: ForReading, message_id: Word, body: ReminderIn, response: Response
) -> ReminderOut:
    """A reminder of one's own, in place of the one before: for where the routine gives no time, or an earlier look."""
    reminder, new = await own.remind_me(api, caller, message_id, body.at)
    response.status_code = 201 if new else 200
    return reminder


@router.delete("/messages/{message_id}/reminder", status_code=204)
async def take_back(api: ApiDep, caller: ForReading, message_id: Word) -> Response:
    """The reminder is not needed any more."""
    await own.take_back(api, caller, message_id)
    return Response(status_code=204)
