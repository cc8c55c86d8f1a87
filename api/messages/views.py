"""From rows to what a caller is shown. Opens only what is asked for; changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import Api
from api.messages import sealing
from api.messages.schemas import EntryOut, InboxItem, MessageOut, MessageSummary, RecipientOut
from api.messages.status import MessageState, RecipientState, status
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from api.units import service as units
from knowledge.errors import UnknownPack
from knowledge.pack import Channel
from knowledge.vocabulary import ChannelKind
from triage.working_time import earliest

ASKING: Final = "request_more"
ANSWERS: Final = ("answer", ASKING, "redirect")
SUPPLEMENT: Final = "supplement"
FORWARDING: Final = "forwarding"
NOBODY: Final[frozenset[str]] = frozenset()


class Common(TypedDict):
    """The fields that every view of a message has."""

    id: str
    number: str
    thread: str
    in_response_to: str | None
    status: str
    delivery: str
    pack: str
    channel: str
    channel_label: str
    sender_unit: str
    sender_unit_name: str
    sent_by_me: bool
    recipients: list[RecipientOut]
    asked_for_more: bool
    exercise: bool
    follow_up: str | None
    closed_as: str | None
    consent_state: str
    consent_basis: str | None
    created_at: object
    sent_at: object
    due_at: object
    earliest_answer_at: object


def channel_of(api: Api, message: MessageRow) -> Channel:
    """As the message's own version of the routine has it. Where that is not loaded: a stand-in that awaits an answer, and no time for it."""
    try:
        found = api.knowledge.registry.pack(message.pack).channel_by_id.get(message.channel)
    except UnknownPack:
        found = None
    return found or stand_in(message.channel)


def stand_in(channel: str) -> Channel:
    return Channel(
        id=channel, label=channel, system=channel, kind=ChannelKind.MESSAGE, summary=channel, reply_policy="answer"
    )


async def recipients_of(session: AsyncSession, message_ids: Sequence[str]) -> dict[str, list[RecipientRow]]:
    """The recipients of each message, in the order they came in."""
    wanted = select(RecipientRow).where(col(RecipientRow.message_id).in_(message_ids))
    rows = (await session.exec(wanted.order_by(col(RecipientRow.received_at), col(RecipientRow.unit_id)))).all()
    found: dict[str, list[RecipientRow]] = {message_id: [] for message_id in message_ids}
    for row in rows:
        found[row.message_id].append(row)
    return found


async def entries_of(session: AsyncSession, message_id: str) -> Sequence[EntryRow]:
    wanted = select(EntryRow).where(EntryRow.message_id == message_id)
    return (await session.exec(wanted.order_by(col(EntryRow.at), col(EntryRow.id)))).all()


async def asking(
    session: AsyncSession,
    messages: Sequence[MessageRow],
    recipients: Mapping[str, Sequence[RecipientRow]],
    *,
    before: str | None = None,
) -> Mapping[str, frozenset[str]]:
    """The units that ask for more of each message: by their latest answer, while its sender has not filled in or sent them more in the thread.

    `before`: as it was before this message was sent in the thread.
    """
    here = {m.id: {r.unit_id for r in recipients[m.id] if r.state == RecipientState.ANSWERED} for m in messages}
    answered = {m.id: m for m in messages if m.state == MessageState.DELIVERED and here[m.id]}
    if not answered:
        return {}
    columns = (EntryRow.message_id, EntryRow.unit_id, EntryRow.kind, EntryRow.at)
    said = select(*columns).where(
        col(EntryRow.message_id).in_(answered), col(EntryRow.kind).in_((*ANSWERS, SUPPLEMENT))
    )
    latest: dict[tuple[str, str], tuple[str, datetime]] = {}
    for message_id, unit, kind, at in (await session.exec(said.order_by(col(EntryRow.at), col(EntryRow.id)))).all():
        if kind in ANSWERS or unit == answered[message_id].sender_unit:
            latest[message_id, unit] = (kind, at)
    asked = [
        (answered[message_id], unit, at)
        for (message_id, unit), (kind, at) in latest.items()
        if kind == ASKING and unit in here[message_id]
    ]
    given = await _latest_sent(session, {message.thread for message, _, _ in asked}, before) if asked else {}
    units_of: dict[str, set[str]] = {}
    for message, unit, at in asked:
        filled_in = latest.get((message.id, message.sender_unit))
        sent = given.get((message.thread, message.sender_unit, unit), message.created_at)
        if at >= max(sent, filled_in[1] if filled_in else message.created_at):
            units_of.setdefault(message.id, set()).add(unit)
    return {message_id: frozenset(found) for message_id, found in units_of.items()}


async def _latest_sent(
    session: AsyncSession, threads: set[str], before: str | None
) -> dict[tuple[str, str, str], datetime]:
    """When each unit last sent each other one a message in the threads. An exercise asks for nothing and gives nothing."""
    ends = (MessageRow.thread, MessageRow.sender_unit, RecipientRow.unit_id)
    sent = select(*ends, func.max(MessageRow.created_at)).where(
        col(MessageRow.thread).in_(threads),
        col(MessageRow.exercise).is_(False),
        col(RecipientRow.message_id) == col(MessageRow.id),
    )
    if before is not None:
        sent = sent.where(MessageRow.id != before)
    found = await session.exec(sent.group_by(*ends))
    return {(thread, sender, unit): at for thread, sender, unit, at in found.all()}


def common(
    api: Api,
    caller: Caller,
    message: MessageRow,
    recipients: Sequence[RecipientRow],
    names: Mapping[str, str],
    asking: frozenset[str] = NOBODY,
) -> Common:
    """`asking`: the units that ask for more."""
    channel = channel_of(api, message)
    since = message.created_at if message.state == MessageState.DELIVERED else message.sent_at
    level = channel.service_level
    return Common(
        id=message.id,
        number=message.number,
        thread=message.thread,
        in_response_to=message.in_response_to,
        status=status(message, recipients, channel, api.now()),
        delivery=message.delivery,
        pack=message.pack,
        channel=message.channel,
        channel_label=channel.label,
        sender_unit=message.sender_unit,
        sender_unit_name=names[message.sender_unit],
        sent_by_me=message.sender_staff is not None and message.sender_staff == caller.staff_id,
        recipients=[_recipient(row, names, asks=row.unit_id in asking) for row in recipients],
        asked_for_more=bool(asking),
        exercise=message.exercise,
        follow_up=message.follow_up,
        closed_as=message.closed_as,
        consent_state=message.consent_state,
        consent_basis=message.consent_basis,
        created_at=message.created_at,
        sent_at=message.sent_at,
        due_at=message.due_at,
        earliest_answer_at=earliest(level, since, api.free_day) if level is not None and since is not None else None,
    )


async def summary(api: Api, session: AsyncSession, caller: Caller, message: MessageRow) -> MessageSummary:
    recipients = (await recipients_of(session, [message.id]))[message.id]
    names = await units.names(session, [message.sender_unit, *(row.unit_id for row in recipients)])
    asked = (await asking(session, [message], {message.id: recipients})).get(message.id, NOBODY)
    return MessageSummary.model_validate(common(api, caller, message, recipients, names, asked))


async def summaries(
    api: Api, session: AsyncSession, caller: Caller, messages: Sequence[MessageRow]
) -> list[MessageSummary]:
    """Many at once, in as few queries as one."""
    recipients = await recipients_of(session, [message.id for message in messages])
    names = await _names(session, messages, recipients)
    asked = await asking(session, messages, recipients)
    return [
        MessageSummary.model_validate(common(api, caller, m, recipients[m.id], names, asked.get(m.id, NOBODY)))
        for m in messages
    ]


async def inbox_items(
    api: Api, session: AsyncSession, caller: Caller, unit_id: str, messages: Sequence[MessageRow]
) -> list[InboxItem]:
    recipients = await recipients_of(session, [message.id for message in messages])
    names = await _names(session, messages, recipients)
    asked = await asking(session, messages, recipients)
    items: list[InboxItem] = []
    for message in messages:
        ours = next(row for row in recipients[message.id] if row.unit_id == unit_id)
        content = sealing.open_content(api.cipher, message)
        items.append(
            InboxItem.model_validate(
                {
                    **common(api, caller, message, recipients[message.id], names, asked.get(message.id, NOBODY)),
                    "unit_state": ours.state,
                    "read_at": ours.read_at,
                    "received_at": ours.received_at,
                    "subject": None if content is None else content.subject,
                    "person": sealing.open_person(api.cipher, message),
                }
            )
        )
    return items


async def whole(
    api: Api, session: AsyncSession, caller: Caller, message: MessageRow, gone_from: frozenset[str] = NOBODY
) -> MessageOut:
    """`gone_from`: for those whose units have passed it on, what was done until then."""
    recipients = (await recipients_of(session, [message.id]))[message.id]
    entries = _until_passed_on(await entries_of(session, message.id), gone_from)
    concerned = {message.sender_unit, *(row.unit_id for row in recipients), *(row.unit_id for row in entries)}
    concerned |= {row.other_unit for row in entries if row.other_unit is not None}
    names = await units.names(session, concerned)
    content = sealing.open_content(api.cipher, message)
    asked = (await asking(session, [message], {message.id: recipients})).get(message.id, NOBODY)
    return MessageOut.model_validate(
        {
            **common(api, caller, message, recipients, names, asked),
            "subject": None if content is None else content.subject,
            "sections": None if content is None else content.sections,
            "person": sealing.open_person(api.cipher, message),
            "consent": sealing.open_consent(api.cipher, message),
            "entries": [_entry(api, row, names) for row in entries],
        }
    )


def _until_passed_on(entries: Sequence[EntryRow], units: frozenset[str]) -> Sequence[EntryRow]:
    passed_on = [place for place, row in enumerate(entries, 1) if row.kind == FORWARDING and row.unit_id in units]
    return entries[: max(passed_on)] if passed_on else entries


async def _names(
    session: AsyncSession, messages: Sequence[MessageRow], recipients: Mapping[str, Sequence[RecipientRow]]
) -> dict[str, str]:
    senders = {message.sender_unit for message in messages}
    return await units.names(session, senders | {row.unit_id for rows in recipients.values() for row in rows})


def _recipient(row: RecipientRow, names: Mapping[str, str], *, asks: bool) -> RecipientOut:
    return RecipientOut(
        unit=row.unit_id,
        unit_name=names[row.unit_id],
        state=row.state,
        added_as=row.added_as,
        received_at=row.received_at,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
        answered_at=row.answered_at,
        asks_for_more=asks,
    )


def _entry(api: Api, row: EntryRow, names: Mapping[str, str]) -> EntryOut:
    words = sealing.open_words(api.cipher, row)
    return EntryOut(
        id=row.id,
        kind=row.kind,
        unit=row.unit_id,
        unit_name=names[row.unit_id],
        other_unit=row.other_unit,
        other_unit_name=None if row.other_unit is None else names[row.other_unit],
        heading=words.heading,
        text=words.text,
        at=row.at,
    )
