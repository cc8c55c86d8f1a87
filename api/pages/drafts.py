"""The secure page of a draft from a chat that may not hold patient data: fill in, look through, hand over, copy out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.drafts import service
from api.drafts.schemas import DraftIn, HandoverIn
from api.errors import ApiError, ChannelNotInPack, PackUnknown, PersonIdInvalid
from api.messages import reading
from api.messages.delivery import Delivery
from api.messages.schemas import ConsentOut, MessageSummary, PersonOut, SectionIn
from api.pages.desk import Desk
from api.pages.draft_content import Objection, Proof, numbers_in, objections, still_open
from api.pages.draft_form import CONSENT_ANSWERS, LONGEST, DraftAnswers, TextField, bases_for
from api.pages.views import Fact
from api.units import service as units
from knowledge.errors import UnknownPack
from knowledge.pack import Channel, Pack
from triage.reading import Context

UNPROCESSABLE: Final = 422


@dataclass(frozen=True)
class Sheet:
    """A draft with what its page needs to know about it."""

    id: str
    content: DraftIn
    pack: Pack
    channel: Channel
    units: str
    fields: Sequence[TextField]
    context: Context
    """Between whom it goes, for reading its words."""


async def fill_in(desk: Desk, request: Request, caller: Caller) -> Response:
    sheet = await _sheet(desk, request, caller)
    if isinstance(sheet, Response):
        return sheet
    return await _form(desk, request, caller, sheet, DraftAnswers.of_draft(sheet.content, sheet.fields), {})


async def preview(desk: Desk, request: Request, caller: Caller) -> Response:
    """Exactly as it will be sent. Nothing is stored yet: the answers travel in the page."""
    form = await desk.pages.form(request)
    sheet = await _sheet(desk, request, caller)
    if isinstance(sheet, Response):
        return sheet
    answers = DraftAnswers.of(form, sheet.fields)
    found = _objections(desk, sheet, answers)
    errors = _errors(desk, sheet, answers, found)
    if errors or answers.holds:
        await _keep(desk, caller, sheet, answers)
        return await _form(desk, request, caller, sheet, answers, errors, found)
    values = {
        "sheet": sheet,
        "subject": _subject(answers, sheet),
        "person_facts": _person(desk, answers),
        "consent_facts": _consent(desk, caller, answers),
        "sections": answers.filled(sheet.fields),
        "values": answers.values(),
        "passed": [one.id for one in found if one.id in answers.passed],
    }
    return await desk.show(request, caller, "draft_preview.html", desk.text("page.draft.preview_title"), values)


async def change(desk: Desk, request: Request, caller: Caller) -> Response:
    """Back from the preview, with everything as it was filled in."""
    form = await desk.pages.form(request)
    sheet = await _sheet(desk, request, caller)
    if isinstance(sheet, Response):
        return sheet
    answers = DraftAnswers.of(form, sheet.fields)
    return await _form(desk, request, caller, sheet, answers, {}, _objections(desk, sheet, answers))


async def hand_over(desk: Desk, request: Request, caller: Caller) -> Response:
    """Once: a draft that was handed over leads to what became of it."""
    form = await desk.pages.form(request)
    sheet = await _sheet(desk, request, caller)
    if isinstance(sheet, Response):
        return sheet
    answers = DraftAnswers.of(form, sheet.fields)
    found = _objections(desk, sheet, answers)
    errors = _errors(desk, sheet, answers, found)
    if errors or answers.holds:
        return await _form(desk, request, caller, sheet, answers, errors, found)
    try:
        result = await service.hand_over(desk.api, caller, sheet.id, _last(desk, caller, answers, sheet))
    except ApiError as error:
        if error.status != UNPROCESSABLE:
            raise
        refused = {_field(error): desk.problems.describe(error).detail}
        return await _form(desk, request, caller, sheet, answers, refused, found)
    if result.message.delivery == Delivery.COPY_OUT:
        return await _copy_out(desk, request, caller, result.message, sheet, answers)
    return desk.pages.go(f"/drafts/{sheet.id}")


def _objections(desk: Desk, sheet: Sheet, answers: DraftAnswers) -> tuple[Objection, ...]:
    """Where nothing will be sent, nothing is objected to."""
    if answers.holds:
        return ()
    api = desk.api
    proof = Proof(api.reader, sheet.context, api.knowledge.names, api.knowledge.home)
    return objections(answers, sheet.fields, sheet.channel, proof, desk.text)


def _errors(desk: Desk, sheet: Sheet, answers: DraftAnswers, found: Sequence[Objection]) -> dict[str, str]:
    """Where nothing will be sent, nothing needs to be complete."""
    if answers.holds:
        return {}
    return {
        **numbers_in(answers, desk.api.knowledge.names, desk.text),
        **still_open(found, answers.passed),
        **answers.errors(desk.text, bases_for(sheet.pack.consent.scope), sheet.fields),
    }


async def _keep(desk: Desk, caller: Caller, sheet: Sheet, answers: DraftAnswers) -> None:
    """Consent is not asked for yet: what was written waits in the draft, sealed. Of a refusal nothing is kept."""
    if answers.consent != "not_asked":
        return
    kept = sheet.content.model_copy(
        update={
            "person": answers.person_in() if answers.person() else None,
            "subject": answers.subject[: LONGEST["subject"]],
            "sections": _sections(answers, sheet),
            "consent": None,
        }
    )
    await service.save(desk.api, caller, sheet.id, kept)


def _field(error: ApiError) -> str:
    """Which field of the form the API's refusal is about."""
    if isinstance(error, PersonIdInvalid):
        return "person_id"
    return "consent" if error.code.startswith("consent") else "subject"


async def _sheet(desk: Desk, request: Request, caller: Caller) -> Sheet | Response:
    """The draft, or the receipt when it has been handed over already."""
    caller.require_somewhere(Right.SEND)
    draft = await service.read(desk.api, caller, str(request.path_params["draft_id"]))
    if draft.content is None:
        return await _receipt(desk, request, caller, draft.message_id)
    try:
        pack = desk.api.knowledge.registry.pack(draft.content.pack)
    except UnknownPack:
        raise PackUnknown(pack=draft.content.pack) from None
    channel = pack.channel_by_id.get(draft.content.channel)
    if channel is None:
        raise ChannelNotInPack(channel=draft.content.channel, pack=pack.name)
    async with desk.api.db.read() as session:
        known = await units.by_ids(session, draft.content.recipient_units)
    there = [known[unit] for unit in draft.content.recipient_units if unit in known]
    sender = next(place for place in caller.places if place.unit_id == draft.content.sender_unit)
    kinds = {unit.type for unit in there}
    return Sheet(
        draft.id,
        draft.content,
        pack,
        channel,
        ", ".join(unit.name for unit in there),
        TextField.all_of(draft.content, channel),
        Context(pack, sender.type, kinds.pop() if len(kinds) == 1 else None),
    )


async def _form(
    desk: Desk,
    request: Request,
    caller: Caller,
    sheet: Sheet,
    answers: DraftAnswers,
    errors: dict[str, str],
    found: Sequence[Objection] = (),
) -> Response:
    hold = (
        f"page.draft.{'waits' if answers.consent == 'not_asked' else 'stopped'}"
        if answers.holds and not errors
        else None
    )
    bases = bases_for(sheet.pack.consent.scope)
    values = {
        "sheet": sheet,
        "values": answers.values(),
        "errors": errors,
        "objections": [one for one in found if one.passes is not None],
        "passed": answers.passed,
        "hold": desk.text(hold) if hold else None,
        "consent_options": [_consent_option(desk, answer) for answer in CONSENT_ANSWERS],
        "basis_options": [(basis, desk.text(f"page.draft.basis_{basis}"), None) for basis in bases],
    }
    status = UNPROCESSABLE if errors else 200
    return await desk.show(request, caller, "draft.html", desk.text("page.draft.title"), values, status=status)


async def _receipt(desk: Desk, request: Request, caller: Caller, message_id: str | None) -> Response:
    if message_id is None:
        title, words = desk.text("page.draft.gone_title"), desk.text("page.draft.gone_text")
        return await desk.notice(request, title, words, "info", status=404)
    found = await reading.read(desk.api, caller, message_id)
    if found.delivery != Delivery.BUILT_IN:
        return desk.pages.go(f"/sent/{message_id}")
    channel = desk.api.knowledge.registry.pack(found.pack).channel_by_id[found.channel]
    values = {"message": desk.views().sent_row(found), "system": channel.system}
    return await desk.show(request, caller, "receipt.html", desk.text("page.receipt.title"), values)


async def _copy_out(
    desk: Desk, request: Request, caller: Caller, message: MessageSummary, sheet: Sheet, answers: DraftAnswers
) -> Response:
    """The text, this once: nothing of it is kept, so it cannot be shown after a redirect."""
    person = "\n".join(value for _, value in _person(desk, answers))
    texts = [
        (desk.text("page.message.person"), person),
        (desk.text("page.message.subject"), _subject(answers, sheet)),
        *(
            (section.heading or desk.text("page.message.text"), section.text)
            for section in answers.filled(sheet.fields)
        ),
        (desk.text("page.consent.heading"), "\n".join(f"{k}: {v}" for k, v in _consent(desk, caller, answers))),
    ]
    values = {"message_id": message.id, "number": message.number, "system": sheet.channel.system, "texts": texts}
    title = desk.text("page.receipt.copy_title", system=sheet.channel.system)
    return await desk.show(request, caller, "copy_out.html", title, values)


def _last(desk: Desk, caller: Caller, answers: DraftAnswers, sheet: Sheet) -> HandoverIn:
    return HandoverIn(
        person=answers.person_in(),
        consent=answers.consent_in(desk.api.now(), _role(desk, caller)),
        subject=_subject(answers, sheet),
        sections=_sections(answers, sheet),
    )


def _sections(answers: DraftAnswers, sheet: Sheet) -> list[SectionIn]:
    return [SectionIn(heading=section.heading, text=section.text) for section in answers.filled(sheet.fields)]


def _subject(answers: DraftAnswers, sheet: Sheet) -> str:
    return answers.subject or sheet.channel.label


def _person(desk: Desk, answers: DraftAnswers) -> tuple[Fact, ...]:
    person = answers.person_in()
    return desk.views().person(PersonOut(id_type=person.id_type, id=person.id, name=person.name))


def _consent(desk: Desk, caller: Caller, answers: DraftAnswers) -> tuple[Fact, ...]:
    record = answers.consent_in(desk.api.now(), _role(desk, caller))
    return desk.views().consent(ConsentOut.model_validate(record.model_dump()))


def _role(desk: Desk, caller: Caller) -> str:
    """Who answers for an assessment, as the receiver is told."""
    return f"{desk.text(f'page.role.{caller.here.role}')}, {caller.here.name}"


def _consent_option(desk: Desk, answer: str) -> tuple[str, str, str | None]:
    hint = f"page.draft.{answer}_hint"
    return answer, desk.text(f"page.draft.{answer}"), desk.text(hint) if hint in desk.api.knowledge.texts else None
