"""The message API as the bot's port: queries and commands to calls, answers to events. Decides nothing and stores nothing."""

import re
from typing import Final, assert_never

from pydantic import TypeAdapter

from bot.events import (
    CommandDone,
    CommandFailed,
    DraftCreated,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    MessageHappening,
    Outcome,
)
from bot.findings import MessageRead, MessagesListed, Profile, ProfileFound, QueryFailed, QueryResult, UnitsFound
from bot.gateways import live_calls, outage_calls, wire
from bot.gateways.http import Credential, Door, Problem
from bot.outages import OutagePage
from bot.ports import ApiDownError, Happening, News, Units
from bot.requests import (
    AnnouncePractice,
    ChangeProfile,
    Command,
    CreateDraft,
    EraseIncoming,
    FindUnits,
    FollowUp,
    ForgetQueued,
    HandOver,
    JoinRoom,
    MakeCall,
    MarkSent,
    MessageBody,
    MyMessages,
    MyPractice,
    NoteCall,
    Query,
    ReadMessage,
    RecordPractice,
    ReportOutage,
    ScheduleReminder,
    SeeRoom,
    VoteInRoom,
    WhoAmI,
)

API: Final = "/api/v1"
NUMBERS: Final = re.compile(r"\d[\d +-]{4,}\d")
"""No unit's name holds such a number, but a person's identity may, and a search is part of an address."""
LONGEST_SEARCH: Final = 200
SENT_SHOWN: Final = 20
UNREACHABLE: Final = "unreachable"
NO_PERSON: Final = "person_required"
NOT_FOR_THE_API: Final = "not_for_the_api"
_BODY: Final = TypeAdapter(MessageBody)
KNOWN_HAPPENINGS: Final = frozenset(str(happening) for happening in MessageHappening)


class HttpMessageApi:
    """For a real address and for the same process alike; `Door` decides which."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def who(self, credential: Credential) -> Profile | None:
        """Whose key or session this is; None when it does not hold, or belongs to no person."""
        if not credential.can_be_sent:
            return None
        found = await self._door.get(wire.ME, f"{API}/me", credential.headers(), {"brief": "true"})
        return None if isinstance(found, Problem) else found.profile()

    async def waiting(self, credential: Credential) -> int | None:
        """What waits in the inbox that the person may read."""
        wanted: dict[str, str | int] = {"brief": "true", "inbox": "true"}
        found = await self._door.get(wire.ME, f"{API}/me", credential.headers(), wanted)
        return None if isinstance(found, Problem) else found.waiting

    # ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, staff_id: str, query: Query, units: Units = None) -> QueryResult:
        try:
            return await self._ask(self._door.behalf(staff_id, units), query)
        except ApiDownError:
            return QueryFailed(query.type, UNREACHABLE)

    async def _ask(self, headers: dict[str, str], query: Query) -> QueryResult:
        match query:
            case WhoAmI():
                return await self._profile(headers, query)
            case FindUnits():
                return await self._units(headers, query)
            case MyMessages():
                return await self._sent(headers, query)
            case ReadMessage():
                return await self._message(headers, query)
            case SeeRoom() | JoinRoom() | VoteInRoom():
                return await live_calls.ask(self._door, query, headers)
            case MyPractice():
                return QueryFailed(query.type, NOT_FOR_THE_API)
            case _:
                assert_never(query)

    async def _profile(self, headers: dict[str, str], query: WhoAmI) -> QueryResult:
        found = await self._door.get(wire.ME, f"{API}/me", headers)
        if isinstance(found, Problem):
            return QueryFailed(query.type, found.code)
        profile = found.profile()
        return QueryFailed(query.type, NO_PERSON) if profile is None else ProfileFound(profile)

    async def _units(self, headers: dict[str, str], query: FindUnits) -> QueryResult:
        wanted: dict[str, str | int] = {"query": NUMBERS.sub(" ", query.query)[:LONGEST_SEARCH], "limit": query.limit}
        if query.region is not None:
            wanted["region"] = query.region
        if query.unit_type is not None:
            wanted["unit_type"] = str(query.unit_type)
        found = await self._door.get(wire.UNITS, f"{API}/units", headers, wanted)
        if isinstance(found, Problem):
            return QueryFailed(query.type, found.code)
        pack = await self._pack(headers) if any(unit.no_access_in for unit in found.items) else None
        return UnitsFound(query.query, tuple(unit.card(pack) for unit in found.items))

    async def _pack(self, headers: dict[str, str]) -> str | None:
        """The routine that holds for the person, on which a few units' access depends."""
        me = await self._door.get(wire.ME, f"{API}/me", headers, {"brief": "true"})
        return None if isinstance(me, Problem) else me.pack

    async def _sent(self, headers: dict[str, str], query: MyMessages) -> QueryResult:
        me = await self._door.get(wire.ME, f"{API}/me", headers, {"brief": "true"})
        if isinstance(me, Problem):
            return QueryFailed(query.type, me.code)
        wanted: dict[str, str | int] = {"mine": "true", "limit": SENT_SHOWN}
        found = await self._door.get(wire.SENT, f"{API}/units/{me.unit.id}/sent", headers, wanted)
        if isinstance(found, Problem):
            return QueryFailed(query.type, found.code)
        return MessagesListed(tuple(message.summary() for message in found.items))

    async def _message(self, headers: dict[str, str], query: ReadMessage) -> QueryResult:
        found = await self._door.get(wire.MESSAGE, f"{API}/messages/{query.message_id}", headers)
        if isinstance(found, Problem):
            return QueryFailed(query.type, found.code)
        return MessageRead(found.summary(), found.answers())

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def carry_out(self, staff_id: str, command: Command, units: Units = None) -> Outcome:
        headers = self._door.behalf(staff_id, units)
        match command:
            case HandOver():
                return await self._hand_over(command, headers)
            case CreateDraft():
                return await self._draft(command, headers)
            case MarkSent(message_id=message_id):
                return await self._mark(command, message_id, "sent", b"{}", headers)
            case FollowUp(message_id=message_id, state=state):
                body = wire.STATE.dump_json({"state": state})
                return await self._mark(command, message_id, "follow_up", body, headers)
            case ChangeProfile():
                return await self._work_at(command, headers)
            case MakeCall() | NoteCall() | ReportOutage():
                return await outage_calls.carry_out(self._door, command, headers)
            case ScheduleReminder() | EraseIncoming() | ForgetQueued() | RecordPractice() | AnnouncePractice():
                return CommandFailed(command.type, NOT_FOR_THE_API)
            case _:
                assert_never(command)

    async def _hand_over(self, command: HandOver, headers: dict[str, str]) -> Outcome:
        body, key = _BODY.dump_json(command.body), command.idempotency_key
        found = await self._door.post(wire.RECEIPT, f"{API}/messages", headers, body, key)
        if isinstance(found, Problem):
            return HandOverFailed(key, found.code, found.detail)
        return HandedOver(key, found.receipt())

    async def _draft(self, command: CreateDraft, headers: dict[str, str]) -> Outcome:
        body, key = _BODY.dump_json(command.body, exclude_none=True), command.idempotency_key
        found = await self._door.post(wire.DRAFT, f"{API}/drafts", headers, body, key)
        if isinstance(found, Problem):
            return CommandFailed(command.type, found.code, found.detail)
        return DraftCreated(found.id, found.url)

    async def _mark(
        self, command: MarkSent | FollowUp, message_id: str, what: str, body: bytes, headers: dict[str, str]
    ) -> Outcome:
        key = f"{what}:{message_id}" if isinstance(command, MarkSent) else f"{what}:{message_id}:{command.state}"
        found = await self._door.post(wire.MARKED, f"{API}/messages/{message_id}/{what}", headers, body, key)
        if isinstance(found, Problem):
            return CommandFailed(command.type, found.code, found.detail, message_id)
        return CommandDone(command.type, message_id, found.due_at)

    async def _work_at(self, command: ChangeProfile, headers: dict[str, str]) -> Outcome:
        body = wire.STATE.dump_json({"unit": command.unit_id})
        found = await self._door.put(wire.ME, f"{API}/me/unit", headers, body)
        if isinstance(found, Problem):
            return CommandFailed(command.type, found.code, found.detail)
        return CommandDone(command.type)

    # ── what happened ───────────────────────────────────────────────────────────────────────────────────────────────

    async def outage_news(self, after: str) -> OutagePage:
        return await outage_calls.news(self._door, after)

    async def happenings(self, after: str) -> News:
        found = await self._door.get(wire.EVENTS, f"{API}/events", self._door.behalf(None), {"after": after})
        if isinstance(found, Problem):
            raise ApiDownError(f"events: {found.code}")
        known = tuple(
            Happening(
                item.cursor,
                item.staff_id or "",
                MessageEvent(
                    MessageHappening(item.type),
                    item.message_id,
                    item.number,
                    item.about_unit_name,
                    item.at,
                    item.about_unit_phone,
                    item.due_at,
                    asks_for_more=item.answer == "request_more",
                ),
            )
            for item in found.items
            if item.type in KNOWN_HAPPENINGS
        )
        return News(known, found.next)
