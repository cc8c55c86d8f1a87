"""The shell around the dialogue: load, step, write once, then carry out what was queued. Decides nothing about the matter itself.

Laws: an incoming message acts once and a repeat of it gets the same replies; one turn at a time in a conversation; nothing is
called over HTTP while a transaction is open; a lost race loads and steps again.

TurnError
├── NotYours   the conversation belongs to someone else, or to another client
└── TooBusy    the same conversation was written by others again and again
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.conversation import Conversation, Phase
from bot.dialogue import step
from bot.events import (
    ApiUnreachable,
    ChoicePicked,
    CommandGiven,
    Event,
    HandedOver,
    Incoming,
    QueryAnswered,
    ReminderDue,
    StateLost,
    TextSaid,
)
from bot.gateways.records import Author, Beside, Line, Opened, Order, Owner, Queued, Written
from bot.gateways.seats import seat_of
from bot.gateways.statements import COMMAND
from bot.gateways.store import REMINDER, LostRace, SqlConversationStore
from bot.news import News
from bot.phases.guard import guard, masked
from bot.ports import ApiDownError, MessageApi
from bot.render import Rendered, Texts, render, words
from bot.replies import Reply
from bot.requests import Command, CreateDraft, EraseIncoming, ForgetQueued, HandOver, MarkSent, Query, ScheduleReminder
from bot.tools import Tools, Turn
from common.clock import Clock
from common.database import Database
from common.ids import new_id
from common.outbox import Handler, Job, OutboxState, settle
from knowledge.bundle import Knowledge
from triage.answer import Answerer
from triage.reading import Reader

RACES: Final = 8
"""How often a lost race is run again before giving up."""
QUERIES: Final = 12
"""The most queries one turn may ask, so that a turn always ends."""
MOST_TURNS: Final = 100
"""More than one write can raise a conversation's `turn`: one that was forgotten begins above all that went before, so that
a button from then is known as old."""
PATIENT: Final = 1_000_000
"""A handover is never given up: the draft waits until the API is back."""


Step = Callable[[Conversation, Event, Tools], Turn]
"""The conversation's centre, `bot.dialogue.step`."""


class TurnError(Exception):
    """The root of the tree."""


class NotYours(TurnError):  # noqa: N818 - an outcome that clients show as "no such conversation"
    """Someone else's conversation."""


class TooBusy(TurnError):  # noqa: N818 - an outcome that clients show as "try again"
    """Nothing was written; the same message may be sent again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What the turn said, in order, the person's own line included; and where the conversation is now."""

    lines: tuple[Line, ...]
    phase: Phase
    repeat: bool = False
    unwanted: bool = False
    """What the person wrote may not stay anywhere: the client takes it out of the chat where it can."""

    @property
    def replies(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.author == "lots")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every step is given besides the conversation. `trusted` names the clients that may carry patient data."""

    knowledge: Knowledge
    reader: Reader
    is_holiday: Callable[[date], bool]
    trusted: frozenset[str]


@dataclass
class _Sum:
    """What the steps of one turn add up to."""

    conversation: Conversation
    said: list[Reply] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)

    def add(self, turn: Turn) -> None:
        self.conversation = turn.conversation
        self.said.extend(turn.replies)
        self.commands.extend(turn.commands)
        self.queries.extend(turn.queries)


@dataclass(frozen=True, slots=True)
class _Ended:
    taken: Taken
    jobs: tuple[Job, ...] = ()


class Shell:
    """One per process; any number of processes on one database."""

    def __init__(
        self,
        store: SqlConversationStore,
        db: Database,
        api: MessageApi,
        around: Surroundings,
        clock: Clock,
        centre: Step = step,
    ) -> None:
        self.store = store
        self.news = News()
        self._db = db
        self._api = api
        self._around = around
        self._answerer = Answerer(around.knowledge.faq)
        self._clock = clock
        self._centre = centre
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._log = structlog.get_logger("bot")

    # ── what clients call ───────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, incoming: Incoming, owner: Owner, beside: Beside | None = None) -> Taken:
        """One incoming event from a person: what was said in answer, also by commands that could be carried out at once.

        `beside` is written with the turn; not where the event is a repeat.
        """
        ended = await self._turn(incoming, owner, incoming.message_id, beside)
        if not ended.jobs:
            return ended.taken
        for job in ended.jobs:
            await self._carry_out_now(job)
        done = await self._again(incoming.conversation_id, incoming.message_id, repeat=False)
        return replace(done, unwanted=ended.taken.unwanted)

    async def tell(self, incoming: Incoming, owner: Owner, cause: str | None = None) -> None:
        """An event that no person waits for: an outcome, or something that happened to a message."""
        ended = await self._turn(incoming, owner, cause or incoming.message_id)
        for job in ended.jobs:
            await self._carry_out_now(job)

    def holds_unwanted(self, text: str, owner: Owner) -> bool:
        """Whether the words hold what may not stay in this client, where they are not said to the conversation."""
        nothing = Conversation(id="", staff_id=owner.staff_id)
        return guard(text, self._tools(nothing, owner)).caught

    def handlers(self) -> Mapping[str, Handler]:
        """What the outbox worker does with the bot's kinds of work."""
        return {
            COMMAND: Handler(self.carry_out, max_attempts=PATIENT, longest_delay=timedelta(minutes=5)),
            REMINDER: Handler(self.remind),
        }

    def preparations(self) -> tuple[Callable[[], None], ...]:
        """What a turn would else make at its first need of it."""
        packs = self._around.knowledge.registry.packs
        return tuple(partial(self._answerer.prepare, pack) for pack in packs)

    # ── a turn ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _turn(self, incoming: Incoming, owner: Owner, cause: str, beside: Beside | None = None) -> _Ended:
        lock = self._locks.setdefault(incoming.conversation_id, asyncio.Lock())
        async with lock:
            for _ in range(RACES):
                opened = await self.store.open(incoming.conversation_id, incoming.message_id)
                if opened.owner is not None and opened.owner != owner:
                    raise NotYours
                if opened.seen:
                    return _Ended(await self._again(incoming.conversation_id, cause, repeat=True))
                try:
                    return await self._write(incoming, owner, cause, opened, beside)
                except LostRace:
                    continue
        raise TooBusy

    async def _write(
        self, incoming: Incoming, owner: Owner, cause: str, opened: Opened, beside: Beside | None
    ) -> _Ended:
        before, total = await self._steps(incoming, owner, opened)
        event, texts = incoming.event, self._knowledge(total.conversation).texts
        said: list[tuple[Author, Rendered]] = [("lots", render(reply, texts)) for reply in total.said]
        own = self._own_words(event, before, total.commands, texts)
        if own is not None:
            said.insert(0, ("person", own))
        written = Written(
            conversation=total.conversation,
            client=owner.client,
            version=opened.version,
            message_id=incoming.message_id,
            cause=cause,
            said=tuple(said),
            next_line=opened.next_line,
            queued=tuple(_queued(command) for command in total.commands if _for_outbox(command)),
            by_person=isinstance(event, TextSaid | ChoicePicked | CommandGiven),
            erase=any(isinstance(command, ForgetQueued) for command in total.commands),
            copied=any(isinstance(command, MarkSent) for command in total.commands),
            seated=seat_of(total.conversation) != seat_of(before),
            watch=event.receipt.message_id if isinstance(event, HandedOver) else None,
            units=owner.units,
            beside=beside,
        )
        kept = await self.store.write(written)
        self.news.tell(incoming.conversation_id)
        self._log.info(
            "turn", conversation=incoming.conversation_id, incoming=event.type, phase=total.conversation.phase
        )
        unwanted = any(isinstance(command, EraseIncoming) for command in total.commands)
        return _Ended(Taken(kept.lines, total.conversation.phase, unwanted=unwanted), kept.jobs)

    async def _steps(self, incoming: Incoming, owner: Owner, opened: Opened) -> tuple[Conversation, _Sum]:
        """The state before the event, and everything the event led to."""
        turn = opened.version * MOST_TURNS
        fresh = Conversation(id=incoming.conversation_id, staff_id=owner.staff_id, turn=turn)
        begun = _within(opened.stored.conversation, owner) if opened.stored else fresh
        total = _Sum(_in_language(begun, incoming.language))
        if opened.lost is not None:
            await self._step(total, StateLost(opened.lost), owner)
        before = total.conversation
        await self._step(total, incoming.event, owner)
        return before, total

    async def _step(self, total: _Sum, event: Event, owner: Owner) -> None:
        total.add(self._centre(total.conversation, event, self._tools(total.conversation, owner)))
        for _ in range(QUERIES):
            if not total.queries:
                return
            result = await self._api.ask(owner.staff_id, total.queries.pop(0), owner.units)
            total.add(self._centre(total.conversation, QueryAnswered(result), self._tools(total.conversation, owner)))

    def _knowledge(self, conversation: Conversation) -> Knowledge:
        """In the language that the person reads."""
        profile, knowledge = conversation.profile, self._around.knowledge
        return knowledge if profile is None or profile.language is None else knowledge.speaking(profile.language)

    def _tools(self, conversation: Conversation, owner: Owner) -> Tools:
        around = self._around
        trusted = owner.client in around.trusted
        return Tools(
            knowledge=self._knowledge(conversation),
            reader=around.reader,
            answerer=self._answerer,
            names=around.knowledge.names,
            now=self._clock.now(),
            trusted=trusted,
            fresh_id=new_id(),
            is_holiday=around.is_holiday,
        )

    def _own_words(self, event: Event, before: Conversation, commands: list[Command], texts: Texts) -> Rendered | None:
        """The person's own line as the conversation shows it: no personal number, and nothing of a text that must not be kept."""
        match event:
            case TextSaid(text=text):
                unwanted = any(isinstance(command, EraseIncoming) for command in commands)
                return None if unwanted or not text.strip() else Rendered(masked(text, self._around.knowledge.names))
            case ChoicePicked(choice=choice):
                labels = [offered.label for offered in before.offered if offered.id == choice]
                return Rendered(words(labels[0], texts)) if labels else None
            case CommandGiven(command=command) if command != "start":
                return Rendered(texts.text(f"web.command.{command}"))
            case _:
                return None

    async def _again(self, conversation_id: str, cause: str, *, repeat: bool) -> Taken:
        """What was said to this message, as it was said."""
        lines = await self.store.lines(conversation_id, cause=cause)
        stored = (await self.store.open(conversation_id, "")).stored
        return Taken(lines, stored.conversation.phase if stored else Phase.WELCOME, repeat)

    # ── what the outbox calls ───────────────────────────────────────────────────────────────────────────────────────

    async def _carry_out_now(self, job: Job) -> None:
        """A command of this very turn, whose lease is ours since it was written. What fails is tried again by the worker."""
        handler = self.handlers()[job.kind]
        try:
            await handler.run(job)
        except Exception as error:  # noqa: BLE001 - the outer edge: the turn is written, the worker goes on with the command
            name = type(error).__name__
            self._log.warning("command waits", job=job.id, error=name)
            later = self._clock.now() + handler.delay(job.attempts)
            await settle(self._db, job, state=OutboxState.WAITING, due_at=later, last_error=name)

    async def carry_out(self, job: Job) -> None:
        """Does the command with its own key, and tells the conversation what became of it. Done twice it acts once."""
        order = self.store.order(job)
        try:
            outcome = await self._api.carry_out(order.staff_id, order.command, order.units)
        except ApiDownError:
            if isinstance(order.command, HandOver | CreateDraft):
                await self._tell_outcome(order, f"{job.id}:waiting", ApiUnreachable(order.command.idempotency_key))
            raise
        await self._tell_outcome(order, f"{job.id}:done", outcome)
        await self._done(job)

    async def remind(self, job: Job) -> None:
        order = self.store.order(job)
        if isinstance(order.command, ScheduleReminder):
            event = ReminderDue(order.command.message_id, order.command.number)
            incoming = Incoming(order.conversation_id, f"{job.id}:due", event)
            await self.tell(incoming, order.owner)
        await self._done(job)

    async def _tell_outcome(self, order: Order, message_id: str, event: Event) -> None:
        incoming = Incoming(order.conversation_id, message_id, event)
        await self.tell(incoming, order.owner, order.cause)

    async def _done(self, job: Job) -> None:
        """Done, and nothing kept of it."""
        await settle(self._db, job, state=OutboxState.DONE, last_error=None, payload="")


def _for_outbox(command: Command) -> bool:
    return not isinstance(command, ForgetQueued | EraseIncoming)


def _queued(command: Command) -> Queued:
    if isinstance(command, ScheduleReminder):
        return Queued(REMINDER, command, command.at)
    return Queued(COMMAND, command)


def _within(conversation: Conversation, owner: Owner) -> Conversation:
    """Without the unit it was in, where her sign-in is for others: who she is now is asked anew."""
    profile = conversation.profile
    if profile is None or owner.units is None or profile.unit_id in owner.units:
        return conversation
    return replace(conversation, profile=None)


def _in_language(conversation: Conversation, language: str | None) -> Conversation:
    profile = conversation.profile
    if profile is None or language is None or profile.language == language:
        return conversation
    return replace(conversation, profile=replace(profile, language=language))
