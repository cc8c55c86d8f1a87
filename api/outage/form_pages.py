"""The outage form as a page to print and as a PDF: blank by role, or filled from a patient's ticks and call notes. Draws what `paper` says."""

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import NotFound
from api.outage import advice, calls, sealing, state, worklist
from api.outage.paper import Filled, SayLine, Sheet, sheet
from api.pages.desk import Desk
from api.units import service as units
from knowledge.outage import OutageFact
from knowledge.pack import Pack


async def blank(desk: Desk, request: Request, caller: Caller) -> Response:
    made = await _blank(desk, request, caller)
    return await _show(desk, request, caller, made, "/outage")


async def blank_pdf(desk: Desk, request: Request, caller: Caller) -> Response:
    return _pdf(desk, await _blank(desk, request, caller))


async def filled(desk: Desk, request: Request, caller: Caller) -> Response:
    made = await _filled(desk, request, caller)
    return await _show(desk, request, caller, made, request.url.path.removesuffix("/form"))


async def filled_pdf(desk: Desk, request: Request, caller: Caller) -> Response:
    return _pdf(desk, await _filled(desk, request, caller))


async def _show(desk: Desk, request: Request, caller: Caller, made: Sheet, back: str) -> Response:
    values = {"sheet": made, "back": back, "pdf": f"{request.url.path}/pdf"}
    return await desk.show(request, caller, "outage_form.html", made.title, values)


def _pdf(desk: Desk, made: Sheet) -> Response:
    from api.outage.pdf import form_pdf  # its library is large, and few servers ever draw anything

    headers = {"content-disposition": 'inline; filename="driftstopp.pdf"'}
    return Response(form_pdf(desk.text, made, desk.api.now()), media_type="application/pdf", headers=headers)


async def _blank(desk: Desk, request: Request, caller: Caller) -> Sheet:
    """The region's own form, never another's."""
    routine, _ = await advice.own_role(desk.api, caller)
    role = None if routine is None else routine.role_by_id.get(str(request.path_params["role"]))
    if routine is None or role is None:
        raise NotFound
    return sheet(desk.text, state.pack_of(desk.api, caller.here.region), routine, role, ())


async def _filled(desk: Desk, request: Request, caller: Caller) -> Sheet:
    caller.require(Right.OUTAGE)
    made = await worklist.load(desk.api, caller, str(request.path_params["outage_id"]))
    patient = made.patient(str(request.path_params["patient_id"]))
    pack: Pack = desk.api.knowledge.registry.pack(made.outage.pack)
    municipality = patient.who.municipality if patient.who else None
    near = [u for u in await units.listed(desk.api, region=caller.here.region) if u.id != caller.here.unit_id]
    known = _known(desk, caller, made, patient)
    return sheet(desk.text, pack, made.routine, made.role, near, municipality=municipality or None, filled=known)


def _known(desk: Desk, caller: Caller, made: worklist.Worklist, patient: worklist.Patient) -> Filled:
    moment = desk.voice.time.full_moment
    notes = {call.item or "": sealing.open_note(desk.api.cipher, call) for call in patient.calls}
    reached = {
        call.id: desk.text(
            "outage.page.reached_by", when=moment(patient.ticked[call.id].at), name=_spoke(notes, call.id)
        )
        for call in made.role.calls
        if call.id in patient.ticked
    }
    said = {
        line.id: SayLine(line.text, given=True, when=moment(patient.ticked[line.id].at))
        for line in made.role.say
        if line.id in patient.ticked
    }
    more = [
        SayLine(
            note.agreed,
            given=True,
            when=moment(call.called_at) if call.called_at else "",
            comment=note.spoke_with,
        )
        for call in patient.calls
        if (note := sealing.open_note(desk.api.cipher, call)).agreed and call.outcome == calls.REACHED
    ]
    facts = patient.facts
    return Filled(
        unit=caller.here.name,
        number=str(patient.row.number),
        date=desk.voice.time.full_day((made.outage.started_at or made.outage.created_at).date()),
        person=patient.who.label if patient.who else "",
        admitted=desk.text(f"outage.fact.admitted.{facts[OutageFact.ADMITTED]}"),
        discharged=desk.text(f"outage.fact.discharged.{facts[OutageFact.DISCHARGED]}"),
        reached=reached,
        said=said,
        more=tuple(more),
        exercise=made.outage.exercise,
    )


def _spoke(notes: dict[str, sealing.CallNote], item: str) -> str:
    return notes[item].spoke_with if item in notes else ""
