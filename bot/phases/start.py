"""Greeting, the matter in free words, several matters in one text, and the person's own profile."""

from dataclasses import replace

from bot.acts import Act
from bot.conversation import Action, Conversation, Matter, Phase
from bot.events import CommandDone, CommandFailed
from bot.findings import Profile, UnitsFound
from bot.parting import part
from bot.phases import questions
from bot.phases.desk import (
    alarms,
    consulted,
    desk,
    hints_at_hurry,
    kind_word,
    names_a_matter,
    pack_of,
    read,
    role_label,
    unit_type_label,
    with_matter,
)
from bot.phases.results import Again, Begin, Decide, Result
from bot.phases.screens import Option, offer, reply, t
from bot.phases.typed import word_list
from bot.replies import Reply, Text, Weight
from bot.requests import ChangeProfile, FindUnits
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from knowledge.vocabulary import Fact
from triage.content import speaks_of_hurry
from triage.decide import Ask, Decided
from triage.reading import Context

MAX_SHOWN_PARTS = 5
LONG_TEXT = 4_000
"""More than this does not fit a message, and the person is told."""


# ── waiting for a matter ────────────────────────────────────────────────────────────────────────────────────────────────


def show_welcome(conversation: Conversation, tools: Tools) -> Turn:
    profile = conversation.profile
    hello = (t("chat.welcome.hello", unit=profile.unit_name),) if profile else ()
    said = (*hello, *_invitation(conversation, tools), *_what_one_can_do(conversation, tools))
    return offer(conversation, [reply(*said)], start_options(conversation))


def _what_one_can_do(conversation: Conversation, tools: Tools) -> tuple[Text, ...]:
    """Said once, as one comes: an example, that one may ask and practise, and that no number is needed."""
    profile = conversation.profile
    if profile is None or pack_of(profile, tools) is None:
        return ()
    return (t("chat.welcome.example"), *((t("chat.welcome.no_number"),) if tools.trusted else ()))


def show_unknown(conversation: Conversation) -> Turn:
    """Who the person is could not be asked for: what she did is kept, and can be tried again."""
    return offer(conversation, [reply(t("chat.api.no_profile"))], [Option(Act.RETRY, t("chat.choice.retry"))])


def show_matter(conversation: Conversation, tools: Tools) -> Turn:
    return offer(conversation, [reply(*_invitation(conversation, tools))], start_options(conversation))


def _invitation(conversation: Conversation, tools: Tools) -> tuple[Text, ...]:
    profile = conversation.profile
    if profile is not None and pack_of(profile, tools) is None:
        return (no_routine(conversation, tools),)
    if tools.trusted:
        return (t("chat.matter.ask"),)
    return (t("chat.matter.ask"), t("chat.matter.untrusted"))


def no_routine(conversation: Conversation, tools: Tools) -> Text:
    """No routine is in force, said with the region's name as its own routines have it."""
    region = conversation.profile.region if conversation.profile else ""
    names = (pack.name for pack in tools.knowledge.registry.packs if pack.region == region)
    return t("chat.no_routine", region=next(names, region))


def start_options(conversation: Conversation) -> list[Option]:
    """What can be done when nothing is in hand, what waits first."""
    waiting = [Option(Act.RESUME, t("chat.choice.resume"))] if conversation.failed else []
    if conversation.queue:
        waiting.append(
            Option(Act.NEXT, t("chat.split.next", text=_short(conversation.queue[0])), words="chat.words.next")
        )
    return [
        *waiting,
        Option(Act.GUIDE, t("chat.choice.guide"), words="chat.words.guide"),
        Option(Act.MESSAGES, t("chat.choice.messages")),
        Option(Act.HELP, t("chat.choice.help")),
        Option(Act.PRACTICE, t("practice.choice.open"), words="practice.words.open", weight=Weight.QUIET),
    ]


# ── the matter ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(conversation: Conversation, begin: Begin, tools: Tools) -> Result:
    """A new matter, or a kind word back when it is none."""
    profile = conversation.profile
    pack = pack_of(profile, tools) if profile else None
    if profile is None or pack is None:
        return Turn(*_plain(conversation, tools))
    if begin.guided:
        return Decide(replace(conversation, matter=Matter(tools.fresh_id, guided=True)))
    if not begin.text:
        return show_matter(replace(conversation, matter=None, phase=Phase.MATTER), tools)
    text = begin.text
    matter = Matter(tools.fresh_id, text, person=begin.person)
    conversation = replace(conversation, matter=matter)
    consultation = consulted(conversation, profile, pack, matter, tools)
    lead = (*begin.lead, *_about_length(begin.text))
    kind = consultation.reading.kind
    asks = not begin.as_matter and questions.asks(text, consultation.reading, tools)
    found = questions.answer(text, pack, conversation, tools) if asks or _ends_as_question(text) else None
    if found and asks and (found.answered or (questions.is_short(text) and not names_a_matter(consultation.reading))):
        about = questions.asked_about(text, Context(pack, profile.unit_type), tools)
        if not speaks_of_hurry(about):
            clean = replace(conversation, matter=None)
            hurry = questions.about_hurry(text, about)
            return questions.show(clean, text, found, start_options(clean), (*lead, *hurry))
    if begin.as_matter or (found is not None and (asks or found.answered)):
        conversation = with_matter(conversation, may_be_question=True)
    if kind == "unreadable" and not begin.as_matter:
        led = with_matter(conversation, guided=True)
        return Decide(led, (*lead, t("chat.input.kept_and_guided")))
    about_a_matter = begin.as_matter or kind == "matter" or names_a_matter(consultation.reading)
    if kind == "greeting" and not about_a_matter and conversation.phase is Phase.WELCOME:
        return show_welcome(replace(conversation, matter=None, phase=Phase.MATTER), tools)
    if not about_a_matter and not hints_at_hurry(consultation.reading):
        return Again(replace(conversation, matter=None, phase=Phase.MATTER), (kind_word(kind, text),))
    decision = consultation.decision
    hurried = (isinstance(decision, Ask) and decision.fact is Fact.URGENCY) or (
        isinstance(decision, Decided) and decision.row.id in ("C1", "C2")
    )
    if consultation.reading.matters > 1 and not hurried:
        abbreviations = word_list("chat.words.abbreviations", tools.knowledge.texts)
        parts = part(tools.reader, text, pack, profile.unit_type, abbreviations)[:MAX_SHOWN_PARTS]
        if len(parts) > 1:
            split = with_matter(replace(conversation, phase=Phase.SPLIT), parts=parts)
            return _led(show_split(split, tools), lead)
    return Decide(conversation, lead)


def _ends_as_question(text: str) -> bool:
    return text.rstrip().endswith("?") and len(text.split()) <= questions.LONGEST


def as_question(conversation: Conversation, tools: Tools) -> Result:
    """What was taken for a matter, answered as a question."""
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    found = questions.answer(here.matter.text, here.pack, conversation, tools)
    clean = replace(conversation, matter=None)
    return questions.show(clean, here.matter.text, found, start_options(clean))


def next_in_queue(conversation: Conversation) -> Result:
    """The next of several matters that were told at once."""
    if not conversation.queue:
        return Begin(conversation)
    return Begin(replace(conversation, queue=conversation.queue[1:]), conversation.queue[0])


def _plain(conversation: Conversation, tools: Tools) -> tuple[Conversation, tuple[Reply, ...]]:
    turn = show_matter(replace(conversation, matter=None, phase=Phase.MATTER), tools)
    return turn.conversation, turn.replies


def _about_length(text: str) -> tuple[Text, ...]:
    if len(text) > LONG_TEXT:
        return (t("chat.input.too_long", length=len(text), limit=LONG_TEXT),)
    return ()


def _led(turn: Turn, lead: tuple[Text, ...]) -> Turn:
    return replace(turn, replies=(Reply(lead), *turn.replies)) if lead else turn


# ── several matters in one text ─────────────────────────────────────────────────────────────────────────────────────────


def show_split(conversation: Conversation, _tools: Tools) -> Turn:
    parts = conversation.matter.parts if conversation.matter else ()
    options = [
        Option(Act.PART, t("chat.split.part", text=_short(words)), str(place)) for place, words in enumerate(parts)
    ]
    options.append(Option(Act.WHOLE, t("chat.split.whole")))
    return offer(conversation, [reply(t("chat.split.ask", count=len(parts)))], options)


def _short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def pick_part(conversation: Conversation, action: Action) -> Result:
    """Take one matter now; the others wait for their turn."""
    matter = conversation.matter
    if matter is None or not matter.parts:
        return Again(conversation)
    if action.name is Act.WHOLE:
        return Decide(with_matter(conversation, parts=()))
    place = int(action.value) if action.value.isdigit() and int(action.value) < len(matter.parts) else 0
    rest = tuple(words for number, words in enumerate(matter.parts) if number != place)
    chosen = Matter(matter.id, matter.parts[place], person=matter.person)
    return Decide(replace(conversation, matter=chosen, queue=rest), (t("chat.split.one_at_a_time", count=len(rest)),))


def say_which_part(conversation: Conversation, text: str, tools: Tools) -> Result:
    """Words instead of a choice: they are taken as the matter to begin with."""
    matter = conversation.matter
    if matter is None:
        return Begin(conversation, text)
    here = desk(conversation, tools)
    if here is not None and read(text, here, tools).kind == "unreadable":
        return Again(conversation, (t("chat.input.pick_one"),))
    chosen = Matter(matter.id, text, person=matter.person)
    return Decide(replace(conversation, matter=chosen, queue=matter.parts))


# ── the person's own profile ────────────────────────────────────────────────────────────────────────────────────────────


def show_profile(conversation: Conversation, tools: Tools) -> Turn:
    """Who Lots thinks you are. It stands beside whatever is going on."""
    profile = conversation.profile
    if profile is None:
        return show_welcome(conversation, tools)
    pack = pack_of(profile, tools)
    lines = [
        t(
            "chat.profile.you",
            role=role_label(profile.role),
            unit=profile.unit_name,
            unit_type=_type(profile, pack),
        ),
        t("chat.profile.routine", routine=pack.name, status=pack.status_text)
        if pack
        else no_routine(conversation, tools),
    ]
    options = [Option(Act.SWITCH_UNIT, t("chat.choice.switch_unit")), Option(Act.BACK, t("chat.choice.back"))]
    return offer(conversation, [reply(*lines)], options)


def _type(profile: Profile, pack: Pack | None) -> Text:
    return unit_type_label(pack, profile.unit_type) if pack else t(f"unit_type.{profile.unit_type}")


def switch_unit(conversation: Conversation) -> Result:
    if conversation.matter is not None:
        return Again(conversation, (t("chat.profile.finish_first"),))
    return ask_unit(replace(conversation, phase=Phase.PROFILE))


def ask_unit(conversation: Conversation) -> Turn:
    return offer(conversation, [reply(t("chat.profile.which_unit"))], [Option(Act.CANCEL, t("chat.choice.cancel"))])


def show_switching(conversation: Conversation, _tools: Tools) -> Turn:
    return ask_unit(conversation)


def search_own_unit(conversation: Conversation, text: str) -> Turn:
    return Turn(conversation, queries=(FindUnits(text, None),))


def speaks_of_danger(conversation: Conversation, text: str, tools: Tools) -> bool:
    """Danger goes first, also where the name of a unit was asked for."""
    profile = conversation.profile
    pack = pack_of(profile, tools) if profile else None
    if profile is None or pack is None:
        return False
    reading = tools.reader.read(text, Context(pack, profile.unit_type))
    return alarms(reading, text, Matter(tools.fresh_id))


def own_units_found(conversation: Conversation, found: UnitsFound) -> Turn:
    options = [Option(Act.UNIT, t("chat.literal", text=unit.name), unit.id) for unit in found.units]
    options.append(Option(Act.CANCEL, t("chat.choice.cancel")))
    key = "chat.profile.choose_unit" if found.units else "chat.profile.no_unit"
    return offer(conversation, [reply(t(key))], options)


def choose_own_unit(conversation: Conversation, unit_id: str) -> Turn:
    """Asked of the API, which knows where the person may work; the answer comes as an event."""
    waiting = replace(conversation, phase=Phase.MATTER)
    return offer(waiting, [reply(t("chat.profile.switching"))], (), (ChangeProfile(unit_id),))


def switched(conversation: Conversation, outcome: CommandDone | CommandFailed, tools: Tools) -> Turn:
    if isinstance(outcome, CommandFailed):
        return _led(show_matter(conversation, tools), (t("chat.profile.refused"),))
    fresh = replace(conversation, profile=None)
    return offer(fresh, [reply(t("chat.profile.switched"))], [Option(Act.PROFILE, t("chat.choice.profile"))])
