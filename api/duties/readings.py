"""The routine's duty to read: telling a unit that has not opened its inbox, once a reading. Decides no times: packs do.

Nothing is told where nothing new lies: an empty inbox needs no opening. One job in the outbox for each reading of the day, so any
number of processes tell each unit once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import and_, or_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.duties.tables import OpeningRow
from api.events.service import EventType, to_inbox
from api.messages.status import MessageState, RecipientState
from api.messages.tables import MessageRow, RecipientRow
from common.outbox import Handler, Job, enqueue
from knowledge.pack import ServiceLevel
from triage.working_time import Reading, next_reading, readings

READ: Final = "duty.read_inbox"
BATCH: Final = 100
"""Units told in one transaction."""
FRESH: Final = timedelta(hours=1)
"""What came so short a time before is not told of yet."""


class Due(BaseModel):
    """A reading, as a job carries it."""

    pack: str
    channel: str
    day: date
    number: int


@dataclass(frozen=True, slots=True)
class Duty:
    pack: str
    channel: str
    level: ServiceLevel


def duties(api: Api) -> Iterator[Duty]:
    """Every channel of every routine that says how often it is read. One out of force counts while its messages live."""
    for pack in api.knowledge.registry.packs:
        for channel in pack.channels:
            if channel.service_level is not None and channel.service_level.readings_per_weekday:
                yield Duty(pack.id, channel.id, channel.service_level)


async def schedule(api: Api) -> None:
    """Makes sure that the coming reading of each duty lies in the outbox."""
    for duty in duties(api):
        await _put_next(api, duty, api.now())


def handlers(api: Api) -> dict[str, Handler]:
    async def remind(job: Job) -> None:
        due = Due.model_validate_json(job.payload)
        duty = next((one for one in duties(api) if (one.pack, one.channel) == (due.pack, due.channel)), None)
        if duty is None:
            return
        wanted = readings(duty.level, due.day, api.free_day)
        reading = next((one for one in wanted if one.number == due.number), None)
        await _put_next(api, duty, api.now() if reading is None else reading.remind_at)
        if reading is not None and api.now() < reading.ends:
            await _tell(api, duty, reading)

    return {READ: Handler(remind, max_attempts=8)}


async def _put_next(api: Api, duty: Duty, after: datetime) -> None:
    reading = next_reading(duty.level, after, api.free_day)
    if reading is None:
        return
    due = Due(pack=duty.pack, channel=duty.channel, day=reading.day, number=reading.number)
    key = f"{duty.pack}/{duty.channel}/{_name(reading)}"
    async with api.db.write() as session:
        await enqueue(session, READ, key, due.model_dump_json(), reading.remind_at)


def _name(reading: Reading) -> str:
    return f"{reading.day.isoformat()}/{reading.number}"


async def _tell(api: Api, duty: Duty, reading: Reading) -> None:
    """Every unit with something new in an inbox that nobody has opened since the reading began, a batch a transaction."""
    last = ""
    while True:
        async with api.db.write() as session:
            found = await _unread(session, duty, reading, last)
            for unit_id, message_id in found:
                message = await session.get(MessageRow, message_id)
                if message is not None:
                    key = f"{duty.pack}/{duty.channel}/{_name(reading)}"
                    await to_inbox(session, EventType.UNREAD, message, unit_id, key, api.now())
        if len(found) < BATCH:
            return
        last = found[-1][0]


async def _unread(session: AsyncSession, duty: Duty, reading: Reading, last: str) -> Sequence[tuple[str, str]]:
    """Units, and of each the message that has waited longest."""
    unopened = or_(col(OpeningRow.at).is_(None), col(OpeningRow.at) < reading.begins)
    new = and_(
        col(RecipientRow.hidden).is_(False),
        col(RecipientRow.state) == RecipientState.RECEIVED,
        col(RecipientRow.read_at).is_(None),
        col(RecipientRow.received_at) <= reading.remind_at - FRESH,
    )
    wanted = (
        select(RecipientRow.unit_id, func.min(RecipientRow.message_id))
        .join(MessageRow, col(MessageRow.id) == col(RecipientRow.message_id))
        .outerjoin(OpeningRow, col(OpeningRow.unit_id) == col(RecipientRow.unit_id))
        .where(RecipientRow.unit_id > last, new, unopened)
        .where(MessageRow.pack == duty.pack, MessageRow.channel == duty.channel)
        .where(MessageRow.state == MessageState.DELIVERED)
        .group_by(col(RecipientRow.unit_id))
        .order_by(col(RecipientRow.unit_id))
        .limit(BATCH)
    )
    return (await session.exec(wanted)).all()
