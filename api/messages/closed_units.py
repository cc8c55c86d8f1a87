"""When a unit closes: whoever still waits for it there is told, in the same transaction. Moves no message; the unit's inbox can still be read."""

from collections.abc import Collection
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.events.service import EventType, to_sender
from api.messages.status import MessageState, awaited
from api.messages.tables import MessageRow, RecipientRow
from api.messages.views import channel_of

PAGE: Final = 500
"""Units asked about at once."""


async def tell_senders(api: Api, session: AsyncSession, unit_ids: Collection[str]) -> None:
    """Tells the senders of what these units have not answered that nobody will, there."""
    now, units = api.now(), sorted(unit_ids)
    for start in range(0, len(units), PAGE):
        waiting = select(MessageRow, RecipientRow).where(
            col(RecipientRow.unit_id).in_(units[start : start + PAGE]),
            MessageRow.id == RecipientRow.message_id,
            MessageRow.state == MessageState.DELIVERED,
        )
        for message, recipient in (await session.exec(waiting)).all():
            if awaited(channel_of(api, message), recipient):
                key = f"{message.id}:{recipient.unit_id}:{now.isoformat()}"
                await to_sender(session, EventType.UNIT_CLOSED, message, recipient.unit_id, key, now)
