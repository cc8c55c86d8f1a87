"""Says in the log which unfinished messages name a routine or a channel that is not loaded. Logs ids only; changes nothing."""

import structlog
from sqlalchemy import and_, exists, func, or_
from sqlmodel import col, select

from api.context import Api
from api.messages.status import ANSWERED, MessageState
from api.messages.tables import MessageRow, RecipientRow


async def warn(api: Api) -> int:
    """One line for each such channel, with how many messages wait; gives how many lines."""
    known = {(pack.id, channel) for pack in api.knowledge.registry.packs for channel in pack.channel_by_id}
    waits = exists().where(
        and_(col(RecipientRow.message_id) == col(MessageRow.id), col(RecipientRow.state).not_in(ANSWERED))
    )
    elsewhere = (MessageState.TO_COPY, MessageState.TO_SEND, MessageState.SENT)
    unfinished = or_(col(MessageRow.state).in_(elsewhere), and_(col(MessageRow.state) == MessageState.DELIVERED, waits))
    named = select(MessageRow.pack, MessageRow.channel, func.count()).where(unfinished)
    async with api.db.read() as session:
        found = (await session.exec(named.group_by(MessageRow.pack, MessageRow.channel))).all()
    missing = sorted(one for one in found if one[:2] not in known)
    log = structlog.get_logger("messages")
    for pack, channel, messages in missing:
        log.warning(
            "unfinished messages of a routine that is not loaded", pack=pack, channel=channel, messages=messages
        )
    return len(missing)
