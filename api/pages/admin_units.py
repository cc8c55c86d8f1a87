"""Pages about a unit itself: the list of units, one unit as it is, its hours and numbers, what it receives and how its messages leave."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import PortMissing, ValidationFailed
from api.messages.delivery import Delivery
from api.pages.desk import Desk
from api.staff import absence
from api.staff.administration import members, unit_of
from api.staff.watch import unread, watchers
from api.units import administration, rows
from api.units.administration import Details
from api.units.service import delivery_for
from api.units.tables import UnitRow
from common.web.forms import Form
from knowledge import plain_values
from knowledge.directory import Unit
from knowledge.pack import Channel
from knowledge.vocabulary import SENDING_KINDS

PAGE: Final = 50
LONGEST: Final = 200
AS_ORGANISATION: Final = "organisation"
WAYS: Final = (Delivery.BUILT_IN, Delivery.COPY_OUT, Delivery.PORT)


async def units(desk: Desk, request: Request, caller: Caller) -> Response:
    words = request.query_params.get("q", "").strip()[:LONGEST]
    skip = _number(request.query_params.get("skip", ""))
    async with desk.api.db.read() as session:
        found = await administration.administered(session, caller, words, skip, PAGE + 1)
        receiving = [row.id for row in found if rows.unit_of(row).has_access and row.closed_at is None]
        nobody = await unread(session, receiving)
    wide = caller.may(Right.ADMINISTER_ORGANISATION)
    if not wide and not words and len(found) == 1:
        return desk.pages.go(f"/admin/units/{found[0].id}")
    values = {
        "units": found[:PAGE],
        "unread": nobody,
        "query": words,
        "wide": wide,
        "next": skip + PAGE if len(found) > PAGE else None,
        "is_later": skip > 0,
    }
    return await desk.show(request, caller, "admin_units.html", desk.text("people.units.title"), values)


async def unit(desk: Desk, request: Request, caller: Caller) -> Response:
    async with desk.api.db.read() as session:
        row = await unit_of(session, caller, unit_id(request))
        people = await members(session, row.id)
        leaves = await absence.leaves(session, row.id, desk.api.today())
        watching = set(await watchers(session, row.id, desk.api.now()))
        own = await administration.own_deliveries(session, row.id)
    found = rows.unit_of(row)
    labels = {channel.id: channel.label for channel in channels_of(desk, found)}
    values = {
        "unit": found,
        "facts": _facts(desk, found),
        "channels": [labels.get(channel, channel) for channel in found.receives],
        "deliveries": [
            (labels.get(channel, channel), desk.text(f"people.delivery.{way}")) for channel, way in own.items()
        ],
        "members": [(one, desk.text(f"page.role.{one.role}"), one.staff_id in watching) for one in people],
        "leaves": leaves,
        "watching": [one.name for one in people if one.staff_id in watching],
        "wide": caller.may(Right.ADMINISTER_ORGANISATION),
    }
    return await desk.show(request, caller, "admin_unit.html", found.name, values)


async def details_page(desk: Desk, request: Request, caller: Caller) -> Response:
    found = await read(desk, request, caller)
    values = {
        "phone": found.phone,
        "hours": plain_values.hours_text(found.opening_hours),
        "opening_text": found.opening_text,
        "on_call_phone": found.on_call_phone or "",
        "on_call_note": found.on_call_note or "",
    }
    return await _details_form(desk, request, caller, found, values, {})


async def details(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    found = await read(desk, request, caller)
    made = _details(desk, form)
    if isinstance(made, Details):
        try:
            await administration.save_details(desk.api, caller, found.id, made)
        except ValidationFailed:
            made = {"opening_text": desk.text("people.problem.invalid")}
        else:
            return desk.pages.go(f"/admin/units/{found.id}", flash="people.flash.saved")
    given = {name: form.get(name) for name in ("phone", "hours", "opening_text", "on_call_phone", "on_call_note")}
    return await _details_form(desk, request, caller, found, given, made)


async def channels_page(desk: Desk, request: Request, caller: Caller) -> Response:
    found = await read(desk, request, caller)
    async with desk.api.db.read() as session:
        own = await administration.own_deliveries(session, found.id)
    return await _channels_form(
        desk, request, caller, found, found.receives, {key: str(way) for key, way in own.items()}, {}
    )


async def channels(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    found = await read(desk, request, caller)
    known = [channel.id for channel in channels_of(desk, found)]
    chosen = tuple(channel for channel in known if channel in form.many("receives"))
    everything = form.get("which") != "some"
    ways = {channel: form.get(f"delivery-{channel}") for channel in known}
    errors = {} if everything or chosen else {"receives": desk.text("people.channels.none")}
    if not errors:
        wanted = {channel: Delivery(way) if way in set(Delivery) else None for channel, way in ways.items()}
        try:
            await administration.save_channels(desk.api, caller, found.id, () if everything else chosen, wanted)
        except PortMissing as error:
            errors = {f"delivery-{known[0]}": desk.problems.describe(error).detail}
        else:
            return desk.pages.go(f"/admin/units/{found.id}", flash="people.flash.saved")
    return await _channels_form(desk, request, caller, found, chosen, ways, errors)


async def read(desk: Desk, request: Request, caller: Caller) -> Unit:
    """The unit of the address, if the caller administers it."""
    async with desk.api.db.read() as session:
        row: UnitRow = await unit_of(session, caller, unit_id(request))
    return rows.unit_of(row)


def unit_id(request: Request) -> str:
    return str(request.path_params["unit_id"])


def channels_of(desk: Desk, unit: Unit) -> tuple[Channel, ...]:
    """What can be sent in the unit's region today; in a gap, in any version there."""
    registry = desk.api.knowledge.registry
    current = registry.in_force(unit.region, desk.api.today())
    packs = (current,) if current else tuple(pack for pack in registry.packs if pack.region == unit.region)
    found = {c.id: c for pack in packs for c in pack.channel_by_id.values() if c.kind in SENDING_KINDS}
    return tuple(found.values())


def _facts(desk: Desk, unit: Unit) -> list[tuple[str, str]]:
    label = "people.column.units."
    pairs = (
        ("type", desk.text(f"unit_type.{unit.type}")),
        ("organisation", unit.organisation),
        ("hsa_id", unit.hsa_id),
        ("phone", unit.phone),
        ("opening_text", unit.opening_text),
        ("opening_hours", plain_values.hours_text(unit.opening_hours)),
        ("on_call_phone", unit.on_call_phone),
        ("on_call_note", unit.on_call_note),
        ("has_access", desk.text("people.yes" if unit.has_access else "people.no")),
    )
    return [(desk.text(label + name), value) for name, value in pairs if value]


def _details(desk: Desk, form: Form) -> Details | dict[str, str]:
    """What the form says, or what is wrong with it by field."""
    phone, on_call = plain_values.phone(form.get("phone")), plain_values.phone(form.get("on_call_phone"))
    hours = plain_values.hours(form.get("hours"))
    errors: dict[str, str] = {}
    if phone is None:
        errors["phone"] = desk.text("people.details.phone_wrong")
    if hours is None or not form.get("hours"):
        errors["hours"] = desk.text("people.details.hours_wrong")
    if not form.get("opening_text"):
        errors["opening_text"] = desk.text("people.problem.needed")
    if form.get("on_call_phone") and on_call is None:
        errors["on_call_phone"] = desk.text("people.details.phone_wrong")
    for name in ("opening_text", "on_call_note"):
        if len(form.get(name)) > LONGEST:
            errors[name] = desk.text("people.problem.unreadable")
    if phone is None or hours is None or errors:
        return errors
    made = Details(phone, hours, form.get("opening_text"), on_call, form.get("on_call_note") or None)
    if on_call is None and made.on_call_note is None and not _always(hours):
        return {"on_call_note": desk.text("people.problem.no_on_call")}
    return made


def _always(hours: tuple[object, ...]) -> bool:
    return hours == plain_values.hours("dygnet runt")


async def _details_form(
    desk: Desk, request: Request, caller: Caller, found: Unit, values: dict[str, str], errors: dict[str, str]
) -> Response:
    title = desk.text("people.details.title")
    given = {"unit": found, "values": values, "errors": errors}
    return await desk.show(request, caller, "admin_details.html", title, given, status=422 if errors else 200)


async def _channels_form(
    desk: Desk,
    request: Request,
    caller: Caller,
    found: Unit,
    receives: tuple[str, ...],
    ways: dict[str, str],
    errors: dict[str, str],
) -> Response:
    known = channels_of(desk, found)
    async with desk.api.db.read() as session:
        common = {channel.id: await delivery_for(session, found.organisation, channel.id) for channel in known}
    options = [way for way in WAYS if way is not Delivery.PORT or desk.api.port is not None]
    values = {
        "unit": found,
        "channels": [
            {
                "id": channel.id,
                "label": channel.label,
                "chosen": channel.id in receives,
                "options": [
                    (
                        AS_ORGANISATION,
                        desk.text(
                            "people.channels.as_organisation", way=desk.text(f"people.delivery.{common[channel.id]}")
                        ),
                    ),
                    *((str(way), desk.text(f"people.delivery.{way}")) for way in options),
                ],
                "way": ways.get(channel.id) or AS_ORGANISATION,
            }
            for channel in known
        ],
        "which": "some" if receives or "receives" in errors else "all",
        "errors": errors,
    }
    title = desk.text("people.channels.title")
    return await desk.show(request, caller, "admin_channels.html", title, values, status=422 if errors else 200)


def _number(text: str) -> int:
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 0
