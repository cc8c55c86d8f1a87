"""What is done once a day at night: retention, and forgetting what nobody asks for again. By the outbox: once, whoever does it."""

from datetime import date, datetime, time, timedelta
from typing import Final

import structlog

from api.context import STOCKHOLM, Api
from api.keeping.pruning import prune
from api.keeping.retention import erase_due
from common.outbox import Handler, Job, enqueue

DAILY: Final = "keeping.daily"
AT: Final = time(2, 30)
PAGES: Final = 5
"""Of retention in one job; the rest is a job of its own, so that none outlasts its lease."""


async def schedule(api: Api) -> None:
    """Makes sure that the coming night's job lies in the outbox."""
    await _put(api, _next_night(api.now()), 0)


def handlers(api: Api) -> dict[str, Handler]:
    async def daily(job: Job) -> None:
        day, part = date.fromisoformat(job.payload), int(job.key.partition("/")[2])
        await _put(api, max(day + timedelta(days=1), _next_night(api.now())), 0)
        erased, more = await erase_due(api, PAGES)
        more = await prune(api) or more
        structlog.get_logger("keeping").info("kept house", erased=erased, more=more, part=part)
        if more:
            await _put(api, day, part + 1)

    return {DAILY: Handler(daily, max_attempts=8)}


async def _put(api: Api, day: date, part: int) -> None:
    due = api.now() if part else datetime.combine(day, AT, STOCKHOLM)
    async with api.db.write() as session:
        await enqueue(session, DAILY, f"{day.isoformat()}/{part}", day.isoformat(), due)


def _next_night(now: datetime) -> date:
    """By moments, not by the clock on the wall: one night in autumn shows 02.10 twice."""
    today = now.astimezone(STOCKHOLM).date()
    return today if now < datetime.combine(today, AT, STOCKHOLM) else today + timedelta(days=1)
