"""The staff's pages of an outage: status, worklist, patients, forms, SIPs by phone, summary. Translates forms to the services; decides nothing."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.authorisation import Caller, Right
from api.errors import ApiError, NotesChanged
from api.outage import advice, call_pages, ending, form_pages, sip, state, summary, timeline, worklist
from api.outage.clash import CHOICES, clash
from api.outage.schemas import OutageIn
from api.outage.sealing import SipNotes, Who
from api.outage.state import State
from api.outage.watch import quiet_since
from api.pages.desk import Desk, Endpoint
from api.units import service as units
from common.web.forms import Form
from knowledge.outage import FACT_VALUES, OutageFact
from knowledge.vocabulary import UnitType

LIST: Final = "/outage"
LONGEST: Final = 4000
SWEDEN: Final = ZoneInfo("Europe/Stockholm")
LOCAL: Final = "%Y-%m-%d %H:%M"


def outage_routes(desk: Desk) -> list[BaseRoute]:
    """Every page of an outage, with its method. All of them need a person."""
    person = desk.signed_in
    one, patient = "/outage/{outage_id}", "/outage/{outage_id}/patients/{patient_id}"
    return [
        _get(LIST, person(status)),
        _post("/outage/report", person(report)),
        _post("/outage/announce", person(announce)),
        _get("/outage/forms/{role}", person(form_pages.blank)),
        _get("/outage/forms/{role}/pdf", person(form_pages.blank_pdf)),
        _get(one, person(work)),
        _post(f"{one}/confirm", person(confirm)),
        _post(f"{one}/end", person(end)),
        _post(f"{one}/ticks", person(tick)),
        _post(f"{one}/patients", person(add_patient)),
        _get(patient, person(patient_page)),
        _post(patient, person(change_patient)),
        _post(f"{patient}/calls", person(call_pages.make_for_patient)),
        _get(f"{patient}/form", person(form_pages.filled)),
        _get(f"{patient}/form/pdf", person(form_pages.filled_pdf)),
        _post(f"{one}/sips", person(begin_sip)),
        _get("/sips/{sip_id}", person(sip_page)),
        _post("/sips/{sip_id}", person(write_sip)),
        _get(f"{one}/summary", person(summary_page)),
        _get(f"{one}/summary/csv", person(summary_csv)),
        _get("/calls", person(call_pages.listed)),
        _post("/calls", person(call_pages.make)),
        _get("/calls/{call_id}", person(call_pages.page)),
        _post("/calls/{call_id}/card", person(call_pages.set_card)),
        _post("/calls/{call_id}/note", person(call_pages.note)),
    ]


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"], include_in_schema=False)


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"], include_in_schema=False)


# ── status ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def status(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _status(desk, request, caller, Form(()), {})


async def _status(desk: Desk, request: Request, caller: Caller, form: Form, errors: dict[str, str]) -> Response:
    found = (await state.listed(desk.api, caller)).items
    routine, role = await advice.own_role(desk.api, caller)
    steps = [] if routine is None or role is None else await worklist.steps_here(desk.api, caller, routine, role, None)
    here = caller.here
    administers = here.gives(Right.OUTAGE_ADMIN)
    quiet = [await quiet_since(desk.api, one) for one in found if one.state == State.CONFIRMED]
    members = await units.listed(desk.api, region=here.region) if administers else []
    values = {
        "open": [one for one in found if one.state in (State.SUSPECTED, State.CONFIRMED, State.PLANNED)],
        "over": [one for one in found if one.state == State.ENDED],
        "routine": routine,
        "role": role,
        "steps": steps,
        "support": () if routine is None or role is None else routine.support_numbers.get(role.principal, ()),
        "works": here.gives(Right.OUTAGE),
        "administers": administers,
        "quiet": next((moment for moment in quiet if moment), None),
        "units": [
            unit for unit in members if unit.demo and unit.type not in (UnitType.OTHER_PARTY, UnitType.AMBULANCE)
        ],
        "organisation": here.organisation,
        "values": form.values(),
        "errors": errors,
    }
    title = desk.text("outage.page.title")
    return await desk.show(request, caller, "outage_status.html", title, values, status=422 if errors else 200)


async def report(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.OUTAGE)
    form = await desk.pages.form(request)
    made = await state.report(desk.api, caller, wide=form.get("wide") == "yes")
    return desk.pages.go(LIST, flash="outage.flash.noted" if made is None else f"outage.flash.{made.state}")


async def announce(desk: Desk, request: Request, caller: Caller) -> Response:
    """Now, planned, or a drill; the form's `kind` says which."""
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE_ADMIN)
    kind = form.get("kind")
    own = caller.here.organisation if form.get("scope") == "own" else None
    try:
        body = OutageIn(
            organisation=own if kind != "drill" else None,
            planned_from=_moment(form.get("from")) if kind == "planned" else None,
            planned_to=_moment(form.get("to")) if kind == "planned" else None,
            exercise=kind == "drill",
            units=list(form.many("unit")) if kind == "drill" else [],
            speed=int(form.get("speed") or "1") if kind == "drill" else 1,
        )
        await state.announce(desk.api, caller, body)
    except (ValueError, ValidationError):
        return await _status(
            desk, request, caller, form, {_field(kind): desk.text(f"outage.page.wrong.{_field(kind)}")}
        )
    except ApiError as error:
        if error.status != 422:
            raise
        return await _status(
            desk, request, caller, form, {_field(kind): desk.text(f"outage.page.wrong.{_field(kind)}")}
        )
    return desk.pages.go(LIST, flash=f"outage.flash.{kind if kind in ('planned', 'drill') else 'confirmed'}")


def _field(kind: str) -> str:
    return "unit" if kind == "drill" else "from"


def _moment(words: str) -> datetime:
    return datetime.strptime(words.replace("T", " "), LOCAL).replace(tzinfo=SWEDEN)


async def confirm(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    caller.require(Right.OUTAGE_ADMIN)
    await state.confirm(desk.api, caller, _id(request, "outage_id"))
    return desk.pages.go(LIST, flash="outage.flash.confirmed")


async def end(desk: Desk, request: Request, caller: Caller) -> Response:
    await desk.pages.form(request)
    caller.require(Right.OUTAGE_ADMIN)
    await ending.end(desk.api, caller, _id(request, "outage_id"))
    return desk.pages.go(LIST, flash="outage.flash.ended")


# ── worklist ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def work(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _work(desk, request, caller, {})


async def _work(desk: Desk, request: Request, caller: Caller, errors: dict[str, str]) -> Response:
    caller.require(Right.OUTAGE)
    made = await worklist.load(desk.api, caller, _id(request, "outage_id"))
    values = {
        "work": made,
        "outage": made.outage,
        "ended": made.outage.state == State.ENDED,
        "municipalities": _municipalities(made),
        "sip_here": made.routine.sip is not None and made.role.id in made.routine.sip.roles,
        "sip_called": worklist.SIP_CALLED,
        "errors": errors,
        "once": desk.once(),
        "unit_subject": worklist.UNIT,
    }
    title = desk.text("outage.page.work_title")
    return await desk.show(request, caller, "outage_work.html", title, values, status=422 if errors else 200)


def _municipalities(made: worklist.Worklist) -> list[tuple[str, str]]:
    names = [number.name for number in made.routine.municipalities]
    return [
        (
            name.removesuffix(" kommun").removesuffix("s")
            if name.endswith("s kommun")
            else name.removesuffix(" kommun"),
            name,
        )
        for name in names
    ]


async def add_patient(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    outage_id = _id(request, "outage_id")
    who = Who(label=form.get("label")[:200], municipality=form.get("municipality")[:60])
    row = await worklist.add(desk.api, caller, outage_id, who, _facts(form), key=form.get("once"))
    return desk.pages.go(f"{LIST}/{outage_id}/patients/{row.id}", flash="outage.flash.added")


async def patient_page(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _patient(desk, request, caller, None)


async def _patient(desk: Desk, request: Request, caller: Caller, mine: dict[str, str] | None) -> Response:
    """`mine`: what she wrote while somebody else changed it; what stands now is shown with it, and nothing is saved."""
    made, patient = await one_patient(desk, request, caller)
    municipality = patient.who.municipality if patient.who else None
    steps = await worklist.steps_here(desk.api, caller, made.routine, made.role, municipality or None)
    stands = worklist.written(patient.who, patient.facts)
    values = {
        "work": made,
        "outage": made.outage,
        "patient": patient,
        "steps": steps,
        "ended": made.outage.state == State.ENDED,
        "municipalities": _municipalities(made),
        "written": stands if mine is None else mine,
        "clash": clash(desk, mine, stands, lambda name: _asked(desk, name)),
        "once": desk.once(),
        "errors": {},
        "sip_here": made.routine.sip is not None and made.role.id in made.routine.sip.roles,
    }
    title = desk.text("outage.page.patient_title", number=patient.row.number)
    return await desk.show(request, caller, "outage_patient.html", title, values, status=409 if mine else 200)


def _asked(desk: Desk, name: str) -> str:
    return desk.text(f"outage.fact.{name}.question" if name in CHOICES else f"outage.page.{name}")


async def one_patient(desk: Desk, request: Request, caller: Caller) -> tuple[worklist.Worklist, worklist.Patient]:
    caller.require(Right.OUTAGE)
    made = await worklist.load(desk.api, caller, _id(request, "outage_id"))
    return made, made.patient(_id(request, "patient_id"))


async def change_patient(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    who = Who(label=form.get("label")[:200], municipality=form.get("municipality")[:60])
    facts = _facts(form)
    try:
        await worklist.change(desk.api, caller, _id(request, "patient_id"), who, facts, seen=form.get("seen"))
    except NotesChanged:
        return await _patient(desk, request, caller, worklist.written(who, facts))
    return desk.pages.go(request.url.path, flash="outage.flash.saved")


def _facts(form: Form) -> dict[OutageFact, str]:
    return {fact: form.get(str(fact)) or values[0] for fact, values in FACT_VALUES.items()}


async def tick(desk: Desk, request: Request, caller: Caller) -> Response:
    """One thing done, or not after all. Twice is as once."""
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    outage_id, subject = _id(request, "outage_id"), form.get("subject")
    on = form.get("on") != "no"
    await worklist.tick(desk.api, caller, outage_id, subject, form.get("item"), on=on)
    back = {"patient": f"{LIST}/{outage_id}/patients/{subject}", "sip": f"/sips/{subject}"}
    return desk.pages.go(back.get(form.get("back"), f"{LIST}/{outage_id}"))


# ── SIP by phone ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def begin_sip(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    row = await sip.begin(
        desk.api, caller, _id(request, "outage_id"), form.get("patient") or None, key=form.get("once")
    )
    return desk.pages.go(f"/sips/{row.id}")


async def sip_page(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.OUTAGE)
    return await _sip(desk, request, caller, None)


async def _sip(desk: Desk, request: Request, caller: Caller, mine: SipNotes | None) -> Response:
    """`mine`: what she wrote while somebody else did; what stands now is shown with it, and nothing is saved."""
    found = await sip.opened(desk.api, caller, _id(request, "sip_id"))
    labels = {"date": desk.text("outage.paper.sip_date")}
    labels |= {f"party_{line.id}": desk.text("outage.page.party_name", party=line.text) for line in found.form.parties}
    labels |= {f"note_{line.id}": line.text for line in found.form.notes}
    stands = dict.fromkeys(labels, "") | _fields(found.notes)
    values = {
        "sip": found,
        "written": mine or found.notes,
        "clash": clash(desk, None if mine is None else _fields(mine), stands, lambda name: labels.get(name, name)),
        "ended": found.outage.state == State.ENDED,
        "called": worklist.SIP_CALLED,
    }
    title = desk.text("outage.page.sip_title", number=found.row.number)
    return await desk.show(request, caller, "outage_sip.html", title, values, status=409 if mine else 200)


def _fields(notes: SipNotes) -> dict[str, str]:
    parties = {f"party_{name}": words for name, words in notes.parties.items()}
    return {"date": notes.date, **parties, **{f"note_{name}": words for name, words in notes.notes.items()}}


async def write_sip(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    sip_id = _id(request, "sip_id")
    asked = await sip.form_of(desk.api, caller, sip_id)
    notes = SipNotes(
        date=form.get("date")[:300],
        parties={line.id: form.get(f"party_{line.id}")[:300] for line in asked.parties},
        notes={line.id: form.get(f"note_{line.id}")[:LONGEST] for line in asked.notes},
    )
    try:
        await sip.write(desk.api, caller, sip_id, notes, seen=form.get("seen"))
    except NotesChanged:
        return await _sip(desk, request, caller, notes)
    return desk.pages.go(f"/sips/{sip_id}", flash="outage.flash.saved")


# ── summary ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def summary_page(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.OUTAGE_ADMIN)
    made = await summary.summary(desk.api, caller, _id(request, "outage_id"))
    values = {
        "made": made,
        "outage": made.outage,
        "minutes": round(made.length.total_seconds() / 60),
        "picture": timeline.picture(made, desk.api.now()),
        "columns": summary.COLUMNS,
    }
    return await desk.show(request, caller, "outage_summary.html", desk.text("outage.page.summary_title"), values)


async def summary_csv(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.OUTAGE_ADMIN)
    made = await summary.summary(desk.api, caller, _id(request, "outage_id"))
    headers = {"content-disposition": 'attachment; filename="avbrott.csv"'}
    return Response("\ufeff" + summary.as_csv(made), media_type="text/csv; charset=utf-8", headers=headers)


def _id(request: Request, name: str) -> str:
    return str(request.path_params[name])
