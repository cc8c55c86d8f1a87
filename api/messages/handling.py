"""What is done with a message after the handover: by its receivers, and by a sender who copied it out. Each deed in one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency
from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import AlreadyRecipient, NotLiving, NotYourUnit, WrongState
from api.events.service import EventType, to_sender, to_unit
from api.idempotency import Call
from api.messages import checks, more, reminders, sealing
from api.messages.delivery import Delivery
from api.messages.reading import our_rows, visible
from api.messages.schemas import AnswerIn, ClosingIn, FollowUpIn, ForwardingIn, ParticipantIn, SupplementIn
from api.messages.sealing import Words
from api.messages.service import Result
from api.messages.status import ANSWERED, MessageState, RecipientState, awaited, passed_on
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from api.messages.views import asking, channel_of, recipients_of, summary
from api.units import service as units
from common.ids import new_id
from knowledge.vocabulary import ConsentState

Deed = Callable[[AsyncSession, MessageRow, str, datetime], Awaitable[None]]
"""What to do in the transaction: with the session, the message, the new entry's id and the moment."""


async def _do(api: Api, caller: Caller, message_id: str, call: Call | None, deed: Deed) -> Result:
    """One deed on one message, once for its key."""
    entry_id, now = new_id(), api.now()
    async with api.db.write() as session:
        message = await visible(session, caller, message_id, lock=True)
        before = await idempotency.claim(api, session, call, entry_id)
        if before is None:
            await deed(session, message, entry_id, now)
            await session.flush()
        return Result(await summary(api, session, caller, message), new=before is None)


async def acknowledge(api: Api, caller: Caller, message_id: str) -> Result:
    """The receiving unit has seen it and takes it on, or has seen that it was closed. Twice is as once."""
    now, entry_id = api.now(), new_id()
    async with api.db.write() as session:
        message = await visible(session, caller, message_id, lock=True)
        row = await _ours(session, caller, message, MessageState.CLOSED)
        new = row.acknowledged_at is None
        if new:
            row.acknowledged_at = now
            row.read_at = row.read_at or now
            if row.state == RecipientState.RECEIVED:
                row.state = RecipientState.ACKNOWLEDGED
            session.add(_entry(entry_id, message, "acknowledgement", row.unit_id, caller, now))
            await to_sender(session, EventType.ACKNOWLEDGED, message, row.unit_id, f"{message.id}:{row.unit_id}", now)
            note(session, caller, now, Action.ACKNOWLEDGE, row.unit_id, message.id)
            await _settle(api, session, message)
        return Result(await summary(api, session, caller, message), new)


async def answer(api: Api, caller: Caller, message_id: str, body: AnswerIn, key: str | None) -> Result:
    """An answer, a request for more, or the way to another place. It goes to the sender's unit."""
    call = idempotency.call_of(api, caller, f"answers:{message_id}", key, body)

    async def deed(session: AsyncSession, message: MessageRow, entry_id: str, now: datetime) -> None:
        row = await _ours(session, caller, message)
        _with_words(message)
        if passed_on(row):
            raise WrongState(variant="answered")
        await more.taken(session, message, row)
        row.state = RecipientState.ANSWERED
        row.answered_at = row.answered_at or now
        row.acknowledged_at = row.acknowledged_at or now
        row.read_at = row.read_at or now
        session.add(
            _entry(
                entry_id, message, body.kind, row.unit_id, caller, now, sealed=_words(api, entry_id, None, body.text)
            )
        )
        await to_sender(session, EventType.ANSWERED, message, row.unit_id, entry_id, now)
        note(session, caller, now, Action.ANSWER, row.unit_id, message.id)
        await _settle(api, session, message)
        for older in await more.answered_by(session, message, row.unit_id):
            await _settle(api, session, older)

    return await _do(api, caller, message_id, call, deed)


async def forward(api: Api, caller: Caller, message_id: str, body: ForwardingIn, key: str | None) -> Result:
    """To the right unit, and why. The thread and the due date stay; the unit has reminders of its own, from when it came to it."""
    call = idempotency.call_of(api, caller, f"forwardings:{message_id}", key, body)

    async def deed(session: AsyncSession, message: MessageRow, entry_id: str, now: datetime) -> None:
        row = await _ours(session, caller, message)
        _with_words(message)
        if row.state in ANSWERED:
            raise WrongState(variant="answered")
        await more.taken(session, message, row)
        await _bring_in(api, session, message, body.recipient_unit, "forward", row.unit_id, now)
        row.state = RecipientState.FORWARDED
        row.read_at = row.read_at or now
        sealed = _words(api, entry_id, None, body.reason)
        session.add(
            _entry(entry_id, message, "forwarding", row.unit_id, caller, now, other=body.recipient_unit, sealed=sealed)
        )
        await to_sender(session, EventType.FORWARDED, message, row.unit_id, entry_id, now)
        note(session, caller, now, Action.FORWARD, row.unit_id, message.id)

    return await _do(api, caller, message_id, call, deed)


async def supplement(api: Api, caller: Caller, message_id: str, body: SupplementIn, key: str | None) -> Result:
    """More, under a heading, in a message that lives on."""
    call = idempotency.call_of(api, caller, f"supplements:{message_id}", key, body)

    async def deed(session: AsyncSession, message: MessageRow, entry_id: str, now: datetime) -> None:
        unit = await _participant(api, session, caller, message)
        if unit == message.sender_unit:
            await more.given(api, session, message, now)
        sealed = _words(api, entry_id, body.heading, body.text)
        session.add(_entry(entry_id, message, "supplement", unit, caller, now, sealed=sealed))
        note(session, caller, now, Action.SUPPLEMENT, unit, message.id)
        await session.flush()
        await _tell_units(session, EventType.SUPPLEMENTED, message, unit, entry_id, now)
        if unit != message.sender_unit:
            await to_sender(session, EventType.SUPPLEMENTED, message, unit, entry_id, now)

    return await _do(api, caller, message_id, call, deed)


async def add_participant(api: Api, caller: Caller, message_id: str, body: ParticipantIn, key: str | None) -> Result:
    """One more unit in a message that lives on."""
    call = idempotency.call_of(api, caller, f"participants:{message_id}", key, body)

    async def deed(session: AsyncSession, message: MessageRow, entry_id: str, now: datetime) -> None:
        unit = await _participant(api, session, caller, message)
        await _bring_in(api, session, message, body.unit, "participant", unit, now)
        session.add(_entry(entry_id, message, "participant", unit, caller, now, other=body.unit))
        note(session, caller, now, Action.ADD_PARTICIPANT, unit, message.id)

    return await _do(api, caller, message_id, call, deed)


async def mark_sent(api: Api, caller: Caller, message_id: str) -> Result:
    """The sender has put it into the message system by hand; from now on an answer is awaited. Twice is as once."""
    now, entry_id = api.now(), new_id()
    async with api.db.write() as session:
        message = await _own(session, caller, message_id)
        if message.delivery != Delivery.COPY_OUT:
            raise WrongState(variant="not_copied")
        if message.state == MessageState.CLOSED and message.sent_at is None:
            raise WrongState(variant="closed_unsent")
        new = message.state == MessageState.TO_COPY
        if new:
            message.state, message.sent_at = MessageState.SENT, now
            reminders.start_clock(api, session, message, now)
            session.add(_entry(entry_id, message, "sent", message.sender_unit, caller, now))
            note(session, caller, now, Action.MARK_SENT, message.sender_unit, message.id)
            await session.flush()
        return Result(await summary(api, session, caller, message), new)


async def follow_up(api: Api, caller: Caller, message_id: str, body: FollowUpIn) -> Result:
    """What the sender has seen of it in the other system. An answer is never taken back to read."""
    now, entry_id = api.now(), new_id()
    async with api.db.write() as session:
        message = await _own(session, caller, message_id)
        if message.state != MessageState.SENT:
            raise WrongState(variant="closed" if message.state == MessageState.CLOSED else "not_sent")
        new = message.follow_up not in (body.state, RecipientState.ANSWERED)
        if new:
            message.follow_up = body.state
            session.add(_entry(entry_id, message, "follow_up", message.sender_unit, caller, now))
            note(session, caller, now, Action.FOLLOW_UP, message.sender_unit, message.id)
            if body.state == "answered":
                await reminders.stop_clock(session, message)
                await reminders.end_told(session, message, now)
            await session.flush()
        return Result(await summary(api, session, caller, message), new)


async def close(api: Api, caller: Caller, message_id: str, body: ClosingIn) -> Result:
    """The sender has what was needed, or sent it wrongly, which may be said later too. It is marked, never erased."""
    now, entry_id = api.now(), new_id()
    async with api.db.write() as session:
        message = await _own(session, caller, message_id)
        wrong = body.reason == "wrong"
        new = message.state != MessageState.CLOSED or (wrong and message.closed_as != body.reason)
        if new:
            message.state, message.closed_as = MessageState.CLOSED, body.reason
            await reminders.stop_clock(session, message)
            await reminders.end_told(session, message, now)
            for row in (await recipients_of(session, [message.id]))[message.id]:
                await more.taken(session, message, row)
            kind, happening = ("wrongly_sent", EventType.WRONGLY_SENT) if wrong else ("closing", EventType.CLOSED)
            session.add(_entry(entry_id, message, kind, message.sender_unit, caller, now))
            note(session, caller, now, Action.CLOSE, message.sender_unit, message.id)
            await session.flush()
            await _tell_units(session, happening, message, message.sender_unit, message.id, now)
        return Result(await summary(api, session, caller, message), new)


async def _tell_units(
    session: AsyncSession, kind: EventType, message: MessageRow, by: str, key: str, now: datetime
) -> None:
    """Every unit that the message lies with, but for the one whose doing it was. What was wrong is told to those too who have passed it on."""
    for row in (await recipients_of(session, [message.id]))[message.id]:
        concerned = kind is EventType.WRONGLY_SENT or not passed_on(row)
        if row.unit_id != by and not row.hidden and concerned:
            await to_unit(session, kind, message, row.unit_id, by, key, now)


async def _ours(session: AsyncSession, caller: Caller, message: MessageRow, *states: MessageState) -> RecipientRow:
    """The row of the caller's receiving unit. Only a message that lies here can be handled here."""
    if message.state not in (MessageState.DELIVERED, *states):
        raise WrongState(variant=_why_not(message))
    rows = await our_rows(session, message.id, caller.units(Right.RECEIVE))
    unit = caller.first_of(Right.RECEIVE, frozenset(rows))
    if unit is None:
        raise NotYourUnit
    return rows[unit]


def _with_words(message: MessageRow) -> None:
    """Nothing more is written in a message whose words were erased."""
    if message.content is None:
        raise WrongState(variant="erased")


def _why_not(message: MessageRow) -> str:
    """Why a message cannot be handled here."""
    return "closed" if message.state == MessageState.CLOSED else "elsewhere"


async def _own(session: AsyncSession, caller: Caller, message_id: str) -> MessageRow:
    """A message that the caller's unit has sent."""
    message = await visible(session, caller, message_id, lock=True)
    if message.sender_unit not in caller.units(Right.SEND):
        raise NotYourUnit
    return message


async def _participant(api: Api, session: AsyncSession, caller: Caller, message: MessageRow) -> str:
    """The caller's unit in a living message, as its sender or one of those it lies with now."""
    channel = channel_of(api, message)
    if not channel.living:
        raise NotLiving(channel=channel.label)
    if message.state != MessageState.DELIVERED:
        raise WrongState(variant=_why_not(message))
    _with_words(message)
    rows = await our_rows(session, message.id, caller.units(Right.RECEIVE))
    here = {unit for unit, row in rows.items() if not passed_on(row)}
    unit = caller.first_of(Right.RECEIVE, frozenset({*here, message.sender_unit}))
    if unit is None:
        raise NotYourUnit
    return unit


async def _bring_in(
    api: Api, session: AsyncSession, message: MessageRow, unit_id: str, added_as: str, by: str, now: datetime
) -> None:
    """The message comes to one more unit, which must be able to receive it, and has the routine's whole time to answer."""
    if unit_id == message.sender_unit or await session.get(RecipientRow, (message.id, unit_id)) is not None:
        raise AlreadyRecipient
    await _may_come(api, session, message, unit_id, added_as, by)
    row = RecipientRow(
        message_id=message.id,
        unit_id=unit_id,
        state=RecipientState.RECEIVED,
        added_as=added_as,
        hidden=message.exercise,
        received_at=now,
    )
    session.add(row)
    reminders.start_clock_of(api, session, message, row)
    if not message.exercise:
        await to_unit(session, EventType.RECEIVED, message, unit_id, by, message.id, now)


async def _may_come(api: Api, session: AsyncSession, message: MessageRow, unit_id: str, added_as: str, by: str) -> None:
    """What the directory and the pack say of one more unit in the message."""
    pack, channel, state = (
        checks.known_pack(api.knowledge.registry, message.pack),
        channel_of(api, message),
        message.consent_state,
    )
    with_it = {row.unit_id for row in (await recipients_of(session, [message.id]))[message.id]} | {message.sender_unit}
    found = await units.by_ids(session, {unit_id, *with_it})
    unit = checks.recipient(unit_id, channel, pack, found)
    if added_as == "forward":
        types = [found[message.sender_unit].type, found[by].type]
        checks.passed_on(unit, channel, pack, api.allowed, types, ConsentState(state))
    else:
        types = [found[one].type for one in with_it]
        checks.taken_in(unit, channel, pack, api.allowed, types, ConsentState(state))


async def _settle(api: Api, session: AsyncSession, message: MessageRow) -> None:
    """Stops the clock when nobody is awaited any more; when only those are who have been given more, it is theirs."""
    await session.flush()
    channel = channel_of(api, message)
    rows = (await recipients_of(session, [message.id]))[message.id]
    waiting = [row for row in rows if awaited(channel, row)]
    if not waiting:
        await reminders.stop_clock(session, message)
        if not await asking(session, [message], {message.id: rows}):
            await reminders.end_told(session, message, api.now())
    await more.due_again(api, session, message, waiting)


def _words(api: Api, entry_id: str, heading: str | None, text: str) -> str:
    return sealing.seal_words(api.cipher, entry_id, Words(heading=heading or None, text=text))


def _entry(
    entry_id: str,
    message: MessageRow,
    kind: str,
    unit: str,
    caller: Caller,
    at: datetime,
    *,
    other: str | None = None,
    sealed: str | None = None,
) -> EntryRow:
    return EntryRow(
        id=entry_id,
        message_id=message.id,
        kind=kind,
        unit_id=unit,
        other_unit=other,
        staff_id=caller.staff_id,
        sealed=sealed,
        at=at,
    )
