"""What a person did, in every phase: words, taps and commands. Finds where they belong; each phase answers for itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from bot.acts import LASTING, Act
from bot.conversation import Action, Conversation, Phase
from bot.events import ChoicePicked, CommandGiven, CommandName, PersonEvent, TextSaid
from bot.phases import asking, card, consent, drafting, following, identity, reasons, recipient, sending, start
from bot.phases.desk import alarms, decode, desk, read, tells, with_answer, with_matter
from bot.phases.guard import Guarded, guard
from bot.phases.results import Again, Begin, Decide, Onward, Result
from bot.phases.screens import beside, lasting_action, notice, t
from bot.phases.typed import Typed, command_in, picked
from bot.replies import Text
from bot.requests import Command, EraseIncoming, ForgetQueued, WhoAmI
from bot.tools import Tools, Turn
from knowledge.vocabulary import Fact

IDLE: Final = (Phase.WELCOME, Phase.MATTER, Phase.SENDING, Phase.KEPT, Phase.DONE)
"""Phases in which new words are a new matter."""
SHOWING: Final = (
    Act.WHY, Act.WHY_NOT, Act.MIND, Act.HELP, Act.MESSAGES, Act.PROFILE, Act.CHANGE, Act.BACK, Act.VIEW, Act.UNKNOWN, Act.RETRY,
)  # fmt: skip
"""Actions that change nothing."""
_WORD: Final = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Answered:
    """What to do, and what must be said and ordered before it."""

    result: Result
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()


def person(conversation: Conversation, event: PersonEvent, tools: Tools) -> Answered:
    kept, found = _guarded(conversation, event, tools)
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()
    if found.caught:
        lead, commands = (t("chat.guard.caught"),), (EraseIncoming(),)
    elif found.person is not None:
        lead = (t("chat.guard.moved"),)
    elif found.wrong:
        lead = (t("chat.identity.wrong"),)
    if conversation.profile is None and not _retries(conversation, event):
        return Answered(Turn(replace(conversation, pending=kept), queries=(WhoAmI(),)), lead, commands)
    if lead and isinstance(kept, TextSaid) and not kept.text:
        noted = with_matter(conversation, person=found.person) if found.person else conversation
        return Answered(Again(noted), lead, commands)
    return Answered(_by_kind(conversation, kept, found, tools), lead, commands)


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
    if not isinstance(event, TextSaid) or (tools.trusted and conversation.phase is Phase.IDENTITY):
        return event, Guarded("")
    found = guard(event.text, tools)
    return TextSaid(found.text), found


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
    choice = picked(conversation, text, texts, exact=True)
    if choice is None and (typed := command_in(text, texts)) is not None:
        return by_word(conversation, typed, tools)
    if choice is not None or (choice := picked(conversation, text, texts)) is not None:
        return by_action(_remembered(conversation, choice.id, choice.action), choice.action, tools)
    if conversation.phase in IDLE:
        return Begin(conversation, text, person=found.person)
    return by_phase(conversation, text, tools)


def by_phase(conversation: Conversation, text: str, tools: Tools) -> Result:
    """Words that are no command and no choice: what they are for depends on where we are. Danger goes first everywhere."""
    phase = conversation.phase
    if phase is Phase.PROFILE:
        return start.search_own_unit(conversation, text)
    here = desk(conversation, tools)
    if here is None:
        return Begin(replace(conversation, matter=None), text)
    if phase is Phase.SPLIT:
        return start.say_which_part(conversation, text, tools)
    if phase in (Phase.ASKING, Phase.CONFLICT):
        return asking.on_text(conversation, text, tools)
    reading = read(text, here, tools)
    if alarms(reading) and phase is not Phase.DRAFTING:
        told = asking.tell(conversation, text, tools)
        return Decide(told or conversation, (t("chat.card.heard"),))
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


def correction(conversation: Conversation, text: str, tools: Tools) -> Result:
    """ "Nej, hon är inlagd": what the words say is put right, and the routine is asked anew."""
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    reading = read(text, here, tools)
    if reading.kind not in ("matter", "unreadable"):
        return Again(conversation, (t(f"chat.kind.{reading.kind}"),))
    learned = tells(reading)
    if (
        not learned
        and conversation.phase is Phase.CARD
        and here.decided
        and here.decided.channel.kind in card.NEEDS_NUMBER
    ):
        return card.search_number(conversation, text)
    told = asking.tell(conversation, text, tools)
    if told is None:
        return Again(conversation, (t("chat.kind.unreadable"),))
    if conversation.phase is Phase.CONTENT:
        return Again(conversation, (t("chat.input.pick_one"),))
    if not learned:
        return (
            Again(told, (t("chat.card.added"),))
            if conversation.phase is Phase.CARD
            else Again(conversation, (t("chat.input.pick_one"),))
        )
    return Decide(told, (t("chat.card.heard"),))


def by_word(conversation: Conversation, typed: Typed, tools: Tools) -> Result:
    if isinstance(typed.command, CommandName):
        return on_command(conversation, typed.command, tools)
    if typed.rest and typed.command is Act.WHY_NOT:
        here = desk(conversation, tools)
        channel = reasons.channel_named(here, typed.rest) if here else None
        if channel is not None:
            return reasons.show_why_not(conversation, channel, tools)
    return by_action(conversation, Action(typed.command), tools)


def on_command(conversation: Conversation, command: CommandName, tools: Tools) -> Result:
    match command:
        case CommandName.START:
            if conversation.phase in IDLE:
                return start.show_welcome(replace(conversation, phase=Phase.MATTER, matter=None), tools)
            return Again(conversation, (t("chat.welcome.back"),))
        case CommandName.CANCEL:
            return cancel(conversation)
        case CommandName.RESTART:
            fresh = replace(conversation, phase=Phase.MATTER, matter=None, queue=())
            return Again(fresh, (t("chat.restarted"),), (ForgetQueued(),))
        case CommandName.HELP:
            untrusted = () if tools.trusted else (t("chat.matter.untrusted"),)
            return beside(conversation, t("chat.help.text"), t("chat.help.words"), *untrusted)
        case CommandName.MESSAGES:
            return following.ask(conversation)
        case CommandName.PROFILE:
            return start.show_profile(conversation, tools)
    assert_never(command)


def cancel(conversation: Conversation) -> Result:
    if conversation.phase is Phase.PROFILE:
        return Again(replace(conversation, phase=Phase.MATTER), (t("chat.profile.unchanged"),))
    if conversation.matter is None:
        on_its_way = (t("chat.cancel.on_its_way"),) if conversation.outgoing else (t("chat.cancel.nothing"),)
        return Again(conversation, on_its_way)
    return Again(replace(conversation, phase=Phase.MATTER, matter=None), (t("chat.cancel.done"),), (ForgetQueued(),))


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


def by_action(conversation: Conversation, action: Action, tools: Tools) -> Result:
    act = action.name
    if act in LASTING or act is Act.REMIND:
        return following.on_choice(conversation, action, tools)
    if act in COMMANDS:
        return on_command(conversation, COMMANDS[act], tools)
    if act in STARTING:
        return _start(conversation, action)
    if conversation.matter is None:
        return Again(
            conversation,
            (t("chat.why.not_yet"),) if act in (Act.WHY, Act.WHY_NOT, Act.CHANGE) else (t("chat.button.old"),),
        )
    return _in_matter(conversation, action, tools)


COMMANDS: Final[Mapping[Act, CommandName]] = {
    Act.HELP: CommandName.HELP,
    Act.MESSAGES: CommandName.MESSAGES,
    Act.PROFILE: CommandName.PROFILE,
    Act.CANCEL: CommandName.CANCEL,
}
STARTING: Final = (Act.GUIDE, Act.NEW, Act.RETRY, Act.SWITCH_UNIT, Act.BACK, Act.RESUME)


def _start(conversation: Conversation, action: Action) -> Result:
    match action.name:
        case Act.GUIDE:
            if conversation.matter is not None:
                return Again(conversation, (t("chat.profile.finish_first"),))
            return Begin(conversation, guided=True)
        case Act.NEW:
            return Begin(replace(conversation, matter=None))
        case Act.RETRY:
            return Turn(conversation, queries=(WhoAmI(),))
        case Act.SWITCH_UNIT:
            return start.switch_unit(conversation)
        case Act.RESUME:
            return sending.resume(conversation)
        case _:
            return drafting.keep(conversation) if conversation.phase is Phase.DRAFTING else Again(conversation)


def _in_matter(conversation: Conversation, action: Action, tools: Tools) -> Result:
    match action.name:
        case Act.PART | Act.WHOLE:
            return start.pick_part(conversation, action)
        case Act.ANSWER | Act.MORE | Act.UNKNOWN | Act.CHANGE_FACT:
            return asking.on_choice(conversation, action, tools)
        case Act.SET_FACT:
            return _set_fact(conversation, action, tools)
        case Act.CALLED:
            return _called(conversation)
        case Act.WHY | Act.WHY_NOT | Act.CHANGE | Act.MIND:
            return _explain(conversation, action, tools)
        case Act.NEXT:
            return Onward(conversation)
        case Act.UNIT | Act.UNIT_MORE | Act.UNIT_READY:
            return _unit(conversation, action, tools)
        case _:
            return _in_message(conversation, action, tools)


def _in_message(conversation: Conversation, action: Action, tools: Tools) -> Result:
    match action.name:
        case Act.EDIT:
            return drafting.edit(conversation, action.value, tools)
        case Act.DRAFT_READY:
            return drafting.ready(conversation)
        case Act.ACCEPT:
            return drafting.accept(conversation, action, tools)
        case Act.CONSENT | Act.CONSENT_AGAIN:
            return consent.on_choice(replace(conversation, phase=Phase.CONSENT), action, tools)
        case Act.PERSON_AGAIN:
            return identity.enter(with_matter(conversation, person=None), tools)
        case Act.SEND:
            return sending.send(conversation, tools)
        case _:
            return Again(conversation)


def _unit(conversation: Conversation, action: Action, tools: Tools) -> Result:
    if conversation.phase is Phase.PROFILE:
        return start.choose_own_unit(conversation, action.value)
    return recipient.on_choice(replace(conversation, phase=Phase.RECIPIENT), action, tools)


def _set_fact(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    fact = Fact(action.value)
    value = decode(here.pack, fact, action.extra) if here else None
    if value is None:
        return Again(conversation)
    answered_now = with_answer(conversation, fact, value)
    return Onward(answered_now) if conversation.phase is Phase.CONTENT else Decide(answered_now)


def _called(conversation: Conversation) -> Result:
    """The call is made: what is left to write can wait."""
    written = with_answer(conversation, Fact.URGENCY, "can_wait")
    return Decide(with_matter(written, called=True), (t("chat.phone.then_write"),))


def _explain(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation, (t("chat.why.not_yet"),))
    match action.name:
        case Act.WHY:
            if conversation.phase in (Phase.ASKING, Phase.CONFLICT):
                return beside(conversation, asking.why_asked(here))
            if conversation.phase is Phase.CONSENT:
                return beside(conversation, t("chat.consent.why"))
            return beside(conversation, *reasons.why(here))
        case Act.MIND:
            return beside(conversation, *card.all_to_mind(here))
        case Act.WHY_NOT:
            return (
                reasons.show_why_not(conversation, action.value, tools)
                if action.value
                else reasons.why_not_menu(conversation, tools)
            )
        case _:
            if conversation.phase is Phase.PREVIEW and not action.value:
                return sending.change_menu(conversation, tools)
            if conversation.phase in (Phase.DRAFTING, Phase.CONTENT):
                return drafting.edit_menu(conversation, tools)
            return asking.change_menu(conversation, tools)
