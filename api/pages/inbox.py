"""The unit's inbox and what is done with a message there: acknowledge, answer, ask for more, point elsewhere, forward."""

from datetime import UTC, datetime
from typing import Final, Literal, get_args

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.access import BY_ITSELF
from api.authorisation import Caller, Right
from api.errors import ApiError, NotFound
from api.messages import handling, reading
from api.messages.schemas import AnswerIn, ForwardingIn, MessageOut
from api.messages.status import ANSWERED, RecipientState
from api.pages import counts
from api.pages.desk import Desk
from api.pages.views import Letter, Row
from api.units import service as units
from common.web.forms import Form

Kind = Literal["answer", "request_more", "redirect"]
FLASH: Final[dict[Kind, str]] = {
    "answer": "page.flash.answered",
    "request_more": "page.flash.request_more",
    "redirect": "page.flash.redirected",
}
OPEN_LIMIT: Final = 100
PAGE: Final = 20
ANSWER_LIMIT: Final = 10_000
REASON_LIMIT: Final = 2_000
UNITS_SHOWN: Final = 6
FAR_AWAY: Final = datetime.max.replace(tzinfo=UTC)


async def inbox(desk: Desk, request: Request, caller: Caller) -> Response:
    """What waits for the unit, the most pressing first."""
    unit = caller.here.unit_id
    views = desk.views()
    rows: list[Row] = []
    more = False
    by_itself = BY_ITSELF in request.headers
    for state in (RecipientState.RECEIVED, RecipientState.ACKNOWLEDGED):
        found = await reading.inbox(desk.api, caller, unit, None, OPEN_LIMIT, state, by_itself=by_itself)
        rows += [views.inbox_row(item) for item in found.items]
        more = more or found.next is not None
    waiting = sorted((row for row in rows if row.open), key=_pressing)
    values = {"open": waiting, "more": more, "mark": await counts.mark(desk.api, unit)}
    return await desk.show(request, caller, "inbox.html", desk.text("page.inbox.title"), values)


async def all_messages(desk: Desk, request: Request, caller: Caller) -> Response:
    """Everything that has come to the unit, newest first."""
    after = request.query_params.get("after") or None
    found = await reading.inbox(desk.api, caller, caller.here.unit_id, after, PAGE, None)
    views = desk.views()
    values = {
        "messages": [views.inbox_row(item) for item in found.items],
        "older": found.next,
        "is_older": after is not None,
    }
    return await desk.show(request, caller, "inbox_all.html", desk.text("page.inbox.all"), values)


async def mark(desk: Desk, _request: Request, caller: Caller) -> Response:
    """For the page that keeps itself up to date: has anything happened?"""
    caller.require_at(Right.READ, caller.here.unit_id)
    return PlainTextResponse(await counts.mark(desk.api, caller.here.unit_id))


async def message(desk: Desk, request: Request, caller: Caller) -> Response:
    found, unit = await _read(desk, request, caller)
    letter = desk.views().received(found, unit)
    others = await thread_of(desk, caller, found)
    values = {"message": letter, "actions": _actions(letter), "once": desk.once(), "others": others}
    title = desk.text("page.message.title", number=letter.number)
    return await desk.show(request, caller, "message.html", title, values)


async def thread_of(desk: Desk, caller: Caller, found: MessageOut) -> list[tuple[str, str]]:
    """The other messages of the thread that the reader may see, oldest first: where each is, and a line about it."""
    mine, time = caller.units(Right.SEND), desk.views().time
    lines: list[tuple[str, str]] = []
    for one in (await reading.thread(desk.api, caller, found.id)).items:
        if one.id != found.id:
            place = "/sent/" if one.sender_unit in mine else "/inbox/"
            when = time.moment(one.created_at)
            line = desk.text("page.message.other_line", number=one.number, unit=one.sender_unit_name, when=when)
            lines.append((place + one.id, line))
    return lines


async def acknowledge(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    caller.require_somewhere(Right.RECEIVE)
    await handling.acknowledge(desk.api, caller, _id(request))
    return desk.pages.go(f"/inbox/{_id(request)}", flash="page.flash.acknowledged")


async def reply_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _reply_form(
        desk, request, caller, _kind(request.query_params.get("kind", "answer")), "", {}, desk.once()
    )


async def reply(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require_somewhere(Right.RECEIVE)
    kind, text = _kind(form.get("kind")), form.get("text")
    errors = _reply_errors(desk, text)
    if errors:
        return await _reply_form(desk, request, caller, kind, text, errors, form.get("once"))
    body = AnswerIn(text=text, kind=kind)
    await handling.answer(desk.api, caller, _id(request), body, form.get("once") or None)
    return desk.pages.go(f"/inbox/{_id(request)}", flash=FLASH[kind])


async def forward_page(desk: Desk, request: Request, caller: Caller) -> Response:
    form = Form((("query", request.query_params.get("query", "")),))
    return await _forward_form(desk, request, caller, form, {}, desk.once())


async def forward(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require_somewhere(Right.RECEIVE)
    errors = _forward_errors(desk, form, caller)
    if not errors:
        try:
            body = ForwardingIn(recipient_unit=form.get("recipient_unit"), reason=form.get("reason"))
            await handling.forward(desk.api, caller, _id(request), body, form.get("once") or None)
            return desk.pages.go(f"/inbox/{_id(request)}", flash="page.flash.forwarded")
        except ValidationError:
            errors = {"recipient_unit": desk.text("page.forward.unit_missing")}
        except ApiError as error:
            if error.status != 422:
                raise
            errors = {"recipient_unit": desk.problems.describe(error).detail}
    return await _forward_form(desk, request, caller, form, errors, form.get("once"))


async def _reply_form(
    desk: Desk, request: Request, caller: Caller, kind: Kind, text: str, errors: dict[str, str], once: str
) -> Response:
    found, unit = await _read(desk, request, caller)
    letter = desk.views().received(found, unit)
    values = {"message": letter, "kind": kind, "values": {"text": text}, "errors": errors, "once": once}
    title = f"{desk.text(f'page.reply.{kind}.title')} {letter.number}"
    return await desk.show(request, caller, "reply.html", title, values, status=422 if errors else 200)


async def _forward_form(
    desk: Desk, request: Request, caller: Caller, form: Form, errors: dict[str, str], once: str
) -> Response:
    found, unit = await _read(desk, request, caller)
    letter = desk.views().received(found, unit)
    query = form.get("query")
    hits = await receivers(desk, caller, found, query) if query else ()
    values = {
        "message": letter,
        "query": query,
        "units": hits,
        "values": {"recipient_unit": form.get("recipient_unit"), "reason": form.get("reason")},
        "errors": errors,
        "once": once,
    }
    title = f"{desk.text('page.forward.title')} {letter.number}"
    return await desk.show(request, caller, "forward.html", title, values, status=422 if errors else 200)


async def receivers(desk: Desk, caller: Caller, found: MessageOut, query: str) -> list[tuple[str, str, str]]:
    """Units that the message can go on to, as options of a choice."""
    taken = {found.sender_unit, *(recipient.unit for recipient in found.recipients)}
    hits = await units.find(
        desk.api,
        query[:200],
        region=caller.here.region,
        unit_type=None,
        channel=found.channel,
        limit=UNITS_SHOWN + len(taken),
    )
    fitting = [unit for unit in hits if unit.id not in taken][:UNITS_SHOWN]
    return [(unit.id, unit.name, desk.text(f"unit_type.{unit.type}")) for unit in fitting]


async def _read(desk: Desk, request: Request, caller: Caller) -> tuple[MessageOut, str]:
    """The message, and which of the caller's units received it."""
    caller.require_somewhere(Right.READ)
    found = await reading.read(desk.api, caller, _id(request))
    unit = caller.first_of(Right.RECEIVE, frozenset(recipient.unit for recipient in found.recipients))
    if unit is None:
        raise NotFound
    return found, unit


def _actions(letter: Letter) -> frozenset[str]:
    """What can still be done, by the state of the reader's unit."""
    erased = not letter.sections
    if letter.closed or erased or letter.state == RecipientState.FORWARDED:
        return frozenset()
    possible = {"answer"}
    if letter.state == RecipientState.RECEIVED:
        possible.add("acknowledge")
    if letter.state not in ANSWERED:
        possible.add("forward")
    return frozenset(possible)


def _reply_errors(desk: Desk, text: str) -> dict[str, str]:
    if not text:
        return {"text": desk.text("page.reply.empty")}
    if len(text) > ANSWER_LIMIT:
        return {"text": desk.text("page.reply.too_long", limit=ANSWER_LIMIT)}
    return {}


def _forward_errors(desk: Desk, form: Form, caller: Caller) -> dict[str, str]:
    errors: dict[str, str] = {}
    chosen, reason = form.get("recipient_unit"), form.get("reason")
    if not chosen:
        errors["recipient_unit"] = desk.text("page.forward.unit_missing")
    elif chosen == caller.here.unit_id:
        errors["recipient_unit"] = desk.text("page.forward.same_unit")
    if not reason:
        errors["reason"] = desk.text("page.forward.reason_missing")
    elif len(reason) > REASON_LIMIT:
        errors["reason"] = desk.text("page.reply.too_long", limit=REASON_LIMIT)
    return errors


def _pressing(row: Row) -> tuple[bool, bool, datetime, datetime]:
    """Late first, then what is new, then by when an answer is due."""
    return (not row.overdue, row.status != RecipientState.RECEIVED, row.due_at or FAR_AWAY, row.at)


def _kind(value: str) -> Kind:
    for kind in get_args(Kind):
        if value == kind:
            found: Kind = kind
            return found
    raise NotFound


def _id(request: Request) -> str:
    return str(request.path_params["message_id"])
