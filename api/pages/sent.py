"""What the unit has sent: where it stands, and the sender's own ticks for what was copied into another system."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import NotFound
from api.messages import handling, reading
from api.messages.schemas import FollowUpIn, MessageOut
from api.messages.status import OVERDUE
from api.pages import counts
from api.pages.desk import Desk
from api.pages.views import Phone
from api.units import service as units

PAGE: Final = 20


async def sent(desk: Desk, request: Request, caller: Caller) -> Response:
    after = request.query_params.get("after") or None
    unit = caller.here.unit_id
    found = await reading.sent(desk.api, caller, unit, after, PAGE, mine=False, exercise=None)
    views = desk.views()
    values = {
        "messages": [views.sent_row(message) for message in found.items],
        "older": found.next,
        "is_older": after is not None,
        "mark": await counts.mark(desk.api, unit),
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    return await desk.show(request, caller, "sent.html", desk.text("page.sent.title"), values)


async def message(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.READ)
    found = await reading.read(desk.api, caller, _id(request))
    if found.sender_unit not in caller.units(Right.SEND):
        raise NotFound
    letter = desk.views().sent(found, found.sender_unit, await _phone(desk, found))
    values = {
        "message": letter,
        "marks": letter.marks,
        "once": desk.once(),
        "here": request.url.path,
        "mark": await counts.mark(desk.api, found.sender_unit),
    }
    title = desk.text("page.sent.title_one", number=letter.number)
    return await desk.show(request, caller, "sent_message.html", title, values)


async def tick(desk: Desk, request: Request, caller: Caller) -> Response:
    """ "Jag har skickat", "läst" or "besvarat": the sender's own word. Twice is as once."""
    form = await desk.pages.form(request)
    caller.require(Right.SEND)
    match form.get("mark"):
        case "sent":
            await handling.mark_sent(desk.api, caller, _id(request))
        case "read":
            await handling.follow_up(desk.api, caller, _id(request), FollowUpIn(state="read"))
        case "answered":
            await handling.follow_up(desk.api, caller, _id(request), FollowUpIn(state="answered"))
        case _:
            raise NotFound
    return desk.pages.go(f"/sent/{_id(request)}", flash=f"page.flash.marked_{form.get('mark')}")


async def _phone(desk: Desk, found: MessageOut) -> Phone | None:
    """Whom to call when the answer is late: the first unit that has not answered."""
    if found.status != OVERDUE:
        return None
    silent = [recipient for recipient in found.recipients if recipient.answered_at is None] or found.recipients
    unit = await units.get(desk.api, silent[0].unit)
    return Phone(unit.name, unit.phone)


def _id(request: Request) -> str:
    return str(request.path_params["message_id"])
