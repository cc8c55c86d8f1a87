"""The way in from Telegram: a page opened there shows what Telegram says of its person, and gets her session when it holds."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import idempotency
from api.access import address_of
from api.context import Api
from api.enrolment import service as enrolment
from api.enrolment.init_data import LONGEST, Opened, opened_by
from api.enrolment.service import Account
from api.errors import EnrolmentUnknown
from api.idempotency import Call
from api.limits import Kind
from api.pages.desk import Desk
from api.pages.entrance import own_path
from api.staff.sessions import TELEGRAM as METHOD
from api.staff.sessions import Entry, device_of, end_session, of_person, open_session
from common.web.pages import SESSION_COOKIE

OPENED: Final = "telegram|opened"
LIMIT_BYTES: Final = 16 * 1024


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    init_data: Annotated[str, StringConstraints(max_length=LONGEST)]
    to: Annotated[str, StringConstraints(max_length=200)] = "/"


async def app(desk: Desk, request: Request) -> Response:
    """The first page inside Telegram. Without its script, or outside Telegram, there is the ordinary sign-in."""
    values = {"to": own_path(request.query_params.get("to", "/"))}
    return await desk.show(request, None, "telegram_app.html", desk.text("telegram.app.title"), values)


async def enter(desk: Desk, request: Request) -> Response:
    """A session for whoever the account speaks for now, once for each opening. Everything else is one and the same refusal.

    What Telegram did not sign is counted by address, and an account that nobody bound by itself: neither stops who has a proof.
    """
    api = desk.api
    asked = await _asked(request)
    token = api.settings.telegram_token.get_secret_value()
    opened = None if asked is None else opened_by(asked.init_data, token, api.now())
    if asked is None or opened is None:
        api.limits.count(Kind.SIGN_IN, address_of(request))
        return _no("telegram_not_proved")
    account = Account(METHOD, str(opened.account))
    try:
        bound = await enrolment.whose(api, account)
    except EnrolmentUnknown:
        api.limits.count(Kind.STRANGER, address_of(request), api.cipher.lookup(f"stranger:{METHOD}:{account.name}"))
        return _no("telegram_not_enrolled")
    response = JSONResponse({"to": own_path(asked.to)})
    before = request.cookies.get(SESSION_COOKIE)
    session = await _enter_once(api, opened, Entry(bound.row.staff_id, METHOD, _device(request)))
    if session is None:
        return response if await _goes_on(api, before, bound.row.staff_id) else _no("telegram_not_proved")
    if before:
        await end_session(api, before)
    desk.pages.set_session(response, session, max_age=api.settings.session_hours * 3600)
    return response


async def _enter_once(api: Api, opened: Opened, entry: Entry) -> str | None:
    """None where this opening has given a session already: what Telegram signed may have been seen by somebody else since."""
    key = api.cipher.lookup(f"telegram:{opened.signature}")
    async with api.db.write() as session:
        if await idempotency.claim(api, session, Call(OPENED, key, key), entry.staff_id) is not None:
            return None
        return open_session(api, session, entry)


async def _goes_on(api: Api, token: str | None, staff_id: str) -> bool:
    """Whether she is signed in here: the same page, loaded again."""
    return token is not None and any(one.current for one in await of_person(api, staff_id, token))


def _device(request: Request) -> str | None:
    return device_of(request.headers.get("user-agent", ""))


async def _asked(request: Request) -> Asked | None:
    """JSON only: another site's form cannot send that."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT_BYTES:
            return None
    try:
        return Asked.model_validate_json(bytes(body))
    except ValidationError:
        return None


def _no(code: str) -> Response:
    return JSONResponse({"code": code}, 403)
