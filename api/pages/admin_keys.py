"""Pages about programs' keys: those of the organisation, a new one that is shown once, and its end. Shows no key but the one just made."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api import tokens
from api.authorisation import Caller, Role
from api.imports.staff_plan import LONGEST_NAME
from api.pages.admin_units import read, unit_id
from api.pages.desk import Desk
from api.tokens import Key

LONGEST_DAYS: Final = 3650
USUAL_DAYS: Final = "90"
TONES: Final = {"valid": "good", "expired": "plain", "revoked": "bad", "held": "warn"}


async def listed(desk: Desk, request: Request, caller: Caller) -> Response:
    keys = await tokens.of_organisations(desk.api, caller)
    values = {"keys": [(key, unit, _facts(desk, key, unit), TONES[key.state]) for key, unit in keys]}
    return await desk.show(request, caller, "admin_keys.html", desk.text("keys.title"), values)


async def new_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _form(desk, request, caller, {"days": USUAL_DAYS}, {})


async def make(desk: Desk, request: Request, caller: Caller) -> Response:
    """The key is in this one answer and nowhere else, so it cannot be led to by an address."""
    form = await desk.pages.form(request)
    name, days = " ".join(form.get("name").split()), form.get("days")
    errors = {}
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = desk.text("keys.name_wrong", most=LONGEST_NAME)
    if form.get("role") not in set(Role):
        errors["role"] = desk.text("keys.role_missing")
    if not (days.isascii() and days.isdigit() and len(days) <= 4 and 1 <= int(days) <= LONGEST_DAYS):
        errors["days"] = desk.text("keys.days_wrong", most=LONGEST_DAYS)
    if errors:
        return await _form(desk, request, caller, form.values(), errors)
    key = await tokens.issue(desk.api, caller, unit_id(request), name, Role(form.get("role")), int(days))
    values = {"key": key, "name": name}
    return await desk.show(request, caller, "admin_key_made.html", desk.text("keys.made_title"), values)


async def revoke_page(desk: Desk, request: Request, caller: Caller) -> Response:
    """What follows from it, before it is done."""
    key, unit = await tokens.of_id(desk.api, caller, str(request.path_params["key_id"]))
    values = {"text": desk.text("keys.revoke_text", name=key.name, unit=unit), "action": request.url.path}
    return await desk.show(request, caller, "admin_key_revoke.html", desk.text("keys.revoke_title"), values)


async def revoke(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    await tokens.withdraw(desk.api, caller, str(request.path_params["key_id"]))
    return desk.pages.go("/admin/keys", flash="keys.flash.revoked")


async def _form(
    desk: Desk, request: Request, caller: Caller, values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    unit = await read(desk, request, caller)
    shown = {
        "unit": unit,
        "values": {name: values.get(name, "") for name in ("name", "role", "days")},
        "roles": [(str(role), desk.text(f"page.role.{role}"), desk.text(f"people.role_text.{role}")) for role in Role],
        "errors": errors,
        "longest_name": LONGEST_NAME,
    }
    status = 422 if errors else 200
    return await desk.show(request, caller, "admin_key_new.html", desk.text("keys.new_title"), shown, status=status)


def _facts(desk: Desk, key: Key, unit: str) -> list[tuple[str, str]]:
    """Everything but the key."""
    moment = desk.voice.time.full_moment
    return [
        (desk.text("keys.unit"), unit),
        (desk.text("keys.scope"), desk.text(f"page.role.{key.role}") if key.role else "–"),
        (desk.text("keys.expires"), moment(key.expires) if key.expires else desk.text("keys.never")),
        (desk.text("keys.used"), moment(key.used) if key.used else desk.text("keys.not_used")),
    ]
