"""What a person has signed in: her browsers and her chat accounts, with ways to add one and to end any."""

import segno
from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller
from api.context import STOCKHOLM
from api.enrolment import service as enrolment
from api.enrolment.routes import new_code
from api.errors import EnrolmentUnknown
from api.pages.desk import ADDRESS_PART, Desk
from api.staff import sessions
from common.web.pages import SESSION_COOKIE

SESSIONS = "/profile/sessions"
CHATS = "/profile/chats"
MODULE = 5
"""Pixels a side of the smallest square in a QR code: a phone reads it at arm's length."""


async def sessions_page(desk: Desk, request: Request, caller: Caller) -> Response:
    seen = await sessions.of_person(desk.api, caller.staff_id or "", _token(request))
    return await desk.show(request, caller, "sessions.html", desk.text("page.sessions.title"), {"sessions": seen})


async def end_sessions(desk: Desk, request: Request, caller: Caller) -> Response:
    """One other session, or all the others. The one in use ends by signing out."""
    form = await desk.pages.form(request)
    only = form.get("session") or None
    if only is None and form.get("all") != "yes":
        return desk.pages.go(SESSIONS)
    await sessions.end_others(desk.api, caller.staff_id or "", _token(request), only)
    return desk.pages.go(SESSIONS, flash="page.flash.session_ended")


async def chats_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _chats(desk, request, caller, None)


async def make_code(desk: Desk, request: Request, caller: Caller) -> Response:
    """Shown in the answer to the post, and nowhere else: no address holds the code, and a reload does not show it to the next person."""
    await desk.pages.form(request)
    code = new_code(desk.api, await enrolment.make_code(desk.api, caller))
    link = next(iter(code.links.values()), None)
    drawn = segno.make(link or code.code, error="m").svg_inline(scale=MODULE, light="#fff", border=3, omitsize=False)
    return await _chats(desk, request, caller, {"code": code, "qr": drawn, "to_link": link is not None})


async def end_chat(desk: Desk, request: Request, caller: Caller) -> Response:
    await enrolment.revoke(desk.api, caller, await _account(desk, request))
    return desk.pages.go(CHATS, flash="page.flash.chat_ended")


async def renew_chat(desk: Desk, request: Request, caller: Caller) -> Response:
    await enrolment.renew(desk.api, caller, await _account(desk, request))
    return desk.pages.go(CHATS, flash="page.flash.chat_renewed")


async def _account(desk: Desk, request: Request) -> str:
    """Which of her chat accounts the form is about."""
    form = await desk.pages.form(request)
    account = form.get("account")
    if not ADDRESS_PART.fullmatch(account):
        raise EnrolmentUnknown
    return account


async def _chats(desk: Desk, request: Request, caller: Caller, made: dict[str, object] | None) -> Response:
    accounts = [
        {
            "id": bound.row.id,
            "client": _client(desk, bound.row.client),
            "name": enrolment.account_name(desk.api, bound.row),
            "created_at": bound.row.created_at,
            "ends_at": enrolment.ends_at(desk.api, bound.row).astimezone(STOCKHOLM).date(),
        }
        for bound in await enrolment.of_person(desk.api, caller)
    ]
    values = {"accounts": accounts, "made": made}
    return await desk.show(request, caller, "chats.html", desk.text("page.chats.title"), values)


def _client(desk: Desk, client: str) -> str:
    key = f"page.chats.client.{client}"
    return desk.text(key) if key in desk.api.knowledge.texts else client


def _token(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE, "")
