"""Says at once when something has happened in the unit's inbox or sent list, for pages that keep themselves up to date. Holds no content.

Server-sent events with the same mark as `/inbox/mark`, which stays for browsers without scripts or streams. No database session is
held while waiting. A stream ends after a while, and the browser comes back with its session, which is looked at anew.
"""

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.authorisation import Caller, Right
from api.context import Api
from api.pages import counts
from api.pages.desk import Desk

LOOK_SECONDS: Final = 15.0
"""How long to wait for a nudge before looking all the same."""
LOOKS: Final = 40
"""Looks in one stream: some ten minutes where nothing happens."""
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


async def stream(desk: Desk, _request: Request, caller: Caller) -> Response:
    unit = caller.here.unit_id
    caller.require_at(Right.READ, unit)
    return StreamingResponse(marks(desk.api, unit), media_type="text/event-stream", headers=HEADERS)


async def marks(api: Api, unit: str) -> AsyncIterator[str]:
    bell = api.db.bell
    last = ""
    with bell.listen(unit) as listening:
        for _ in range(LOOKS):
            if bell.closed:
                return
            mark = await counts.mark(api, unit)
            yield f"data: {mark}\n\n" if mark != last else ": \n\n"
            last = mark
            await listening.wait(LOOK_SECONDS)
