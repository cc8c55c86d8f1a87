"""The way in and out: start page, sign-in by a one-time link, the demo's people, profile, sign-out."""

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller
from api.errors import NotSignedIn, SignInLinkInvalid, SignInLinksOff
from api.pages import people
from api.pages.desk import Desk
from api.staff import service as staff
from common.web.pages import SESSION_COOKIE


async def start(desk: Desk, request: Request) -> Response:
    caller = await desk.who(request)
    personas = await people.for_demo(desk.api)
    if caller is None:
        return await desk.show(request, None, "welcome.html", desk.text("page.welcome.title"), {"people": personas})
    first_name = people.short(caller.name).split(" ")[0]
    values = {"first_name": first_name, "people": personas}
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
        token = await staff.use_sign_in_link(desk.api, form.get("code"))
    except SignInLinkInvalid:
        return await _expired(desk, request)
    return await _enter(desk, request, token, "/")


async def sign_in_as(desk: Desk, request: Request) -> Response:
    """The demo only: become one of its made-up people."""
    form = await desk.pages.form(request)
    allowed = {person.id for region in await people.for_demo(desk.api) for person in region.people}
    if form.get("staff") not in allowed:
        raise SignInLinksOff
    link = await staff.make_sign_in_link(desk.api, form.get("staff"))
    token = await staff.use_sign_in_link(desk.api, link.rpartition("code=")[2])
    return await _enter(desk, request, token, own_path(form.get("next")))


async def sign_out(desk: Desk, request: Request) -> Response:
    await desk.pages.form(request)
    await _leave(desk, request)
    response = desk.pages.go("/signed-out")
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


async def _leave(desk: Desk, request: Request) -> None:
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await staff.end_session(desk.api, old)


async def _expired(desk: Desk, request: Request) -> Response:
    title, text = desk.text("page.sign_in.expired_title"), desk.text("page.sign_in.expired_text")
    return await desk.notice(request, title, text, "lock", status=403)
