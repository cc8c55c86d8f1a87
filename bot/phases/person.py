"""What a person did, in every phase: words, taps and commands. Finds where they belong; each phase answers for itself."""

import re
from dataclasses import dataclass, replace
from typing import Final, assert_never

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.events import ChoicePicked, CommandGiven, CommandName, PersonEvent, TextSaid
from bot.phases import (
    another,
    asking,
    calls,
    card,
    consent,
    drafting,
    following,
    identity,
    live,
    practice,
    questions,
    reasons,
    recipient,
    start,
)
from bot.phases.actions import IDLE, by_action, on_command
from bot.phases.desk import FEW_WORDS, Desk, alarms, desk, kind_word, names_a_matter, read, tells, with_matter
from bot.phases.guard import Guarded, guard
from bot.phases.results import Again, Begin, Decide, Result
from bot.phases.screens import beside, lasting_action, notice, t
from bot.phases.typed import FREE_TEXT, Typed, asks_for_text, asks_why, command_in, is_empty_word, picked, word_list
from bot.replies import Text
from bot.requests import Command, EraseIncoming, PersonRef, WhoAmI
from bot.tools import Tools, Turn
from triage.choices import says
from triage.consent import danger_beside
from triage.reading import Reading

SHOWING: Final = (
    Act.WHY, Act.WHY_NOT, Act.MIND, Act.HELP, Act.MESSAGES, Act.PROFILE, Act.CHANGE, Act.BACK, Act.VIEW, Act.UNKNOWN, Act.RETRY,
)  # fmt: skip
"""Actions that change nothing."""
LONGEST_TEXT: Final = 20_000
"""What the message API takes under one heading: more of one text is not kept, and the person is told."""
LONGEST_UNIT_NAME: Final = 5
"""Words."""
HARDLY_ANY: Final = 2
"""Words: no more than these, with nothing plain in them, are no matter ("jepp skriv"), and are not to stand in a message."""
CAUGHT: Final = {Phase.PRACTICE: "practice.caught", Phase.LIVE: "chat.live.caught"}
"""What is said of something that looked like a person, where no real person is spoken of."""
SPEAK_OF_CONSENT: Final = (
    Phase.CARD, Phase.RECIPIENT, Phase.DRAFTING, Phase.CONTENT, Phase.CONSENT, Phase.IDENTITY, Phase.PREVIEW,
)  # fmt: skip
"""Where words about consent are asked back or noted, and are no text of the message."""
NAMES_A_UNIT: Final = (Phase.RECIPIENT, Phase.PROFILE)
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""Signs that no database or page can hold."""
_WORD: Final = re.compile(r"\w")
_NAME: Final = re.compile(r"[A-ZÅÄÖÉ][\w'-]*(?: (?:af|av|de|von|[A-ZÅÄÖÉ][\w'-]*)){0,4}[,.;:]?")


@dataclass(frozen=True, slots=True)
class Answered:
    """What to do, and what must be said and ordered before it."""

    result: Result
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()


def person(conversation: Conversation, event: PersonEvent, tools: Tools, *, guarded: bool = False) -> Answered:
    """`guarded`: what must not stay in it was taken out before it had to wait for who she is, but a number that has a place on a trusted client."""
    kept, found = (event, Guarded(_text(event))) if guarded else _guarded(conversation, event, tools)
    waits = _profile_is_old(conversation, tools) and not _retries(conversation, event)
    if waits and found.person is not None:  # it belongs with a matter, and there is none before it is known who she is
        return Answered(Turn(replace(conversation, pending=event), queries=(WhoAmI(),)))
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()
    if found.caught:
        lead, commands = (t(CAUGHT.get(conversation.phase, "chat.guard.caught")),), (EraseIncoming(),)
    elif found.person is not None:
        lead = (t("chat.guard.moved"),)
    elif found.wrong or found.either:
        lead = (t("chat.identity.wrong" if found.wrong else "chat.guard.either"),)
    if isinstance(event, TextSaid) and len(event.text) > LONGEST_TEXT:
        lead = (*lead, t("chat.input.far_too_long", kept=LONGEST_TEXT))
    if waits:
        return Answered(Turn(replace(conversation, pending=kept), queries=(WhoAmI(),)), lead, commands)
    if lead and isinstance(kept, TextSaid) and not kept.text:
        return Answered(Again(_noted(conversation, found.person)), _alone(conversation, found) or lead, commands)
    if found.person and isinstance(kept, TextSaid) and _names_the_person(conversation, kept.text, tools):
        named = replace(found.person, name=kept.text.strip(" ,.;:-"))
        return Answered(Again(_noted(conversation, named)), _alone(conversation, found), commands)
    return Answered(_by_kind(conversation, kept, found, tools), lead, commands)


def _noted(conversation: Conversation, person: PersonRef | None) -> Conversation:
    return with_matter(conversation, person=person) if person else conversation


def _alone(conversation: Conversation, found: Guarded) -> tuple[Text, ...]:
    """What is said of a sound number with no text around it: kept for its step, or asked for again when there is a matter."""
    if found.person is None:
        return ()
    return (t("chat.guard.too_early" if conversation.matter is None else "chat.guard.kept"),)


def _names_the_person(conversation: Conversation, text: str, tools: Tools) -> bool:
    """Whether what stands beside the number is only a name, where nothing else is asked for in free words."""
    matter, phase, texts = conversation.matter, conversation.phase, tools.knowledge.texts
    waits = phase is Phase.PREVIEW or (phase is Phase.CONSENT and matter is not None and matter.consent_step is None)
    if not waits or _NAME.fullmatch(text.strip()) is None:
        return False
    return picked(conversation, text, texts, exact=True) is None and command_in(text, texts) is None


def _profile_is_old(conversation: Conversation, tools: Tools) -> bool:
    """Not known, or not asked for today while nothing is in hand."""
    idle = conversation.phase in IDLE and conversation.profile_day != tools.now.date()
    return conversation.profile is None or idle


def _by_kind(conversation: Conversation, event: PersonEvent, found: Guarded, tools: Tools) -> Result:
    match event:
        case TextSaid(text=text):
            return on_text(conversation, text, found, tools)
        case ChoicePicked(choice=choice):
            return on_choice(conversation, choice, tools)
        case CommandGiven(command=command):
            return on_command(conversation, command, tools)
    assert_never(event)


def _guarded(conversation: Conversation, event: PersonEvent, tools: Tools) -> tuple[PersonEvent, Guarded]:
    """What was typed without what must not stay in it. Where a number is asked for on a trusted client, it is left."""
    if not isinstance(event, TextSaid):
        return event, Guarded("")
    said = _NO_TEXT.sub(" ", event.text)[:LONGEST_TEXT]
    if tools.trusted and conversation.phase is Phase.IDENTITY:
        return TextSaid(said), Guarded("")
    if conversation.phase in CAUGHT:  # no real person is spoken of: what looks like one goes, on every client
        found = guard(said, replace(tools, trusted=False), names=not tools.trusted)
        return TextSaid(found.text), found
    found = guard(said, tools, names=conversation.phase not in NAMES_A_UNIT)
    return TextSaid(found.text), found


def _text(event: PersonEvent) -> str:
    return event.text if isinstance(event, TextSaid) else ""


def _retries(conversation: Conversation, event: PersonEvent) -> bool:
    return isinstance(event, ChoicePicked) and any(
        o.id == event.choice and o.action.name is Act.RETRY for o in conversation.offered
    )


def on_text(conversation: Conversation, text: str, found: Guarded, tools: Tools) -> Result:
    if not text.strip():
        return Again(conversation, (t("chat.input.empty"),))
    if not _WORD.search(text):
        return Again(conversation, (t("chat.input.no_words"),))
    if found.person is not None:
        conversation = with_matter(conversation, person=found.person)
    texts = tools.knowledge.texts
    invitation = live.invitation(text, texts)
    if invitation is not None:
        return live.enter(conversation, invitation)
    if live.is_left(conversation, text, texts):
        return live.leave(conversation)
    choice = picked(conversation, text, texts, exact=True)
    if choice is None and (typed := command_in(text, texts)) is not None:
        return by_word(conversation, typed, tools)
    numbers = not live.counts_numbers(conversation)
    if choice is not None or (choice := picked(conversation, text, texts, numbers=numbers)) is not None:
        return by_action(_remembered(conversation, choice.id, choice.action), choice.action, tools)
    return _told(conversation, text, found, tools)


def _told(conversation: Conversation, text: str, found: Guarded, tools: Tools) -> Result:
    """Words that are no command and no choice."""
    texts = tools.knowledge.texts
    if says(text, word_list("chat.words.what_is_lots", texts)) and not asks_for_text(conversation):
        return Again(conversation, (kind_word("question_about_lots", text),))
    if conversation.phase is Phase.PRACTICE:
        return practice.on_text(conversation, text, tools, caught=found.caught)
    if conversation.phase is Phase.LIVE:
        return live.on_text(conversation, text, tools)
    if conversation.phase in IDLE and (answered := following.answered_nothing(conversation, text, texts)) is not None:
        return answered
    if conversation.phase in IDLE:
        return Begin(conversation, text, person=found.person)
    return by_phase(conversation, text, tools)


def by_phase(conversation: Conversation, text: str, tools: Tools) -> Result:
    """What words told in the middle of something are for depends on where we are. Danger goes first everywhere."""
    phase = conversation.phase
    if phase is Phase.PROFILE:
        danger = start.speaks_of_danger(conversation, text, tools)
        return (
            Begin(replace(conversation, phase=Phase.MATTER), text)
            if danger
            else start.search_own_unit(conversation, text)
        )
    here = desk(conversation, tools)
    if here is None:
        return Begin(replace(conversation, matter=None), text)
    if not _is_written_down(here) and (said := _beside_the_matter(here, text, tools)) is not None:
        return said
    if phase is Phase.SPLIT:
        return start.say_which_part(conversation, text, tools)
    if phase in (Phase.ASKING, Phase.CONFLICT):
        return asking.on_text(conversation, text, tools)
    reading = read(text, here, tools)
    if another.may_be_another(here, text, reading, tools):
        return another.ask(here, text, tools)
    plainly = _is_written_down(here) or calls.has_card(conversation)
    alarmed = danger_beside(reading) if plainly else alarms(reading, text, here.matter)
    if alarmed and phase is not Phase.DRAFTING:
        conversation = consent.kept(conversation, text, tools)
        told = asking.tell(conversation, text, tools)
        return Decide(asking.keep_asking(told or conversation, tools), (t("chat.card.heard"),))
    match phase:
        case Phase.RECIPIENT:
            return recipient.search(conversation, text, tools)
        case Phase.DRAFTING:
            return drafting.on_text(conversation, text, tools)
        case Phase.CONSENT:
            return consent.on_text(conversation, text, tools)
        case Phase.IDENTITY:
            return identity.on_text(conversation, text, tools)
        case _:
            return correction(conversation, text, tools)


def _beside_the_matter(here: Desk, text: str, tools: Tools) -> Result | None:
    """A question about the routine, about what is on the screen, or what was said of consent. None: the words are for the step itself."""
    conversation = here.conversation
    asked = questions.aside(here, text, read(text, here, tools), tools)
    if asked is not None:
        return asked
    if asks_why(text, tools.knowledge.texts):
        return by_action(conversation, Action(Act.WHY), tools)
    kind = read(text, here, tools).kind
    if conversation.phase is Phase.DRAFTING and kind in ("greeting", "thanks") and len(text.split()) <= FEW_WORDS:
        return beside(conversation, kind_word(kind, text))
    if conversation.phase not in SPEAK_OF_CONSENT or here.decided is None or not card.sends(here.decided.channel):
        return None
    state = consent.heard(here, text, tools)
    return None if state is None else consent.on_heard(conversation, here, state, tools)


def _is_written_down(here: Desk) -> bool:
    """Whether free text is asked for, where a question is somebody else's to answer."""
    matter, phase = here.matter, here.conversation.phase
    writing = phase is Phase.DRAFTING and matter.editing is not None
    return writing or (phase is Phase.CONSENT and matter.consent_step in FREE_TEXT)


def correction(conversation: Conversation, text: str, tools: Tools) -> Result:
    """ "Nej, hon är inlagd": what the words say is put right, and the routine is asked anew."""
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    if is_empty_word(text, tools.knowledge.texts):
        return (
            Again(conversation, (t("chat.input.pick_one"),))
            if conversation.phase is not Phase.CARD
            else beside(conversation, t("chat.input.pick_step"))
        )
    reading = read(text, here, tools)
    if reading.kind in ("greeting", "thanks", "question_about_lots"):
        return beside(conversation, kind_word(reading.kind, text))
    if conversation.phase is Phase.PREVIEW and _changes_nothing(here, text, reading, tools):
        return beside(conversation, t("chat.preview.unchanged"))
    learned = tells(reading)
    rings = conversation.phase is Phase.CARD and here.decided is not None and card.needs_number(here.decided.channel)
    told = asking.tell(conversation, text, tools)
    if rings and told is not None and calls.has_card(conversation) and not calls.names_a_unit(here, text):
        changed = not _same_rule(here, desk(told, tools))
        return Decide(told, (t("chat.card.heard"),)) if changed else calls.more(here, told, tools)
    if rings and (not learned or _may_name_a_unit(text, reading)):
        return card.search_number(conversation, text)
    if told is None:
        return Again(conversation, (t("chat.kind.unreadable"),))
    if conversation.phase is Phase.CARD and len(text.split()) <= HARDLY_ANY and not names_a_matter(reading):
        return beside(conversation, t("chat.input.pick_step"))
    if conversation.phase is Phase.CONTENT:
        return Again(conversation, (t("chat.input.pick_one"),))
    if learned and conversation.phase is Phase.CARD and _the_same(here, desk(told, tools)):
        more = with_matter(conversation, text=asking.added(here.matter.text, text))
        return beside(more, t("chat.card.added"))
    if not learned:
        return (
            Again(told, (t("chat.card.added"),))
            if conversation.phase is Phase.CARD
            else Again(conversation, (t("chat.input.pick_one"),))
        )
    return Decide(told, (t("chat.card.heard"),))


def _changes_nothing(here: Desk, text: str, reading: Reading, tools: Tools) -> bool:
    """Whether the answer is the same after these words: they tell nothing in plain words, or nothing new."""
    if not names_a_matter(reading):
        return True
    told = asking.tell(here.conversation, text, tools)
    return told is None or _the_same(here, desk(told, tools))


def _may_name_a_unit(text: str, reading: Reading) -> bool:
    """A few words where a unit's name is waited for: likeness alone makes them no matter."""
    is_short = len(text.split()) <= LONGEST_UNIT_NAME and not any(sign.isdigit() for sign in text)
    return is_short and not names_a_matter(reading)


def _same_rule(before: Desk, after: Desk | None) -> bool:
    if after is None or before.decided is None or after.decided is None:
        return False
    return before.decided.row.id == after.decided.row.id


def _the_same(before: Desk, after: Desk | None) -> bool:
    """Whether the words changed nothing that the answer rests on."""
    return after is not None and _same_rule(before, after) and before.facts.values() == after.facts.values()


def by_word(conversation: Conversation, typed: Typed, tools: Tools) -> Result:
    if isinstance(typed.command, CommandName):
        return on_command(conversation, typed.command, tools)
    if typed.rest and typed.command is Act.WHY_NOT:
        here = desk(conversation, tools)
        channel = reasons.channel_named(here, typed.rest, tools) if here else None
        if channel is not None:
            return reasons.show_why_not(conversation, channel, tools)
    return by_action(conversation, Action(typed.command, extra=typed.rest), tools)


def on_choice(conversation: Conversation, choice: str, tools: Tools) -> Result:
    """A tap. One that has acted does nothing more; an old one is told kindly to be old."""
    if choice == conversation.picked:
        return Turn(conversation, (notice(t("chat.button.twice")),))
    found = next((o.action for o in conversation.offered if o.id == choice), None) or lasting_action(choice)
    if found is None:
        return Again(conversation, (t("chat.button.old"),))
    return by_action(_remembered(conversation, choice, found), found, tools)


def _remembered(conversation: Conversation, choice: str, action: Action) -> Conversation:
    """The conversation with the tap that acted. Taps that only show something may be repeated."""
    return conversation if action.name in SHOWING else replace(conversation, picked=choice)
