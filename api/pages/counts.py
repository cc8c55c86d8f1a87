"""A mark that changes when a unit's lists do, so that a page can ask cheaply whether to fetch itself anew. Opens nothing."""

from sqlmodel import col, func, select

from api.context import Api
from api.events.tables import EventRow
from api.messages.status import RecipientState
from api.messages.tables import RecipientRow


async def mark(api: Api, unit_id: str) -> str:
    """A short text that is another one after anything has happened in the unit's inbox or sent list. Says nothing of what."""
    counts = await _by_state(api, unit_id)
    latest = (
        select(EventRow.seq)
        .where(EventRow.unit_id == unit_id)
        .order_by(col(EventRow.tx).desc(), col(EventRow.seq).desc())
        .limit(1)
    )
    async with api.db.read() as session:
        seq = (await session.exec(latest)).first()
    return ".".join(str(part) for part in (*(counts.get(state, 0) for state in RecipientState), seq or 0))


async def _by_state(api: Api, unit_id: str) -> dict[str, int]:
    query = (
        select(RecipientRow.state, func.count())
        .where(RecipientRow.unit_id == unit_id, col(RecipientRow.hidden).is_(False))
        .group_by(col(RecipientRow.state))
    )
    async with api.db.read() as session:
        return dict((await session.exec(query)).all())
