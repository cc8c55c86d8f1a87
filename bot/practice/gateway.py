"""The conversation's door with practice beside it: what is practice goes to its own store, all else to the message API, and never the other way."""

from typing import Final

from bot.events import CommandDone, Incoming, Outcome, PracticeDue
from bot.findings import QueryFailed, QueryResult
from bot.ports import MessageApi, News, Units
from bot.practice.store import ANNOUNCE, PracticeStore
from bot.requests import AnnouncePractice, Command, MyPractice, Query, RecordPractice
from bot.turn import Shell
from common.clock import Clock
from common.errors import DatabaseUnavailable
from common.outbox import Handler, Job

UNREACHABLE: Final = "unreachable"


class WithPractice:
    """A `MessageApi` in front of another. A practice's query or command ends here, whatever becomes of it."""

    def __init__(self, api: MessageApi, store: PracticeStore) -> None:
        self._api = api
        self._store = store

    async def ask(self, staff_id: str, query: Query, units: Units = None) -> QueryResult:
        if not isinstance(query, MyPractice):
            return await self._api.ask(staff_id, query, units)
        try:
            return await self._store.standing(staff_id, query.pack)
        except DatabaseUnavailable:
            return QueryFailed(query.type, UNREACHABLE)

    async def carry_out(self, staff_id: str, command: Command, units: Units = None) -> Outcome:
        match command:
            case RecordPractice():
                await self._store.record(staff_id, command)
            case AnnouncePractice(conversation=conversation, on=on):
                await self._store.announce(staff_id, conversation, on=on)
            case _:
                return await self._api.carry_out(staff_id, command, units)
        return CommandDone(command.type)

    async def happenings(self, after: str) -> News:
        return await self._api.happenings(after)


class Announcer:
    """Tells those who want it that something comes again today."""

    def __init__(self, shell: Shell, store: PracticeStore, clock: Clock) -> None:
        self._shell = shell
        self._store = store
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        return {ANNOUNCE: Handler(self.tell)}

    async def tell(self, job: Job) -> None:
        """Silent where she has changed her mind, has nothing left that is due, or the conversation is gone."""
        wanted = self._store.announcement(job.payload, job.key)
        where = await self._store.announced_in(wanted.staff_id)
        count = await self._store.due(wanted.staff_id, self._clock.now())
        owner = await self._shell.store.owner(where) if where is not None else None
        if where is None or owner is None or owner.staff_id != wanted.staff_id or count == 0:
            return
        await self._shell.tell(Incoming(where, f"{job.id}:practice", PracticeDue(count)), owner)
