"""Tells open pages that a session has gone on: server-sent events with a mark that is another one when there is something new. No content.

Participants hear when the session goes on; the trainer and the projector of joins and votes too, at most once a second. Hundreds of phones
are not told in the same moment: they would all ask for the page at once, and each would wait for the others.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from api.context import Api
from api.exercise import service
from common.pace import moment

LOOK_SECONDS: Final = 15.0
LOOKS: Final = 40
APART_SECONDS: Final = 1.0
"""The projector is told of votes at most this often."""


class News:
    """One of each for a process. What was read lately is kept for those who were woken before it was read."""

    def __init__(self) -> None:
        self._followers: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._read: dict[str, tuple[float, str]] = {}

    async def marks(self, api: Api, exercise_id: str, *, wide: bool) -> AsyncGenerator[str]:
        """Ends after a while; the browser comes back."""
        topic = service.votes_topic(exercise_id) if wide else service.topic(exercise_id)
        clock, last = asyncio.get_running_loop(), ""
        self._followers[topic] += 1
        try:
            with api.db.bell.listen(topic) as listening:
                woken = clock.time()
                for _ in range(LOOKS):
                    if api.db.bell.closed:
                        return
                    mark = await self._mark(api, topic, exercise_id, woken, wide=wide)
                    yield f"data: {mark}\n\n" if mark != last else ": \n\n"
                    last = mark
                    rung = await listening.wait(LOOK_SECONDS)
                    woken = clock.time()
                    if rung:
                        await asyncio.sleep(APART_SECONDS if wide else self._my_moment(topic))
                        woken = clock.time() if wide else woken
        finally:
            self._left(topic)

    def _my_moment(self, topic: str) -> float:
        """Each is told a moment after the one before her, and not all at the same."""
        self._told[topic] += 1
        followers = self._followers[topic]
        return moment(self._told[topic] % followers, followers)

    async def _mark(self, api: Api, topic: str, exercise_id: str, woken: float, *, wide: bool) -> str:
        """Read anew unless someone has read it since this one was woken."""
        began, mark = self._read.get(topic, (0.0, ""))
        if began <= woken:
            began = asyncio.get_running_loop().time()
            mark = await service.mark(api, exercise_id, wide=wide)
            self._read[topic] = (began, mark)
        return mark

    def _left(self, topic: str) -> None:
        self._followers[topic] -= 1
        if not self._followers[topic]:
            del self._followers[topic], self._told[topic]
            self._read.pop(topic, None)
