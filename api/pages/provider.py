"""Sign-in at the identity provider, seen from the browser: there, back, and out again. What is true of a sign-in is `api.oidc`'s."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import address_of
from api.audit.service import note_refusal
from api.errors import PersonUnknown, SignInFailed
from api.limits import Kind
from api.oidc import flow
from api.oidc.flow import CameBack
from api.oidc.people import Entering, entering, identity
from api.oidc.provider import ProviderError
from api.oidc.token import Claims
from api.pages.desk import Desk
from api.staff import sessions
from api.staff.sessions import OIDC, Entry, device_of

KEPT: Final = "lots_sign_in"
PATH: Final = "/sign-in"
ANSWER_LENGTH: Final = 4096
UNPROVED: Final = frozenset({"expired", "cancelled"})
"""Failures of a browser that nobody answered for at the provider: anybody can make as many as she likes."""


async def there(desk: Desk, path: str) -> Response:
    """To the provider, remembering in the browser what it has to bring back. Not counted: it costs little, and many share an address."""
    begun = await flow.begin(desk.api, path)
    response = RedirectResponse(begun.address, status_code=303)
    response.set_cookie(
        KEPT,
        begun.kept,
        max_age=int(flow.TIME.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=desk.api.settings.secure_cookies,
    )
    return response


async def back(desk: Desk, request: Request) -> tuple[str, str]:
    """The browser is back: a new session's token, and the page it is for. Raises ApiErrors, PersonUnknown among them.

    Failures are counted by address, and stop nobody whom the provider vouches for.
    """
    address = address_of(request)
    try:
        vouched = await flow.finish(desk.api, request.cookies.get(KEPT, ""), _came_back(request))
    except SignInFailed as error:
        desk.api.limits.count(Kind.SIGN_IN, address)
        if error.variant not in UNPROVED:
            await _note(desk, f"sign-in {error.params['reason']}", None)
        raise
    person = await _known(desk, address, vouched.claims)
    device = device_of(request.headers.get("user-agent", ""))
    return await sessions.enter(desk.api, Entry(person.staff_id, OIDC, device, person.units)), vouched.path


async def unknown(desk: Desk, request: Request, error: PersonUnknown) -> Response:
    """The provider knows her, Lots does not: says so, and whom to ask. Nothing was made."""
    words = [desk.text(f"page.unknown_person.{error.variant or 'detail'}", provider=flow.provider_of(desk.api).name)]
    contact = desk.api.settings.help_contact
    words.append(
        desk.text("page.unknown_person.ask", contact=contact)
        if contact
        else desk.text("page.unknown_person.ask_nobody")
    )
    title = desk.text("page.unknown_person.title")
    return forgotten(await desk.notice(request, title, " ".join(words), "lock", status=error.status))


async def way_out(desk: Desk) -> str | None:
    """Where she signs out of the provider too, where there is such a place and it can be reached."""
    if desk.api.identity is None:
        return None
    try:
        return await desk.api.identity.way_out(desk.api.settings.address + "/signed-out")
    except ProviderError:
        return None


async def leaving(desk: Desk, request: Request, way: str) -> Response:
    """Signed out here; the browser goes on to the provider by itself. No redirect: our policy lets no form lead elsewhere."""
    name = flow.provider_of(desk.api).name
    values = {"way": way, "name": name}
    response = await desk.show(request, None, "leaving.html", desk.text("page.sign_in.signed_out_title"), values)
    response.headers["refresh"] = f"1; url={way}"
    return response


def forgotten(response: Response) -> Response:
    """What the browser kept for this sign-in is of no more use."""
    response.delete_cookie(KEPT, path=PATH)
    return response


async def _known(desk: Desk, address: str, claims: Claims) -> Entering:
    """The person. One account that nobody here knows cannot go on trying from where it is; others from there are not touched."""
    account = desk.api.cipher.lookup(f"stranger:{identity(desk.api, claims)}")
    desk.api.limits.check(Kind.STRANGER, address, account)
    try:
        return await entering(desk.api, claims)
    except PersonUnknown as error:
        desk.api.limits.count(Kind.STRANGER, address, account)
        staff = error.params.get("staff")
        await _note(desk, f"person {error.variant or 'unknown'}", None if staff is None else str(staff))
        raise


async def _note(desk: Desk, reason: str, staff_id: str | None) -> None:
    """Into the audit, for who looks into a sign-in that did not succeed. No more of them than the limits let through."""
    async with desk.api.db.write() as session:
        note_refusal(session, staff_id, desk.api.now(), reason)


def _came_back(request: Request) -> CameBack:
    told = request.query_params
    code, state, issuer, error = (told.get(name, "")[:ANSWER_LENGTH] for name in ("code", "state", "iss", "error"))
    return CameBack(code, state, issuer, error)
