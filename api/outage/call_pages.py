"""The pages of calls: the card to read from, the numbers to tap, and in three taps what came of it. Trusted pages only."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import NotesChanged, NotFound, ValidationFailed
from api.outage import calls, state, worklist
from api.outage.clash import clash
from api.outage.schemas import CallIn, CallNoteIn, NumberIn
from api.outage.sealing import CardText
from api.outage.tables import OutageRow
from api.pages.desk import Desk
from knowledge.outage import Line
from triage.outage.sbar import HEADINGS

OUTCOMES = ("reached", "not_reached", "left_word")
LONGEST = 4000
Words = dict[str, str]


async def listed(desk: Desk, request: Request, caller: Caller) -> Response:
    """The unit's calls of the last days that are not over, by running number."""
    caller.require(Right.OUTAGE)
    async with desk.api.db.read() as session:
        rows = await calls.of_unit(desk.api, session, caller.here.unit_id, open_only=True)
    values = {"calls": [calls.out(row) for row in rows]}
    return await desk.show(request, caller, "outage_calls.html", desk.text("outage.page.calls_title"), values)


async def make(desk: Desk, request: Request, caller: Caller) -> Response:
    """A call of an urgent matter, from a page."""
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    try:
        number = NumberIn(name=form.get("name") or form.get("phone"), phone=form.get("phone"))
        body = CallIn(numbers=[number], said=form.get("said")[: 2 * LONGEST])
    except ValidationError:
        raise ValidationFailed from None
    return desk.pages.go((await calls.make(desk.api, caller, body)).url)


async def make_for_patient(desk: Desk, request: Request, caller: Caller) -> Response:
    """A call that the routine asks for; one that is begun and has reached nobody is gone on with."""
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    made = await worklist.load(desk.api, caller, str(request.path_params["outage_id"]))
    patient = made.patient(str(request.path_params["patient_id"]))
    municipality = patient.who.municipality if patient.who else None
    steps = await worklist.steps_here(desk.api, caller, made.routine, made.role, municipality or None)
    step = next((step for step in steps if step.call.id == form.get("item")), None)
    if step is None:
        raise NotFound
    begun = next((c for c in patient.calls if c.item == step.call.id and c.outcome != calls.REACHED), None)
    if begun is not None:
        return desk.pages.go(f"/calls/{begun.id}")
    numbers = [NumberIn(name=n.name, phone=n.phone, verify=n.verify) for n in step.numbers][:12]
    call = await calls.make(
        desk.api, caller, CallIn(numbers=numbers), outage=made.outage, patient_id=patient.row.id, item=step.call.id
    )
    return desk.pages.go(call.url)


async def page(desk: Desk, request: Request, caller: Caller) -> Response:
    caller.require(Right.OUTAGE)
    return await _page(desk, request, caller)


async def _page(
    desk: Desk, request: Request, caller: Caller, *, card: Words | None = None, words: Words | None = None
) -> Response:
    """`card`, `words`: what she wrote of the one or the other while somebody else did; nothing of it is saved."""
    found = await calls.opened(desk.api, caller, str(request.path_params["call_id"]))
    outage: OutageRow | None = None
    say: tuple[Line, ...] = ()
    back = "/calls"
    if found.row.outage_id is not None:
        async with desk.api.db.read() as session:
            outage = await state.find(session, caller, found.row.outage_id)
        back = f"/outage/{outage.id}"
        if found.row.patient_id is not None:
            _, role = await worklist.role_here(desk.api, caller, outage)
            say, back = role.say, f"{back}/patients/{found.row.patient_id}"
    card_stands = {heading: str(getattr(found.card, heading)) for heading in HEADINGS}
    words_stand = {name: str(getattr(found.note, name)) for name in calls.WORDS}
    values = {
        "call": found,
        "card": card or card_stands,
        "card_clash": clash(desk, card, card_stands, lambda name: desk.text(f"outage.card.{name}.label")),
        "words": words or words_stand,
        "words_clash": clash(desk, words, words_stand, lambda name: desk.text(f"outage.page.{name}")),
        "outage": outage,
        "say": say,
        "back": back,
        "headings": HEADINGS,
        "outcomes": OUTCOMES,
        "once": desk.once(),
        "from_unit": caller.here.name,
    }
    title = desk.text("outage.page.call_title", number=found.row.number)
    return await desk.show(request, caller, "outage_call.html", title, values, status=409 if card or words else 200)


async def set_card(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    call_id = str(request.path_params["call_id"])
    written = {heading: form.get(heading)[:LONGEST] for heading in HEADINGS}
    try:
        await calls.set_card(desk.api, caller, call_id, CardText(**written), seen=form.get("seen"))
    except NotesChanged:
        return await _page(desk, request, caller, card=written)
    return desk.pages.go(f"/calls/{call_id}", flash="outage.flash.saved")


async def note(desk: Desk, request: Request, caller: Caller) -> Response:
    form = await desk.pages.form(request)
    caller.require(Right.OUTAGE)
    call_id = str(request.path_params["call_id"])
    outcome = form.get("outcome")
    if outcome not in OUTCOMES:
        raise NotFound
    try:
        body = CallNoteIn(
            outcome="reached" if outcome == "reached" else "left_word" if outcome == "left_word" else "not_reached",
            spoke_with=form.get("spoke_with")[:300],
            agreed=form.get("agreed")[:LONGEST],
            next_step=form.get("next_step")[:2000],
        )
    except ValidationError:
        raise ValidationFailed from None
    try:
        await calls.came_of_it(desk.api, caller, call_id, body, key=form.get("once"), seen=form.get("note_seen"))
    except NotesChanged:
        return await _page(desk, request, caller, words=body.model_dump(include=set(calls.WORDS)))
    return desk.pages.go(f"/calls/{call_id}", flash=f"outage.flash.{outcome}")
