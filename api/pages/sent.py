"""What the unit has sent: where it stands, and the sender's own ticks for what was copied into another system."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.duties import own
from api.errors import NotFound
from api.messages import handling, reading
from api.messages.schemas import ClosingIn, FollowUpIn, MessageOut
from api.messages.status import OVERDUE
from api.pages import counts
from api.pages.desk import Desk
from api.pages.inbox import thread_of
from api.pages.views import Phone
from api.units import service as units

PAGE: Final = 20
REMIND_IN: Final = ("1", "3", "7")
"""Days."""


async def sent(desk: Desk, request: Request, caller: Caller) -> Response:
    after = request.query_params.get("after") or None
    unit = caller.here.unit_id
    found = await reading.sent(desk.api, caller, unit, after, PAGE, mine=False, exercise=None)
    views = desk.views()
    told = {one.message_id: one.at for one in await own.mine(desk.api, caller, [m.id for m in found.items]) if one.told}
    rows = [replace(views.sent_row(message), remind_at=told.get(message.id)) for message in found.items]
    values = {
        "messages": rows,
        "older": found.next,
        "is_older": after is not None,
        "mark": await counts.mark(desk.api, unit),
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    return await desk.show(request, caller, "sent.html", desk.text("page.sent.title"), values)


async def message(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require_somewhere(Right.READ)
    found = await reading.read(desk.api, caller, _id(request))
    if found.sender_unit not in caller.units(Right.SEND):
        raise NotFound
    letter = desk.views().sent(found, found.sender_unit, await _phone(desk, found))
    values = {
        "message": letter,
        "marks": letter.marks,
        "reminder": next(iter(await own.mine(desk.api, caller, [found.id])), None),
        "others": await thread_of(desk, caller, found),
        "once": desk.once(),
        "here": request.url.path,
        "mark": await counts.mark(desk.api, found.sender_unit),
    }
    title = desk.text("page.sent.title_one", number=letter.number)
    return await desk.show(request, caller, "sent_message.html", title, values)


async def tick(desk: Desk, request: Request, caller: Caller) -> Response:
    """ "Jag har skickat", "läst" or "besvarat": the sender's own word. Twice is as once."""
    form = await desk.pages.form(request)
    caller.require_somewhere(Right.SEND)
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


async def remind(desk: Desk, request: Request, caller: Caller) -> Response:
    """A reminder of one's own in so many days, or none any more."""
    form = await desk.pages.form(request)
    caller.require_somewhere(Right.SEND)
    days = form.get("days")
    if days == "0":
        await own.take_back(desk.api, caller, _id(request))
        return desk.pages.go(f"/sent/{_id(request)}", flash="page.flash.reminder_gone")
    if days not in REMIND_IN:
        raise NotFound
    await own.remind_me_in(desk.api, caller, _id(request), int(days))
    return desk.pages.go(f"/sent/{_id(request)}", flash="page.flash.reminded")


async def close(desk: Desk, request: Request, caller: Caller) -> Response:
    """Nothing more is needed, or it was wrongly sent. It is marked, never erased."""
    form = await desk.pages.form(request)
    caller.require_somewhere(Right.SEND)
    reason = form.get("reason")
    if reason != "wrong" and reason != "done":
        raise NotFound
    await handling.close(desk.api, caller, _id(request), ClosingIn(reason=reason))
    return desk.pages.go(f"/sent/{_id(request)}", flash=f"page.flash.closed_{reason}")


async def _phone(desk: Desk, found: MessageOut) -> Phone | None:
    """Whom to call when the answer is late: the first unit that has not answered."""
    if found.status != OVERDUE:
        return None
    silent = [recipient for recipient in found.recipients if recipient.answered_at is None] or found.recipients
    unit = await units.get(desk.api, silent[0].unit)
    return Phone(unit.name, unit.phone)


def _id(request: Request) -> str:
    return str(request.path_params["message_id"])
