"""A chat without a server: a shell on a real database, a small message API in memory, and a centre that obeys simple words.

`Parrot` is a step function for the shell's own laws: what it says depends on nothing but what it is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from bot.conversation import Conversation, Matter, Phase
from bot.dialogue import step as dialogue_step
from bot.events import (
    ApiUnreachable,
    ChoicePicked,
    CommandDone,
    CommandGiven,
    Event,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    Outcome,
    QueryAnswered,
    Receipt,
    ReminderDue,
    StateLost,
    TextSaid,
)
from bot.findings import (
    MessagesListed,
    Profile,
    ProfileFound,
    QueryFailed,
    QueryResult,
    SentMessage,
    UnitCard,
    UnitsFound,
)
from bot.gateways.http import Credential
from bot.gateways.records import Owner
from bot.gateways.store import SqlConversationStore
from bot.ports import ApiDownError, Happening, News, Units
from bot.replies import Choice, Param, Reply, Text, Tone
from bot.requests import (
    Command,
    ConsentRecord,
    EraseIncoming,
    FindUnits,
    ForgetQueued,
    HandOver,
    MarkSent,
    MessageBody,
    MyMessages,
    PersonRef,
    Query,
    ReadMessage,
    ScheduleReminder,
    SectionText,
    WhoAmI,
)
from bot.tools import Tools, Turn
from bot.turn import Shell, Step, Surroundings
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.holidays_se import swedish_free_days
from knowledge.bundle import Knowledge
from knowledge.texts import Catalogue
from knowledge.vocabulary import UnitType
from triage.reading import Reader

NURSE = Profile(
    "staff-nurse",
    "staff",
    "halland-hemsjukvard-demo",
    "Hemsjukvården Demo",
    UnitType.MUNICIPAL_HEALTH,
    "halland",
    "halland-2024",
    name="Demo Sköterska",
)
OTHER = replace(NURSE, staff_id="staff-other", name="Någon Annan")
KEYS = {"nurse-key": NURSE, "other-key": OTHER}
TRUSTED = frozenset({"web", "console", "api"})


class MemoryMessageApi:
    """The message API as the bot meets it, in memory: idempotent by key, and down when told to be."""

    def __init__(self, units: tuple[UnitCard, ...] = (), delivery: str = "built_in") -> None:
        self.down = False
        self.failures = 0
        """How many calls to turn away before answering again."""
        self.refuse: str | None = None
        self.units = units
        self.delivery = delivery
        self.messages: dict[str, tuple[str, MessageBody, Receipt]] = {}
        self.marked: list[str] = []
        self.asked: list[Query] = []
        self.tried = 0
        self.happened: list[Happening] = []
        self._numbers = count(1)

    async def who(self, credential: Credential) -> Profile | None:
        self._answer()
        return KEYS.get(credential.bearer or credential.session or "")

    async def waiting(self, credential: Credential) -> int | None:
        self._answer()
        return 0 if credential.bearer or credential.session else None

    async def ask(self, staff_id: str, query: Query, _units: Units = None) -> QueryResult:
        self.asked.append(query)
        if self.down:
            return QueryFailed(query.type, "unreachable")
        match query:
            case WhoAmI():
                return ProfileFound(next(p for p in KEYS.values() if p.staff_id == staff_id))
            case FindUnits(query=words, unit_type=wanted, limit=limit):
                fits = [
                    u for u in self.units if wanted in (None, u.unit_type) and words.casefold() in u.name.casefold()
                ]
                return UnitsFound(words, tuple(fits[:limit]))
            case MyMessages():
                return MessagesListed(tuple(self._sent(staff_id)))
            case ReadMessage():
                return QueryFailed(query.type, "message_unknown")

    def _sent(self, staff_id: str) -> list[SentMessage]:
        mine = [(body, receipt) for sender, body, receipt in self.messages.values() if sender == staff_id]
        return [
            SentMessage(r.message_id, r.number, body.channel, r.status, body.recipient_units, r.delivery, r.due_at)
            for body, r in mine
        ]

    async def carry_out(self, staff_id: str, command: Command, _units: Units = None) -> Outcome:
        self.tried += 1
        self._answer()
        if isinstance(command, HandOver):
            return self._hand_over(staff_id, command)
        if isinstance(command, MarkSent):
            self.marked.append(command.message_id)
            return CommandDone(command.type, command.message_id)
        return CommandDone(command.type)

    def _hand_over(self, staff_id: str, command: HandOver) -> Outcome:
        key = command.idempotency_key
        if self.refuse is not None:
            return HandOverFailed(key, self.refuse, "Det går inte.")
        if key not in self.messages:
            number = next(self._numbers)
            status = "to_copy" if self.delivery == "copy_out" else "received"
            receipt = Receipt(f"m{number}", f"L26-{number:04}", status, self.delivery)
            self.messages[key] = (staff_id, command.body, receipt)
        return HandedOver(key, self.messages[key][2])

    async def happenings(self, after: str) -> News:
        """Two at a time. One that concerns nobody stands for a kind that the chat does not know: it is left out of the page."""
        self._answer()
        page = [h for h in self.happened if int(h.cursor) > int(after or "0")][:2]
        return News(tuple(h for h in page if h.staff_id), page[-1].cursor if page else after)

    def happen(self, staff_id: str, event: MessageEvent) -> None:
        self.happened.append(Happening(str(len(self.happened) + 1), staff_id, event))

    def _answer(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ApiDownError("told to fail")
        if self.down:
            raise ApiDownError("told to be down")


PARROT_TEXTS = Catalogue(
    {
        "chat.literal": "{text}",
        "web.command.cancel": "Avbryt",
        "web.command.restart": "Börja om",
        "web.command.help": "Hjälp",
    }
)


def t(text: str) -> Reply:
    return Reply((Text("chat.literal", {"text": text}),))


def parrot(conversation: Conversation, event: Event, tools: Tools) -> Turn:
    """Says back what it is told and counts its turns; a few words make it ask, hand over, remind or forget."""
    now = replace(conversation, turn=conversation.turn + 1)
    match event:
        case TextSaid(text=text):
            return _told(now, text, tools)
        case ChoicePicked(choice=choice):
            return Turn(now, (t(f"{now.turn}: vald {choice}"),))
        case CommandGiven(command=command):
            return Turn(now, (Reply((Text("chat.literal", {"text": f"kommando {command}"}),), (_choice(),)),))
        case QueryAnswered(result=result):
            return Turn(now, (t(f"svar {result.type}"),))
        case HandedOver(receipt=receipt):
            done = replace(now, matter=None, phase=Phase.DONE)
            return Turn(done, (t(f"Överlämnat {receipt.number}."),), (ForgetQueued(),))
        case HandOverFailed(code=code):
            return Turn(now, (t(f"Nej: {code}"),))
        case ApiUnreachable():
            return Turn(replace(now, phase=Phase.KEPT), (t("Väntar."),))
        case MessageEvent(number=number, happening=happening):
            return Turn(now, (t(f"{happening} {number}"),))
        case ReminderDue(number=number):
            return Turn(now, (t(f"Påminnelse {number}"),))
        case StateLost(reason=reason):
            return Turn(now, (t(f"Förlorat: {reason}"),))
        case _:
            return Turn(now, (t(event.type),))


def _told(now: Conversation, text: str, tools: Tools) -> Turn:
    match text:
        case "skicka":
            matter = now.matter or Matter(tools.fresh_id, "skicka")
            body = MessageBody(
                channel="message",
                pack="halland-2024",
                sender_unit=NURSE.unit_id,
                recipient_units=("halland-vc-demo",),
                subject="Hemligt ämne",
                sections=(SectionText("Ärende", "Hemlig text"),),
                consent=ConsentRecord("given", "oral"),
                person=PersonRef("personnummer", "191212121212"),
            )
            handing = replace(now, matter=matter, phase=Phase.SENDING)
            return Turn(handing, (t("Lämnar över."),), (HandOver(body, matter.id),))
        case "sök":
            return Turn(now, (t("Söker."),), queries=(FindUnits("", "halland"), MyMessages()))
        case "påminn":
            at = tools.now + timedelta(hours=1)
            return Turn(now, (t("Påminner."),), (ScheduleReminder("m1", "L26-0001", at),))
        case "klistrat":
            return Turn(now, (t("Bra."),), (MarkSent("m1"),))
        case "visa text":
            copy = Reply((Text("chat.literal", {"text": "Ärende\nHemlig text"}),), tone=Tone.COPY)
            return Turn(now, (t("Kopiera:"), copy))
        case "radera mig":
            return Turn(now, (t("Borta."),), (EraseIncoming(),))
        case _:
            return Turn(now, (t(f"{now.turn}: {text}"),))


def _choice() -> Choice:
    params: dict[str, Param] = {"text": "Ja"}
    return Choice("1.1", Text("chat.literal", params))


@dataclass
class ChatWorld:
    """A shell and everything around it. `again()` is the same house after a restart of the program."""

    db: Database
    clock: FixedClock
    knowledge: Knowledge
    reader: Reader
    api: MemoryMessageApi
    step: Step = parrot
    texts: Catalogue = PARROT_TEXTS
    trusted: frozenset[str] = TRUSTED
    keys: Keys = field(default_factory=Keys.new)

    def shell(self) -> Shell:
        around = Surroundings(replace(self.knowledge, texts=self.texts), self.reader, swedish_free_days(), self.trusted)
        return Shell(self.store(), self.db, self.api, around, self.clock, self.step)

    def store(self) -> SqlConversationStore:
        return SqlConversationStore(self.db, Cipher(self.keys), self.clock)

    def with_dialogue(self) -> "ChatWorld":
        """The real centre with the real words."""
        return replace(self, step=dialogue_step, texts=self.knowledge.texts)


def owner(client: str = "api", profile: Profile = NURSE) -> Owner:
    return Owner(client, profile.staff_id)


MakeWorld = Callable[..., ChatWorld]
