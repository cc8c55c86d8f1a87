"""Erases what a message says, and about whom, when its organisation's time has run out: written to a file first, the audit kept.

Only messages that nobody waits for any more, in threads where nothing has happened for so long. Decides no times: organisations do.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import and_, exists, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from api.audit.service import Action, note_system
from api.context import Api
from api.errors import OrganisationUnknown, PackUnknown
from api.keeping.records import MessageRecord, records_of
from api.keeping.tables import ErasedRow, RetentionOfPackRow, RetentionRow
from api.messages import sealing
from api.messages.schemas import ConsentIn
from api.messages.status import MessageState, awaited
from api.messages.tables import EntryRow, MessageRow
from api.messages.views import asking, channel_of, recipients_of
from api.units.tables import UnitRow
from common.files import sync_folder
from common.ids import new_id
from knowledge.vocabulary import ConsentState

PAGE: Final = 100
OVER: Final = frozenset({MessageState.CLOSED, MessageState.UNDELIVERED, MessageState.TO_COPY, MessageState.SENT})
"""States in which nothing more can come to us; what lies in another system is followed there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How long an organisation keeps what it sent. `pack` None: by every routine that has no rule of its own."""

    organisation: str
    pack: str | None
    days: int
    """0, for one routine: always."""


async def set_days(api: Api, organisation: str, days: int) -> None:
    """How long the organisation keeps what finished messages say; 0: always. Raises OrganisationUnknown."""
    async with api.db.write() as session:
        if not await _exists(session, organisation):
            raise OrganisationUnknown(organisation=organisation)
        row = await session.get(RetentionRow, organisation)
        if row is not None:
            await session.delete(row)
            await session.flush()
        if days:
            session.add(RetentionRow(organisation=organisation, days=days, set_at=api.now()))
        note_system(session, api.now(), Action.SET_RETENTION, None, None)


async def set_days_of_pack(api: Api, organisation: str, pack_id: str, days: int | None) -> None:
    """For what was sent by one routine, in place of the organisation's own time; None: as the organisation's.

    Raises OrganisationUnknown or PackUnknown.
    """
    if pack_id not in {pack.id for pack in api.knowledge.registry.packs}:
        raise PackUnknown(pack=pack_id)
    async with api.db.write() as session:
        if not await _exists(session, organisation):
            raise OrganisationUnknown(organisation=organisation)
        row = await session.get(RetentionOfPackRow, (organisation, pack_id))
        if row is not None:
            await session.delete(row)
            await session.flush()
        if days is not None:
            session.add(RetentionOfPackRow(organisation=organisation, pack=pack_id, days=days, set_at=api.now()))
        note_system(session, api.now(), Action.SET_RETENTION, None, None)


async def _exists(session: AsyncSession, organisation: str) -> bool:
    found = await session.exec(select(UnitRow.id).where(UnitRow.organisation == organisation).limit(1))
    return found.first() is not None


async def settings_of(api: Api) -> list[Rule]:
    """Every rule: each organisation's own first, then those for single routines."""
    async with api.db.read() as session:
        general = (await session.exec(select(RetentionRow))).all()
        single = (await session.exec(select(RetentionOfPackRow))).all()
    rules = [Rule(row.organisation, None, row.days) for row in general]
    rules += [Rule(row.organisation, row.pack, row.days) for row in single]
    return sorted(rules, key=lambda rule: (rule.organisation, rule.pack or ""))


async def erase_due(api: Api, pages: int) -> tuple[int, bool]:
    """Erases what is due, at most so many pages; gives how many messages, and whether there may be more.

    Without a folder for what is erased nothing is.
    """
    folder = api.settings.export_dir
    erased = 0
    for rule in () if folder is None else [rule for rule in await settings_of(api) if rule.days]:
        last: str | None = ""
        while last is not None:
            if pages == 0:
                return erased, True
            pages -= 1
            count, last = await _page(api, folder or Path(), rule, last)
            erased += count
    return erased, False


async def _page(api: Api, folder: Path, rule: Rule, after: str) -> tuple[int, str | None]:
    """One page of the messages of a rule; gives how many were erased, and where the next page begins."""
    limit = api.now() - timedelta(days=rule.days)
    async with api.db.read() as session:
        messages = (await session.exec(_candidates(rule, limit, after))).all()
        due = await _over(api, session, messages)
        records = [one for one in await records_of(session, api.cipher, due) if one.last_event < limit]
    if records:
        name = _write(folder, rule.organisation, api.now(), records)
        await _erase(api, [record.id for record in records], limit, name)
    return len(records), messages[-1].id if len(messages) == PAGE else None


def _candidates(rule: Rule, limit: datetime, after: str) -> SelectOfScalar[MessageRow]:
    other = aliased(MessageRow)
    lives_on = exists().where(and_(col(other.thread) == col(MessageRow.thread), col(other.created_at) >= limit))
    words = exists().where(and_(col(EntryRow.message_id) == col(MessageRow.id), col(EntryRow.sealed).is_not(None)))
    erased = and_(exists().where(col(ErasedRow.message_id) == col(MessageRow.id)), ~words)
    own = select(RetentionOfPackRow.pack).where(RetentionOfPackRow.organisation == rule.organisation)
    ruled = col(MessageRow.pack).not_in(own) if rule.pack is None else col(MessageRow.pack) == rule.pack
    return (
        select(MessageRow)
        .join(UnitRow, col(UnitRow.id) == col(MessageRow.sender_unit))
        .where(ruled, UnitRow.organisation == rule.organisation, MessageRow.created_at < limit, MessageRow.id > after)
        .where(~lives_on, ~erased)
        .order_by(col(MessageRow.id))
        .limit(PAGE)
    )


async def _over(api: Api, session: AsyncSession, messages: Sequence[MessageRow]) -> list[MessageRow]:
    """Those of which nobody waits for anything any more: no unit is awaited, and none waits for the sender."""
    recipients = await recipients_of(session, [message.id for message in messages])
    asked = await asking(session, messages, recipients)

    def waits(message: MessageRow) -> bool:
        channel = channel_of(api, message)
        return message.id in asked or any(awaited(channel, row) for row in recipients[message.id])

    return [m for m in messages if (not waits(m) if m.state == MessageState.DELIVERED else m.state in OVER)]


def _write(folder: Path, organisation: str, now: datetime, records: Sequence[MessageRecord]) -> str:
    """The file's name. It is on the disk, whole, before anything is erased; its owner alone can read it."""
    words = re.sub(r"[^a-z0-9]+", "-", organisation.lower().translate(str.maketrans("åäöé", "aaoe"))).strip("-")
    name = f"{words}-{now:%Y%m%dT%H%M%SZ}-{new_id()[-6:]}.jsonl"
    draft = folder / f".{name}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(record.model_dump_json() + "\n" for record in records)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / name)
    sync_folder(folder)
    return name


async def _erase(api: Api, message_ids: Sequence[str], limit: datetime, export: str) -> None:
    """Those that are as they were when they were written to the file. Words that came after an erasure are erased in their time too."""
    now = api.now()
    wanted = select(MessageRow).where(col(MessageRow.id).in_(message_ids)).with_for_update()
    async with api.db.write() as session:
        rows = (await session.exec(wanted)).all()
        for record in await records_of(session, api.cipher, rows):
            message = next(row for row in rows if row.id == record.id)
            before = await session.get(ErasedRow, message.id)
            if record.last_event >= limit or (before is not None and not record.says_something):
                continue
            _forget(api, message)
            await session.exec(update(EntryRow).where(col(EntryRow.message_id) == message.id).values(sealed=None))
            if before is None:
                session.add(ErasedRow(message_id=message.id, at=now, export=export))
            else:
                before.at, before.export = now, f"{before.export} {export}"
            note_system(session, now, Action.ERASE, message.sender_unit, message.id)


def _forget(api: Api, message: MessageRow) -> None:
    """What remains is that it was sent, from where to where and when, and the state of the consent."""
    message.content = message.person = message.person_hash = None
    consent = ConsentIn(state=ConsentState(message.consent_state))
    message.consent = sealing.seal_consent(api.cipher, message.id, consent)
