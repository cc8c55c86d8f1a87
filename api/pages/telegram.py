"""The way in from Telegram: a page opened there shows what Telegram says of its person, and gets her session when it holds."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.access import address_of
from api.enrolment import service as enrolment
from api.enrolment.init_data import LONGEST, account_in
from api.enrolment.service import Account
from api.errors import EnrolmentUnknown
from api.limits import Kind
from api.pages.desk import Desk
from api.pages.entrance import own_path
from api.staff.sessions import Entry, device_of, end_session, enter
from common.web.pages import SESSION_COOKIE

METHOD: Final = "telegram"
LIMIT_BYTES: Final = 16 * 1024


class Opened(BaseModel):
    model_config = ConfigDict(extra="forbid")

    init_data: Annotated[str, StringConstraints(max_length=LONGEST)]
    to: Annotated[str, StringConstraints(max_length=200)] = "/"


async def app(desk: Desk, request: Request) -> Response:
    """The first page inside Telegram. Without its script, or outside Telegram, there is the ordinary sign-in."""
    values = {"to": own_path(request.query_params.get("to", "/"))}
    return await desk.show(request, None, "telegram_app.html", desk.text("telegram.app.title"), values)


async def open_session(desk: Desk, request: Request) -> Response:
    """A session for whoever the account speaks for now. Everything else is one and the same refusal."""
    desk.api.limits.count(Kind.SIGN_IN, address_of(request))
    asked = await _asked(request)
    token = desk.api.settings.telegram_token.get_secret_value()
    account = None if asked is None else account_in(asked.init_data, token, desk.api.now())
    if asked is None or account is None:
        return _no("telegram_not_proved")
    try:
        bound = await enrolment.whose(desk.api, Account(METHOD, str(account)))
    except EnrolmentUnknown:
        return _no("telegram_not_enrolled")
    before = request.cookies.get(SESSION_COOKIE)
    if before:
        await end_session(desk.api, before)
    device = device_of(request.headers.get("user-agent", ""))
    session = await enter(desk.api, Entry(bound.row.staff_id, METHOD, device))
    response = JSONResponse({"to": own_path(asked.to)})
    desk.pages.set_session(response, session, max_age=desk.api.settings.session_hours * 3600)
    return response


async def _asked(request: Request) -> Opened | None:
    """JSON only: another site's form cannot send that."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT_BYTES:
            return None
    try:
        return Opened.model_validate_json(bytes(body))
    except ValidationError:
        return None


def _no(code: str) -> Response:
    return JSONResponse({"code": code}, 403)
