"""Pages about who works at a unit: taking somebody in, roles, who watches the inbox, leave and handover. Names never stand in an address."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import RIGHTS, Caller, Right, Role
from api.errors import ApiError, LastAdministrator, NotFound, PersonBlocked, PersonElsewhere, WrongState
from api.imports.staff_plan import EXTERNAL_ID, HSA_LIKE, LONGEST_NAME
from api.pages.admin_units import unit_id
from api.pages.desk import Desk
from api.staff import absence, administration
from api.staff.administration import MemberView, roles_to_give, unit_of
from api.staff.tables import StaffRow
from common.web.forms import Form, day_in

SHORTEST: Final = 2
EMPTY: Final[Mapping[str, str]] = {}


async def add_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _add_form(desk, request, caller, Form(()), EMPTY)


async def find(desk: Desk, request: Request, caller: Caller) -> Response:
    """Colleagues of the organisation by name; posted, so that no name ends up in an address."""
    form = await desk.pages.form(request)
    if len(form.get("who")) < SHORTEST:
        return await _add_form(desk, request, caller, form, {"who": desk.text("people.add.who_short")})
    return await _add_form(desk, request, caller, form, EMPTY)


async def add(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    role = _role(form.get("role"))
    if role is None or not form.get("staff"):
        return await _add_form(desk, request, caller, form, {"staff": desk.text("people.add.choose")})
    await administration.add_member(desk.api, caller, unit_id(request), form.get("staff"), role)
    return desk.pages.go(f"/admin/units/{unit_id(request)}", flash="people.flash.added")


async def add_person(desk: Desk, request: Request, caller: Caller) -> Response:
    """Somebody whom Lots does not know."""
    form = await desk.pages.form(request)
    external, name, role = form.get("hsa_id"), " ".join(form.get("name").split()), _role(form.get("new_role"))
    external = external.upper() if HSA_LIKE.fullmatch(external) else external
    errors = {}
    if not EXTERNAL_ID.fullmatch(external):
        errors["hsa_id"] = desk.text("people.add.hsa_id_wrong")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = desk.text("people.add.name_wrong")
    if role is None:
        errors["new_role"] = desk.text("people.add.role_missing")
    if errors or role is None:
        return await _add_form(desk, request, caller, form, errors)
    try:
        await administration.add_person(desk.api, caller, unit_id(request), external, name, role)
    except (WrongState, PersonElsewhere, PersonBlocked) as error:
        return await _add_form(desk, request, caller, form, {"hsa_id": desk.problems.describe(error).detail})
    return desk.pages.go(f"/admin/units/{unit_id(request)}", flash="people.flash.added")


async def member_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _member_form(desk, request, caller)


async def change(desk: Desk, request: Request, caller: Caller) -> Response:
    """The role, and whether she watches the inbox."""
    form = await desk.pages.form(request)
    unit, staff, role = unit_id(request), _staff_id(request), _role(form.get("role"))
    if role is None:
        return await _member_form(desk, request, caller)
    try:
        await administration.change_role(desk.api, caller, unit, staff, role, confirmed=_sure(form))
    except LastAdministrator as error:
        return await _confirm(desk, request, caller, error, form, f"/admin/units/{unit}/members/{staff}")
    await administration.set_watches(desk.api, caller, unit, staff, watches=form.get("watches") == "yes")
    return desk.pages.go(_after(caller, unit, staff), flash="people.flash.saved")


async def end(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    unit, staff = unit_id(request), _staff_id(request)
    try:
        await administration.end_membership(desk.api, caller, unit, staff, confirmed=_sure(form))
    except LastAdministrator as error:
        return await _confirm(desk, request, caller, error, form, f"/admin/units/{unit}/members/{staff}/end")
    return desk.pages.go(_after(caller, unit, staff), flash="people.flash.ended")


async def unblock(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    await administration.unblock_member(desk.api, caller, unit_id(request), _staff_id(request))
    return desk.pages.go(f"/admin/units/{unit_id(request)}", flash="people.flash.unblocked")


async def leave_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _leave_form(desk, request, caller, EMPTY, EMPTY)


async def add_leave(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    first, last = day_in(form.get("first_day")), day_in(form.get("last_day"))
    errors = {}
    if not form.get("staff"):
        errors["staff"] = desk.text("people.leave.who_missing")
    if first is None:
        errors["first_day"] = desk.text("people.leave.day_wrong")
    if last is None:
        errors["last_day"] = desk.text("people.leave.day_wrong")
    if errors or first is None or last is None:
        return await _leave_form(desk, request, caller, form.values(), errors)
    try:
        cover = form.get("cover") or None
        await absence.add(desk.api, caller, unit_id(request), form.get("staff"), cover, first, last)
    except ApiError as error:
        if error.code != "absence_invalid":
            raise
        field = {"days": "last_day", "same": "cover"}.get(error.variant or "", "staff")
        return await _leave_form(desk, request, caller, form.values(), {field: desk.problems.describe(error).detail})
    return desk.pages.go(f"/admin/units/{unit_id(request)}/leave", flash="people.flash.leave_added")


async def end_leave(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    await absence.end(desk.api, caller, unit_id(request), str(request.path_params["leave_id"]))
    return desk.pages.go(f"/admin/units/{unit_id(request)}/leave", flash="people.flash.leave_ended")


async def _add_form(desk: Desk, request: Request, caller: Caller, form: Form, errors: Mapping[str, str]) -> Response:
    who = form.get("who")[:LONGEST_NAME]
    found: list[StaffRow] = []
    async with desk.api.db.read() as session:
        unit = await unit_of(session, caller, unit_id(request))
        if len(who) >= SHORTEST:
            found = await administration.candidates(session, unit, who)
    values = {
        "unit": unit,
        "values": {"who": who, **{name: form.get(name) for name in ("hsa_id", "name", "role", "new_role")}},
        "people": [(one.id, one.name, one.hsa_id or "") for one in found],
        "searched": len(who) >= SHORTEST,
        "roles": _role_options(desk, roles_to_give(caller, unit)),
        "errors": errors,
    }
    status = 422 if errors else 200
    return await desk.show(request, caller, "admin_add.html", desk.text("people.add.title"), values, status=status)


async def _member_form(desk: Desk, request: Request, caller: Caller) -> Response:
    async with desk.api.db.read() as session:
        unit = await unit_of(session, caller, unit_id(request))
        found = await administration.members(session, unit.id)
        may_unblock = await administration.may_unblock(session, caller, _staff_id(request))
    member = next((one for one in found if one.staff_id == _staff_id(request)), None)
    if member is None:
        raise NotFound
    own = member.staff_id == caller.staff_id
    can_give = roles_to_give(caller, unit)
    offered = {role for role in can_give if not own or RIGHTS[role] <= RIGHTS[member.role]} | {member.role}
    values = {
        "unit": unit,
        "member": member,
        "own": own,
        "may_unblock": may_unblock,
        "locked": member.role not in can_give,
        "roles": _role_options(desk, frozenset(offered)),
        "role_label": desk.text(f"page.role.{member.role}"),
        "reads": _reads(member),
    }
    return await desk.show(request, caller, "admin_member.html", member.name, values)


async def _confirm(
    desk: Desk, request: Request, caller: Caller, error: LastAdministrator, form: Form, action: str
) -> Response:
    """What follows from it, in plain words, and a button that means it. An organisation's last one cannot go at all."""
    if error.variant is not None:
        raise error
    problem = desk.problems.describe(error)
    values = {
        "text": problem.detail,
        "action": action,
        "back": f"/admin/units/{unit_id(request)}",
        "fields": [(name, value) for name, value in form.fields if name in {"role", "watches"}],
    }
    return await desk.show(request, caller, "admin_confirm.html", problem.title, values, status=409)


async def _leave_form(
    desk: Desk, request: Request, caller: Caller, given: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    async with desk.api.db.read() as session:
        unit = await unit_of(session, caller, unit_id(request))
        people = [one for one in await administration.members(session, unit.id) if _reads(one) and one.active]
        leaves = await absence.leaves(session, unit.id, desk.api.today())
    values = {
        "unit": unit,
        "people": [(one.staff_id, one.name) for one in people],
        "leaves": leaves,
        "values": {name: given.get(name, "") for name in ("staff", "cover", "first_day", "last_day")},
        "today": desk.api.today().isoformat(),
        "errors": errors,
    }
    status = 422 if errors else 200
    return await desk.show(request, caller, "admin_leave.html", desk.text("people.leave.title"), values, status=status)


def _role_options(desk: Desk, roles: frozenset[Role]) -> list[tuple[str, str, str]]:
    return [
        (str(role), desk.text(f"page.role.{role}"), desk.text(f"people.role_text.{role}"))
        for role in Role
        if role in roles
    ]


def _reads(member: MemberView) -> bool:
    return Right.RECEIVE in RIGHTS[member.role]


def _after(caller: Caller, unit: str, staff: str) -> str:
    """Who has changed her own place may have nothing more to do at the unit."""
    return "/profile" if staff == caller.staff_id else f"/admin/units/{unit}"


def _role(word: str) -> Role | None:
    return Role(word) if word in set(Role) else None


def _sure(form: Form) -> bool:
    return form.get("sure") == "yes"


def _staff_id(request: Request) -> str:
    return str(request.path_params["staff_id"])
