"""A message that lives on: more is filled in under a heading, and more units are taken in, by its sender and by those it lies with."""

from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import ApiError
from api.messages import handling, reading
from api.messages.schemas import MessageOut, ParticipantIn, SupplementIn
from api.pages.desk import Desk, SignedInPage
from api.pages.inbox import ANSWER_LIMIT, receivers
from common.web.forms import Form

UNPROCESSABLE: Final = 422
HEADING_LIMIT: Final = 200


def supplement_page(back: str) -> SignedInPage:
    """`back` is the list that the message was opened from: `/inbox` or `/sent`."""

    async def page(desk: Desk, request: Request, caller: Caller) -> Response:
        return await _supplement_form(desk, request, caller, back, Form(()), {}, desk.once())

    return page


def supplement(back: str) -> SignedInPage:
    async def page(desk: Desk, request: Request, caller: Caller) -> Response:
        form = await desk.pages.form(request)
        caller.require_somewhere(Right.READ)
        errors = _supplement_errors(desk, form)
        if errors:
            return await _supplement_form(desk, request, caller, back, form, errors, form.get("once"))
        body = SupplementIn(heading=form.get("heading"), text=form.get("text"))
        await handling.supplement(desk.api, caller, _id(request), body, form.get("once") or None)
        return desk.pages.go(f"{back}/{_id(request)}", flash="page.flash.supplemented")

    return page


def participant_page(back: str) -> SignedInPage:
    async def page(desk: Desk, request: Request, caller: Caller) -> Response:
        form = Form((("query", request.query_params.get("query", "")),))
        return await _participant_form(desk, request, caller, back, form, {}, desk.once())

    return page


def add_participant(back: str) -> SignedInPage:
    async def page(desk: Desk, request: Request, caller: Caller) -> Response:
        form = await desk.pages.form(request)
        caller.require_somewhere(Right.READ)
        try:
            body = ParticipantIn(unit=form.get("unit"))
            await handling.add_participant(desk.api, caller, _id(request), body, form.get("once") or None)
            return desk.pages.go(f"{back}/{_id(request)}", flash="page.flash.taken_in")
        except ValidationError:
            errors = {"unit": desk.text("page.forward.unit_missing")}
        except ApiError as error:
            if error.status != UNPROCESSABLE:
                raise
            errors = {"unit": desk.problems.describe(error).detail}
        return await _participant_form(desk, request, caller, back, form, errors, form.get("once"))

    return page


async def _supplement_form(
    desk: Desk, request: Request, caller: Caller, back: str, form: Form, errors: dict[str, str], once: str
) -> Response:
    found = await _read(desk, request, caller)
    values = {
        "back": f"{back}/{found.id}",
        "number": found.number,
        "values": {"heading": form.get("heading"), "text": form.get("text")},
        "errors": errors,
        "once": once,
    }
    title = f"{desk.text('page.living.supplement_title')} {found.number}"
    return await desk.show(request, caller, "supplement.html", title, values, status=_status(errors))


async def _participant_form(
    desk: Desk, request: Request, caller: Caller, back: str, form: Form, errors: dict[str, str], once: str
) -> Response:
    found = await _read(desk, request, caller)
    query = form.get("query")
    values = {
        "back": f"{back}/{found.id}",
        "number": found.number,
        "query": query,
        "units": await receivers(desk, caller, found, query) if query else (),
        "values": {"unit": form.get("unit")},
        "errors": errors,
        "once": once,
    }
    title = f"{desk.text('page.living.participant_title')} {found.number}"
    return await desk.show(request, caller, "participant.html", title, values, status=_status(errors))


async def _read(desk: Desk, request: Request, caller: Caller) -> MessageOut:
    caller.require_somewhere(Right.READ)
    return await reading.read(desk.api, caller, _id(request))


def _supplement_errors(desk: Desk, form: Form) -> dict[str, str]:
    errors: dict[str, str] = {}
    if len(form.get("heading")) > HEADING_LIMIT:
        errors["heading"] = desk.text("page.reply.too_long", limit=HEADING_LIMIT)
    if not form.get("text"):
        errors["text"] = desk.text("page.living.supplement_missing")
    elif len(form.get("text")) > ANSWER_LIMIT:
        errors["text"] = desk.text("page.reply.too_long", limit=ANSWER_LIMIT)
    return errors


def _status(errors: dict[str, str]) -> int:
    return UNPROCESSABLE if errors else 200


def _id(request: Request) -> str:
    return str(request.path_params["message_id"])
