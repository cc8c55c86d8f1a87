"""The auditor's page: who did what with whose message, by number, person, unit, time and deed; a random sample; a file. Never content.

The search is posted, since it may hold a name; what it leads to is an address with ids only. Each look is itself in the audit.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.audit import looking, reading
from api.audit.schemas import AuditOut, AuditQuery, AuditSample, AuditSearch
from api.audit.service import Action
from api.authorisation import Caller
from api.context import STOCKHOLM
from api.errors import ValidationFailed
from api.pages.desk import Desk
from common.web.forms import Form, day_in
from knowledge.errors import UnknownText

PAGE: Final = 50
SAMPLE: Final = 20
FIELDS: Final = ("about", "actor", "unit", "action", "first_day", "last_day")
COLUMNS: Final = ("at", "action", "actor", "via", "unit", "about", "number", "sealed_at")


async def search(desk: Desk, request: Request, caller: Caller) -> Response:
    """The newest deeds that fit, or with `draw` some of them at random."""
    asked = {name: request.query_params[name] for name in FIELDS if request.query_params.get(name)}
    try:
        if request.query_params.get("draw"):
            sample = await reading.sample(desk.api, caller, AuditSample(**_conditions(asked), size=SAMPLE))
            rows, older, drawn_of = sample.items, None, sample.of
        elif not asked and not request.query_params.get("all"):
            return await _page(desk, request, caller, asked, [], {}, {})
        else:
            after = request.query_params.get("after") or None
            found = await reading.search(desk.api, caller, AuditSearch(**_conditions(asked), after=after, limit=PAGE))
            rows, older, drawn_of = found.items, found.next, None
    except ValidationError:
        raise ValidationFailed from None
    more = (
        ""
        if older is None
        else "/audit?" + urlencode({**asked, "after": older} if asked else {"all": "1", "after": older})
    )
    return await _page(desk, request, caller, asked, rows, {"more": more, "drawn_of": drawn_of, "looked": True}, {})


async def find(desk: Desk, request: Request, caller: Caller) -> Response:
    """From what was typed to ids; where a name fits several, which one is asked."""
    form = await desk.pages.form(request)
    asked, errors = await _plain(desk, form)
    found = {
        "actor": [(f"staff:{one}", f"{name} {hsa}".strip()) for one, name, hsa in await _people(desk, caller, form)],
        "unit": await looking.units_of(desk.api, caller, form.get("unit")) if form.get("unit") else [],
    }
    for column, field in (("actor", "person"), ("unit", "unit")):
        if form.get(field) and not found[column]:
            errors[field] = desk.text(f"people.audit.no_{field}")
        elif len(found[column]) == 1:
            asked[column] = found[column][0][0]
    if errors:
        return await _page(desk, request, caller, asked, [], {"given": form}, errors)
    draw = {"draw": "1"} if form.get("how") == "draw" else {}
    for column, several in found.items():
        if len(several) > 1:
            links = [("/audit?" + urlencode({**asked, column: one, **draw}), label) for one, label in several]
            return await _page(desk, request, caller, asked, [], {"given": form, "choices": links}, {})
    return desk.pages.go("/audit?" + urlencode({**(asked or {"all": "1"}), **draw}))


async def _plain(desk: Desk, form: Form) -> tuple[dict[str, str], dict[str, str]]:
    """What needs no choice: the message's number, the deed and the days."""
    asked: dict[str, str] = {}
    errors: dict[str, str] = {}
    if form.get("number"):
        message = await looking.message_of(desk.api, form.get("number").upper())
        if message is None:
            errors["number"] = desk.text("people.audit.no_number")
        else:
            asked["about"] = message
    if form.get("action") in set(Action):
        asked["action"] = form.get("action")
    for name in ("first_day", "last_day"):
        if form.get(name) and day_in(form.get(name)) is None:
            errors[name] = desk.text("people.leave.day_wrong")
        elif form.get(name):
            asked[name] = form.get(name)
    return asked, errors


async def export(desk: Desk, request: Request, caller: Caller) -> Response:
    """What the search finds, all of it, as a file for a spreadsheet."""
    asked = {name: request.query_params[name] for name in FIELDS if request.query_params.get(name)}
    try:
        query = AuditQuery(**_conditions(asked))
    except ValidationError:
        raise ValidationFailed from None
    heading = tuple(desk.text(f"people.audit.column.{name}") for name in COLUMNS)
    day = desk.api.today().isoformat()
    headers = {"content-disposition": f'attachment; filename="lots-audit-{day}.csv"'}
    rows = looking.as_csv(desk.api, caller, query, heading)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


async def _people(desk: Desk, caller: Caller, form: Form) -> list[tuple[str, str, str]]:
    return await looking.people_of(desk.api, caller, form.get("person")) if form.get("person") else []


def _conditions(asked: Mapping[str, str]) -> "dict[str, object]":
    """Days are Swedish days, both included."""
    first, last = day_in(asked.get("first_day", "")), day_in(asked.get("last_day", ""))
    moments = {
        "since": None if first is None else _midnight(first),
        "until": None if last is None else _midnight(last + timedelta(days=1)),
    }
    return {**{name: asked.get(name) for name in ("about", "actor", "unit", "action")}, **moments}


async def _page(
    desk: Desk,
    request: Request,
    caller: Caller,
    asked: Mapping[str, str],
    rows: list[AuditOut],
    more: Mapping[str, object],
    errors: Mapping[str, str],
) -> Response:
    deeds = await looking.explained(desk.api, rows)
    given = more.get("given")
    typed = given.get if isinstance(given, Form) else _nothing
    values = {
        "rows": [
            {
                "at": deed.row.at,
                "action": _action(desk, deed.row.action),
                "person": deed.person,
                "via": deed.row.via,
                "unit": deed.unit,
                "about": deed.number,
                "number": deed.row.number,
            }
            for deed in deeds
        ],
        "values": {
            "number": typed("number"),
            "person": typed("person"),
            "unit": typed("unit"),
            **{name: typed(name) or asked.get(name, "") for name in ("action", "first_day", "last_day")},
        },
        "actions": sorted(((str(one), _action(desk, one)) for one in Action), key=lambda pair: pair[1]),
        "looked": bool(more.get("looked")),
        "more": more.get("more") or "",
        "drawn_of": more.get("drawn_of"),
        "choices": more.get("choices") or [],
        "export": "/audit/export?" + urlencode(asked),
        "errors": errors,
    }
    status = 422 if errors else 200
    return await desk.show(request, caller, "audit.html", desk.text("people.audit.title"), values, status=status)


def _nothing(_name: str) -> str:
    return ""


def _action(desk: Desk, action: str) -> str:
    """The deed in words; one that has none yet by its own name, since an audit must show everything."""
    try:
        return desk.text(f"people.action.{action}")
    except UnknownText:
        return action


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=STOCKHOLM)
