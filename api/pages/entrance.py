"""The way in and out: start page, sign-in by a one-time link, the demo's people, profile, sign-out."""

from starlette.requests import Request
from starlette.responses import Response

from api.access import address_of
from api.authorisation import Caller, Right
from api.errors import NotSignedIn, PersonUnknown, SignInLinkInvalid, SignInLinksOff
from api.limits import Kind
from api.pages import people, provider
from api.pages.desk import Desk
from api.staff import service as staff
from api.staff.sessions import OIDC, device_of, end_session
from common.web.forms import FormError
from common.web.pages import SESSION_COOKIE


async def start(desk: Desk, request: Request) -> Response:
    caller = await desk.who(request)
    personas = await people.for_demo(desk.api)
    if caller is None:
        return await desk.show(request, None, "welcome.html", desk.text("page.welcome.title"), {"people": personas})
    desk = desk.for_reader(request, caller)
    first_name = people.short(caller.name).split(" ")[0]
    values = {
        "first_name": first_name,
        "people": personas,
        "administers": caller.may(Right.ADMINISTER_UNIT),
        "audits": caller.may(Right.AUDIT),
        "trains": caller.here.gives(Right.EXERCISE),
    }
    return await desk.show(request, caller, "start.html", desk.text("page.start.title"), values)


async def sign_in_page(desk: Desk, request: Request) -> Response:
    """Shows whom the link signs in. Only the button uses it, so that a preview of the link does not."""
    code = request.query_params.get("code", "")
    if not code:
        raise NotSignedIn
    person = await people.of_link(desk.api, code)
    if person is None:
        return await _expired(desk, request)
    return await desk.show(
        request, None, "sign_in.html", desk.text("page.sign_in.title"), {"code": code, "person": person}
    )


async def sign_in(desk: Desk, request: Request) -> Response:
    form = await desk.pages.form(request)
    try:
        token = await staff.use_sign_in_link(desk.api, form.get("code"), _device(request))
    except SignInLinkInvalid:
        desk.api.limits.count(Kind.SIGN_IN, address_of(request))
        return await _expired(desk, request)
    return await _enter(desk, request, token, "/")


async def sign_in_as(desk: Desk, request: Request) -> Response:
    """The demo only: become one of its made-up people."""
    form = await desk.pages.form(request)
    allowed = {person.id for region in await people.for_demo(desk.api) for person in region.people}
    if form.get("staff") not in allowed:
        raise SignInLinksOff
    link = await staff.make_sign_in_link(desk.api, form.get("staff"))
    token = await staff.use_sign_in_link(desk.api, link.rpartition("code=")[2], _device(request))
    return await _enter(desk, request, token, own_path(form.get("next")))


async def to_provider(desk: Desk, request: Request) -> Response:
    return await provider.there(desk, own_path(request.query_params.get("next", "")))


async def from_provider(desk: Desk, request: Request) -> Response:
    try:
        token, path = await provider.back(desk, request)
    except PersonUnknown as error:
        return await provider.unknown(desk, request, error)
    return provider.forgotten(await _enter(desk, request, token, path))


async def sign_out(desk: Desk, request: Request) -> Response:
    """Out of Lots; and where the identity provider let her in, on to sign out there, since she may share the computer."""
    await desk.pages.form(request)
    way = await provider.way_out(desk) if await _leave(desk, request) == OIDC else None
    response = desk.pages.go("/signed-out") if way is None else await provider.leaving(desk, request, way)
    desk.pages.clear_session(response)
    return response


async def signed_out(desk: Desk, request: Request) -> Response:
    title, text = desk.text("page.sign_in.signed_out_title"), desk.text("page.sign_in.signed_out_text")
    return await desk.notice(request, title, text, "check")


async def profile(desk: Desk, request: Request, caller: Caller) -> Response:
    place = caller.here
    pack = desk.api.knowledge.registry.in_force(place.region, desk.api.today())
    facts = (
        (desk.text("page.profile.name"), caller.name or ""),
        (desk.text("page.profile.unit"), place.name),
        (desk.text("page.profile.unit_type"), desk.text(f"unit_type.{place.type}")),
        (desk.text("page.profile.role"), desk.text(f"page.role.{place.role}")),
        (
            desk.text("page.profile.pack"),
            f"{pack.name} ({pack.version})" if pack else desk.text("page.profile.no_pack"),
        ),
    )
    others = [other for other in caller.places if other.unit_id != place.unit_id]
    values = {"facts": facts, "others": others, "people": await people.for_demo(desk.api)}
    return await desk.show(request, caller, "profile.html", desk.text("page.profile.title"), values)


async def work_at(desk: Desk, request: Request, caller: Caller) -> Response:
    """The person works at another of her units now."""
    form = await desk.pages.form(request)
    await staff.choose_unit(desk.api, caller, form.get("unit"))
    return desk.pages.go("/profile", flash="page.flash.unit_changed")


async def choose_language(desk: Desk, request: Request) -> Response:
    """For this browser, and for the person herself when she is signed in."""
    form = await desk.pages.form(request)
    language = form.get("language")
    if language not in desk.pages.languages:
        raise FormError
    caller = await desk.who(request)
    if caller is not None:
        await staff.choose_language(desk.api, caller, language)
    response = desk.pages.go(own_path(form.get("back")))
    desk.pages.set_language(response, language)
    return response


def own_path(path: str) -> str:
    """The path when it is one of our own pages, else the start page: never a way to another site."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours else "/"


async def _enter(desk: Desk, request: Request, token: str, path: str) -> Response:
    """A new session in place of the old one."""
    await _leave(desk, request)
    response = desk.pages.go(path, flash="page.flash.signed_in")
    desk.pages.set_session(response, token, max_age=desk.api.settings.session_hours * 3600)
    return response


async def _leave(desk: Desk, request: Request) -> str | None:
    """Ends the session that the browser has, and tells how it had begun."""
    old = request.cookies.get(SESSION_COOKIE)
    return await end_session(desk.api, old) if old else None


def _device(request: Request) -> str | None:
    return device_of(request.headers.get("user-agent", ""))


async def _expired(desk: Desk, request: Request) -> Response:
    title, text = desk.text("page.sign_in.expired_title"), desk.text("page.sign_in.expired_text")
    return await desk.notice(request, title, text, "lock", status=403)
