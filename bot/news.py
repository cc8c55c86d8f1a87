"""Wakes those who wait for new lines in a conversation, within this process. Carries no text and remembers nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Listening:
    """One who waits. What came after `listen` is not missed, also when it came before `wait`."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until there may be something new, or the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self.event.wait()
        except TimeoutError:
            return
        self.event.clear()


class News:
    """Other processes' lines are found by looking in the table now and then; this only makes one's own come at once."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[Listening]] = defaultdict(set)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the server is shutting down, so that streams end."""
        return self._closed

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[Listening]:
        listening = Listening()
        self._waiting[conversation_id].add(listening)
        try:
            yield listening
        finally:
            self._waiting[conversation_id].discard(listening)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    def tell(self, conversation_id: str) -> None:
        for listening in self._waiting.get(conversation_id, ()):
            listening.event.set()

    def close(self) -> None:
        self._closed = True
        for conversation_id in tuple(self._waiting):
            self.tell(conversation_id)
