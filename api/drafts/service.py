"""Drafts between the chat and the secure page: kept sealed for their owner, handed over once, forgotten after a day untouched."""

from datetime import timedelta
from typing import Final

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency
from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.drafts.schemas import DraftIn, DraftOut, HandoverIn
from api.drafts.tables import DraftRow
from api.errors import ChannelNotInPack, DraftChanged, DraftUnknown, PackUnknown, ValidationFailed
from api.events.service import EventType, to_sender
from api.messages import service as messages
from api.messages.schemas import MessageIn
from api.messages.service import Result
from api.messages.status import MessageState
from api.messages.tables import MessageRow
from common.ids import new_id
from common.outbox import Handler, Job, enqueue
from knowledge.errors import UnknownPack

FORGET: Final = "draft.forget"
IDLE: Final = timedelta(hours=24)


async def create(api: Api, caller: Caller, draft: DraftIn, key: str | None) -> tuple[DraftOut, bool]:
    """A new draft, once for its key; says whether it is new."""
    caller.require_at(Right.SEND, draft.sender_unit)
    _check_routine(api, draft)
    call = idempotency.call_of(api, caller, "drafts", key, draft)
    now, draft_id = api.now(), new_id()
    async with api.db.write() as session:
        before = await idempotency.claim(api, session, call, draft_id)
        if before is not None:
            return _out(api, await _own(api, session, caller, before)), False
        row = DraftRow(
            id=draft_id,
            staff_id=caller.staff_id,
            unit_id=draft.sender_unit,
            sealed=_seal(api, draft_id, draft),
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        await _touch(api, session, row)
        note(session, caller, now, Action.SAVE_DRAFT, draft.sender_unit, draft_id)
    return _out(api, row), True


async def read(api: Api, caller: Caller, draft_id: str) -> DraftOut:
    async with api.db.write() as session:
        row = await _own(api, session, caller, draft_id)
        note(session, caller, api.now(), Action.READ_DRAFT, row.unit_id, row.id)
    return _out(api, row)


async def save(api: Api, caller: Caller, draft_id: str, draft: DraftIn) -> DraftOut:
    """The draft as it is now, in place of what it was. One that was handed over changes no more."""
    caller.require_at(Right.SEND, draft.sender_unit)
    _check_routine(api, draft)
    async with api.db.write() as session:
        row = await _own(api, session, caller, draft_id, lock=True)
        if row.sealed is None:
            raise DraftUnknown(variant="handed_over")
        row.sealed, row.unit_id = _seal(api, draft_id, draft), draft.sender_unit
        await _touch(api, session, row)
        note(session, caller, api.now(), Action.SAVE_DRAFT, row.unit_id, row.id)
    return _out(api, row)


async def hand_over(api: Api, caller: Caller, draft_id: str, last: HandoverIn) -> Result:
    """Makes the draft a message, once; its text is erased in the same transaction. DraftChanged where it was saved anew meanwhile."""
    async with api.db.read() as session:
        row = await _own(api, session, caller, draft_id)
        if row.message_id is not None:
            return Result(await messages.made(api, session, caller, row.message_id), new=False)
    order = _order(_open(api, row), last)

    async def forget(session: AsyncSession, message: MessageRow) -> None:
        found = await session.get(DraftRow, draft_id, with_for_update=True)
        if found is not None:
            if found.sealed != row.sealed:
                raise DraftChanged
            found.sealed, found.message_id, found.updated_at = None, message.id, api.now()
        kind = EventType.TO_COPY if message.state == MessageState.TO_COPY else EventType.HANDED_OVER
        about = order.recipient_units[0] if order.recipient_units else message.sender_unit
        await to_sender(session, kind, message, about, draft_id, message.created_at)

    return await messages.hand_over(api, caller, order, f"draft:{draft_id}", also=forget)


def handlers(api: Api) -> dict[str, Handler]:
    async def forget(job: Job) -> None:
        async with api.db.write() as session:
            row = await session.get(DraftRow, job.payload, with_for_update=True)
            if row is not None and row.updated_at + IDLE <= api.now():
                await session.delete(row)

    return {FORGET: Handler(forget, max_attempts=50)}


async def _touch(api: Api, session: AsyncSession, row: DraftRow) -> None:
    """It is in use: forget it a day from now instead."""
    row.updated_at = api.now()
    await session.flush()
    await enqueue(session, FORGET, f"{row.id}:{row.updated_at.isoformat()}", row.id, row.updated_at + IDLE)


async def _own(api: Api, session: AsyncSession, caller: Caller, draft_id: str, *, lock: bool = False) -> DraftRow:
    """The caller's own draft. Another's, or one that was forgotten, is unknown. `lock`: for whoever is about to change it."""
    row = await session.get(DraftRow, draft_id, with_for_update=lock or None)
    if row is None or row.unit_id not in caller.units(Right.SEND) or row.staff_id != caller.staff_id:
        raise DraftUnknown
    if row.updated_at + IDLE <= api.now():
        raise DraftUnknown
    return row


def _check_routine(api: Api, draft: DraftIn) -> None:
    """A draft may wait past its routine's last day, but not for a routine or a channel that there is not."""
    try:
        pack = api.knowledge.registry.pack(draft.pack)
    except UnknownPack:
        raise PackUnknown(pack=draft.pack) from None
    if draft.channel not in pack.channel_by_id:
        raise ChannelNotInPack(channel=draft.channel, pack=pack.name)


def _order(draft: DraftIn, last: HandoverIn) -> MessageIn:
    given = last.model_dump(exclude_none=True)
    try:
        return MessageIn.model_validate({**draft.model_dump(), **given})
    except ValidationError:
        raise ValidationFailed(variant="draft") from None


def _seal(api: Api, draft_id: str, draft: DraftIn) -> str:
    return api.cipher.seal(draft.model_dump_json(), f"draft:{draft_id}")


def _open(api: Api, row: DraftRow) -> DraftIn:
    if row.sealed is None:
        raise DraftUnknown
    return DraftIn.model_validate_json(api.cipher.open(row.sealed, f"draft:{row.id}"))


def _out(api: Api, row: DraftRow) -> DraftOut:
    return DraftOut(
        id=row.id,
        url=f"{api.settings.address}/drafts/{row.id}",
        content=None if row.sealed is None else _open(api, row),
        message_id=row.message_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
