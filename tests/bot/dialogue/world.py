"""The world around a conversation, in memory: the directory, a message API of a few lines, a clock. Drives `step` as the shell does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count

from bot.conversation import Conversation, from_json, to_json
from bot.dialogue import Tools, Turn, step
from bot.events import (
    ApiUnreachable,
    CommandDone,
    DraftCreated,
    Event,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    MessageHappening,
    Outcome,
    QueryAnswered,
    Receipt,
)
from bot.findings import (
    Answer,
    MessageRead,
    MessagesListed,
    OpeningHours,
    PracticeCard,
    PracticeFound,
    Profile,
    ProfileFound,
    QueryFailed,
    QueryResult,
    SentMessage,
    UnitCard,
    UnitsFound,
)
from bot.render import Rendered, render
from bot.requests import (
    ChangeProfile,
    Command,
    CreateDraft,
    FindUnits,
    FollowUp,
    HandOver,
    JoinRoom,
    MarkSent,
    MyMessages,
    MyPractice,
    Query,
    ReadMessage,
    RecordPractice,
    SeeRoom,
    VoteInRoom,
    WhoAmI,
)
from common.holidays_se import swedish_free_days
from knowledge.bundle import Knowledge
from knowledge.directory import WEEK, Unit
from tests.bot.dialogue.exercise_room import ExerciseRoom
from tests.support.api import shared_knowledge, shared_reader
from triage.answer import Answerer
from triage.reading import Reader
from triage.units import UnitFinder
from triage.working_time import due


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    return shared_knowledge()


@lru_cache(maxsize=1)
def reader() -> Reader:
    return shared_reader()


@lru_cache(maxsize=1)
def answerer() -> Answerer:
    return Answerer(knowledge().faq)


@lru_cache(maxsize=1)
def finder() -> UnitFinder:
    return UnitFinder(knowledge().directory.units)


def card(unit: Unit, pack: str) -> UnitCard:
    """As the message API tells of a unit."""
    return UnitCard(
        id=unit.id,
        name=unit.name,
        unit_type=unit.type,
        region=unit.region,
        phone=unit.phone,
        hours=tuple(OpeningHours(tuple(WEEK.index(d) for d in h.days), h.opens, h.closes) for h in unit.opening_hours),
        hours_text=unit.opening_text,
        on_call_phone=unit.on_call_phone,
        on_call_note=unit.on_call_note,
        has_access=unit.takes_part(pack),
        receives=unit.receives,
        municipality=unit.municipality,
        organisation=unit.organisation,
        takes_renewals_by_care_request=unit.takes_renewals_by_care_request,
    )


def profile(unit_id: str, pack: str | None) -> Profile:
    unit = knowledge().directory.unit(unit_id)
    return Profile("staff-1", "staff", unit.id, unit.name, unit.type, unit.region, pack, "Dana Demo", unit.phone)


def tools(now: datetime, fresh_id: str = "m-1", *, trusted: bool = True) -> Tools:
    return Tools(knowledge(), reader(), answerer(), knowledge().names, now, trusted, fresh_id, swedish_free_days())


@dataclass
class World:
    """One person's chat. `say`, `tap` and the rest give what Lots showed; `commands` is everything it ordered."""

    me: Profile
    trusted: bool = True
    delivery: str = "built_in"
    now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    api_down: bool = False
    refuse: str | None = None
    conversation: Conversation = field(default_factory=lambda: Conversation("c-1", "staff-1"))
    commands: list[Command] = field(default_factory=list)
    stored: dict[str, Receipt] = field(default_factory=dict)
    bodies: dict[str, HandOver] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    waiting: list[HandOver] = field(default_factory=list)
    practised: dict[str, PracticeCard] = field(default_factory=dict)
    """What the practice's own store would hold: never seen by the message API."""
    exercise: ExerciseRoom = field(default_factory=ExerciseRoom)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def meet(self, event: Event) -> list[Rendered]:
        """One event, with all its queries and the outcome of its commands: what the person sees."""
        shown: list[Rendered] = []
        orders: list[Command] = []
        pending: list[Event] = [event]
        while pending:
            turn = self._step(pending.pop(0))
            shown += [render(reply, knowledge().texts) for reply in turn.replies]
            orders += turn.commands
            pending += [QueryAnswered(self.ask(query)) for query in turn.queries]
        self.commands += orders
        for command in orders:
            for outcome in self.carry_out(command):
                shown += self.meet(outcome)
        return shown

    def _step(self, event: Event) -> Turn:
        """The state goes through its JSON form between steps, as it does in the store."""
        around = tools(self.now, f"id-{next(self.ids)}", trusted=self.trusted)
        turn = step(from_json(to_json(self.conversation)), event, around)
        self.conversation = turn.conversation
        return turn

    # ── what the message API would say ──────────────────────────────────────────────────────────────────────────────

    def ask(self, query: Query) -> QueryResult:
        match query:
            case WhoAmI():
                return ProfileFound(self.me)
            case FindUnits():
                return UnitsFound(query.query, tuple(card(unit, self.me.pack or "") for unit in self._units(query)))
            case MyMessages():
                return MessagesListed(tuple(self._sent(receipt) for receipt in self.stored.values()))
            case ReadMessage(message_id=message_id):
                receipt = next((r for r in self.stored.values() if r.message_id == message_id), None)
                if receipt is None:
                    return QueryFailed(query.type, "not_found")
                return MessageRead(self._sent(receipt), tuple(self.answers.get(message_id, [])))
            case MyPractice():
                return PracticeFound(tuple(self.practised.values()), ())
            case SeeRoom() | JoinRoom() | VoteInRoom():
                return self.exercise.ask(query)

    def _units(self, query: FindUnits) -> Sequence[Unit]:
        directory = knowledge().directory
        if query.query:
            hits = finder().find(query.query, region=query.region, unit_type=query.unit_type, limit=query.limit)
            return [directory.unit(hit.unit_id) for hit in hits]
        here = [u for u in directory.units if u.region == query.region and u.type is query.unit_type]
        return here[: query.limit]

    def _sent(self, receipt: Receipt) -> SentMessage:
        body = next(order.body for key, order in self.bodies.items() if self.stored.get(key) == receipt)
        return SentMessage(
            receipt.message_id,
            receipt.number,
            body.channel,
            receipt.status,
            body.recipient_units,
            receipt.delivery,
            receipt.due_at,
        )

    def carry_out(self, command: Command) -> list[Outcome]:
        match command:
            case HandOver():
                return [self._hand_over(command)]
            case CreateDraft():
                return [DraftCreated("d-1", "/drafts/d-1")]
            case MarkSent(message_id=message_id):
                return [CommandDone(command.type, message_id, self._due_of(message_id))]
            case FollowUp(message_id=message_id):
                return [CommandDone(command.type, message_id)]
            case ChangeProfile(unit_id=unit_id):
                self.me = profile(unit_id, self.me.pack)
                return [CommandDone(command.type)]
            case RecordPractice(scenario=scenario, answers=answers):
                wrong = not all(answer.right for answer in answers)
                self.practised[scenario] = PracticeCard(scenario, self.now + timedelta(days=1), wrong)
                return [CommandDone(command.type)]
            case _:
                return []

    def _hand_over(self, order: HandOver) -> Outcome:
        if self.api_down:
            self.waiting.append(order)
            return ApiUnreachable(order.idempotency_key)
        if self.refuse is not None:
            code, self.refuse = self.refuse, None
            return HandOverFailed(order.idempotency_key, code)
        if order.idempotency_key not in self.stored:
            number = len(self.stored) + 1
            built_in = self.delivery != "copy_out"
            receipt = Receipt(
                f"msg-{number}", f"L-{number}", "received" if built_in else "to_copy", self.delivery,
                self._due(order) if built_in else None,
            )  # fmt: skip
            self.stored[order.idempotency_key] = receipt
            self.bodies[order.idempotency_key] = order
        return HandedOver(order.idempotency_key, self.stored[order.idempotency_key])

    def _due(self, order: HandOver) -> datetime | None:
        level = knowledge().registry.pack(order.body.pack).channel_by_id[order.body.channel].service_level
        return due(level, self.now, swedish_free_days()) if level else None

    def _due_of(self, message_id: str) -> datetime | None:
        return next(self._due(self.bodies[k]) for k, r in self.stored.items() if r.message_id == message_id)

    # ── what happens elsewhere ──────────────────────────────────────────────────────────────────────────────────────

    def api_comes_back(self) -> list[Rendered]:
        self.api_down = False
        orders, self.waiting = self.waiting, []
        return [shown for order in orders for shown in self.meet(self._hand_over(order))]

    def recipient_answers(self, text: str) -> list[Rendered]:
        key, receipt = list(self.stored.items())[-1]
        unit = knowledge().directory.unit(self.bodies[key].body.recipient_units[0])
        self.now += timedelta(hours=2)
        self.answers.setdefault(receipt.message_id, []).append(Answer("answer", text, unit.name, self.now))
        return self.meet(
            MessageEvent(MessageHappening.ANSWERED, receipt.message_id, receipt.number, unit.name, self.now)
        )
