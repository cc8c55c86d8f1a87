"""Handing over: checks everything, then writes the message, its recipients, events, reminders and audit in one transaction, once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency
from api.audit.service import Action, deed
from api.authorisation import Caller, Right
from api.context import STOCKHOLM, Api
from api.errors import ApiError, MessageUnknown, PortMissing, ThreadUnknown
from api.events.service import received
from api.messages import checks, more, reminders, sealing
from api.messages.delivery import Delivery
from api.messages.schemas import MessageIn, MessageSummary
from api.messages.status import MessageState, RecipientState
from api.messages.tables import MessageRow, RecipientRow
from api.messages.views import common, summary
from api.units import service as units
from common.database import table_of
from common.ids import new_id
from common.outbox import job
from common.together import New, insert_together, put_together
from common.wake import JOBS, after_commit
from triage.identity import PersonId


@dataclass(frozen=True, slots=True)
class Result:
    """`new` is false when the same call was made before."""

    message: MessageSummary
    new: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that may be handed over, and how."""

    order: MessageIn
    checked: checks.Checked
    delivery: Delivery
    thread: str | None
    names: Mapping[str, str]
    """The names of the units concerned, by id."""


Also = Callable[[AsyncSession, MessageRow], Awaitable[None]]
"""Something more to write in the transaction of a handover."""


async def hand_over(api: Api, caller: Caller, order: MessageIn, key: str, *, also: Also | None = None) -> Result:
    """One message for one key, however often and from however many places it is asked for."""
    caller.require_at(Right.SEND, order.sender_unit)
    call = idempotency.keyed(api, caller, "messages", key, order)
    try:
        ready = await prepare(api, caller, order)
    except ApiError:  # what may no longer be sent may have been sent before
        before = await _before(api, caller, call)
        if before is None:
            raise
        return before
    message_id = new_id()
    message = _row(api, caller, ready, message_id, await api.numbers.take(api.now().astimezone(STOCKHOLM).year))
    recipients = _recipients(message, ready)
    rows, told = written(api, caller, message, recipients), concerned(message, recipients)
    if ready.thread is not None:
        also = _giving_more(api, also)
    if not await _put(api, message, idempotency.row_of(api, call, message_id), rows, told, also):
        raced = await _before(api, caller, call)
        assert raced is not None  # noqa: S101 - the key is taken, so it has made something
        return raced
    receipt = MessageSummary.model_validate(common(api, caller, message, recipients, ready.names))
    return Result(receipt, new=True)


def _giving_more(api: Api, also: Also | None) -> Also:
    """In a thread a message may be what a unit asked for."""

    async def give(session: AsyncSession, message: MessageRow) -> None:
        await more.sent(api, session, message)
        if also is not None:
            await also(session, message)

    return give


async def _before(api: Api, caller: Caller, call: idempotency.Call) -> Result | None:
    """What the call made the first time."""
    async with api.db.read() as session:
        before = await idempotency.made_before(session, call)
        return None if before is None else Result(await made(api, session, caller, before), new=False)


async def _put(
    api: Api, message: MessageRow, call: New, rows: Sequence[New], told: Sequence[str], also: Also | None
) -> bool:
    """Everything in one transaction, if the call is made for the first time; says whether it was."""
    if also is None:
        return await put_together(api.db, call, rows, told)
    async with api.db.write() as session:
        new = await insert_together(session, call, rows)
        if new:
            await also(session, message)
        for topic in told:
            after_commit(session, topic)
    return new


async def prepare(api: Api, caller: Caller, order: MessageIn) -> Ready:
    """Everything that can be checked before writing. Raises the ApiError that applies."""
    sender = next(place for place in caller.places if place.unit_id == order.sender_unit)
    known = await units.sending(api, sender.organisation, order.channel, sender.unit_id)
    found = await units.among(api, known.units, order.recipient_units)
    who = checks.Sender(sender.name, sender.type, sender.region, closed=sender.unit_id not in known.units)
    checked = checks.check(order, api.knowledge.registry, api.allowed, who, found, api.now(), api.today())
    delivery = known.delivery
    if delivery is Delivery.PORT and api.port is None:
        raise PortMissing(organisation=sender.organisation, channel=order.channel)
    if order.exercise:
        delivery = Delivery.BUILT_IN
    thread = None if order.in_response_to is None else await _thread(api, order.in_response_to, order, checked.person)
    names = {sender.unit_id: sender.name, **{unit.id: unit.name for unit in found.values()}}
    return Ready(order, checked, delivery, thread, names)


def written(api: Api, caller: Caller, message: MessageRow, recipients: Sequence[RecipientRow]) -> list[New]:
    """All that a handover leaves behind, in the order that the rows need each other."""
    jobs = _jobs(api, message)
    rows = [New(table_of(MessageRow), message.model_dump(exclude_none=True))]
    rows += [New(table_of(RecipientRow), row.model_dump(exclude_none=True)) for row in recipients]
    rows.append(deed(caller, message.created_at, Action.HAND_OVER, message.sender_unit, message.id))
    rows += jobs
    return rows + [received(api, message, row.unit_id) for row in recipients if not row.hidden]


def concerned(message: MessageRow, recipients: Sequence[RecipientRow]) -> list[str]:
    """Who is nudged when it is committed."""
    told = [row.unit_id for row in recipients if not row.hidden]
    return [*told, JOBS] if message.state == MessageState.TO_SEND else told


def _jobs(api: Api, message: MessageRow) -> tuple[New, ...]:
    """What comes with time, by the way it leaves."""
    match message.state:
        case MessageState.DELIVERED:
            return reminders.clock(api, message, message.created_at)
        case MessageState.TO_COPY:
            return reminders.whether_sent(api, message)
        case _:
            return (job(reminders.PORT, message.id, message.id, message.created_at),)


def _recipients(message: MessageRow, ready: Ready) -> list[RecipientRow]:
    hidden = message.exercise or message.delivery != Delivery.BUILT_IN
    return [
        RecipientRow(
            message_id=message.id,
            unit_id=unit_id,
            state=RecipientState.RECEIVED,
            added_as="recipient",
            hidden=hidden,
            received_at=message.created_at,
        )
        for unit_id in ready.order.recipient_units
    ]


_FIRST_STATE = {
    Delivery.BUILT_IN: MessageState.DELIVERED,
    Delivery.COPY_OUT: MessageState.TO_COPY,
    Delivery.PORT: MessageState.TO_SEND,
}


def _row(api: Api, caller: Caller, ready: Ready, message_id: str, number: str) -> MessageRow:
    order, kept = ready.order, ready.delivery is not Delivery.COPY_OUT
    assert order.consent is not None  # noqa: S101 - checked: no consent, no handover
    person = ready.checked.person
    return MessageRow(
        id=message_id,
        number=number,
        thread=ready.thread or message_id,
        in_response_to=order.in_response_to,
        pack=order.pack,
        channel=order.channel,
        sender_unit=order.sender_unit,
        sender_staff=caller.staff_id,
        exercise=order.exercise,
        delivery=ready.delivery,
        state=_FIRST_STATE[ready.delivery],
        consent_state=order.consent.state,
        consent_basis=order.consent.basis,
        consent=sealing.seal_consent(api.cipher, message_id, order.consent),
        content=sealing.seal_content(api.cipher, message_id, order) if kept else None,
        person=sealing.seal_person(api.cipher, message_id, person, order.person.name) if kept else None,
        person_hash=sealing.person_hash(api.cipher, person) if kept else None,
        created_at=api.now(),
    )


async def _thread(api: Api, message_id: str, order: MessageIn, person: PersonId) -> str:
    """The thread of the message answered, which the sender's unit must have sent or received: of one person, and all or none in exercise."""
    sender_unit = order.sender_unit
    async with api.db.read() as session:
        message = await session.get(MessageRow, message_id)
        if message is None:
            raise ThreadUnknown
        if message.sender_unit != sender_unit:
            row = await session.get(RecipientRow, (message_id, sender_unit))
            if row is None or row.hidden:
                raise ThreadUnknown
        if message.exercise != order.exercise:
            raise ThreadUnknown(variant="exercise")
        if message.person_hash not in (None, sealing.person_hash(api.cipher, person)):
            raise ThreadUnknown(variant="person")
        return message.thread


async def made(api: Api, session: AsyncSession, caller: Caller, message_id: str) -> MessageSummary:
    message = await session.get(MessageRow, message_id)
    if message is None:
        raise MessageUnknown
    return await summary(api, session, caller, message)


async def count_waiting(api: Api, caller: Caller, unit_id: str) -> int:
    """How many messages in the unit's inbox nobody has acknowledged yet."""
    caller.require_at(Right.RECEIVE, unit_id)
    wanted = select(func.count()).where(
        RecipientRow.unit_id == unit_id,
        col(RecipientRow.hidden).is_(False),
        RecipientRow.state == RecipientState.RECEIVED,
    )
    async with api.db.read() as session:
        return (await session.exec(wanted)).one()
