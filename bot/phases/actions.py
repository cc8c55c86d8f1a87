"""What each action does, whether tapped or typed, and the commands that work everywhere. Dispatches; each phase answers for itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, assert_never

from bot.acts import LASTING, Act
from bot.conversation import Action, Conversation, Phase
from bot.events import CommandName
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
    reasons,
    recipient,
    sending,
    start,
)
from bot.phases.desk import decode, desk, with_answer, with_matter
from bot.phases.results import Again, Begin, Decide, Onward, Result
from bot.phases.screens import beside, t
from bot.requests import ForgetQueued, WhoAmI
from bot.tools import Tools, Turn
from knowledge.vocabulary import Fact

IDLE: Final = (Phase.WELCOME, Phase.MATTER, Phase.SENDING, Phase.KEPT, Phase.DONE)
"""Phases in which nothing is in hand and new words are a new matter."""


def on_command(conversation: Conversation, command: CommandName, tools: Tools) -> Result:
    match command:
        case CommandName.START:
            if conversation.phase in IDLE:
                return start.show_welcome(replace(conversation, phase=Phase.MATTER, matter=None), tools)
            return Again(conversation, (t("chat.welcome.back"),))
        case CommandName.CANCEL:
            return cancel(conversation)
        case CommandName.RESTART:
            fresh = replace(conversation, phase=Phase.MATTER, matter=None, queue=(), practice=None, live=None)
            return Again(fresh, (t("chat.restarted"),), (ForgetQueued(),))
        case CommandName.HELP:
            untrusted = () if tools.trusted else (t("chat.matter.untrusted"),)
            return beside(conversation, t("chat.help.text"), t("chat.help.words"), *untrusted)
        case CommandName.MESSAGES:
            return following.ask(conversation)
        case CommandName.PROFILE:
            return start.show_profile(conversation, tools)
        case CommandName.PRACTICE:
            return practice.enter(conversation)
    assert_never(command)


def cancel(conversation: Conversation) -> Result:
    if conversation.phase is Phase.PROFILE:
        return Again(replace(conversation, phase=Phase.MATTER), (t("chat.profile.unchanged"),))
    if conversation.phase is Phase.PRACTICE:
        return practice.leave(conversation)
    if conversation.phase is Phase.LIVE:
        return live.leave(conversation)
    if conversation.matter is None:
        on_its_way = (t("chat.cancel.on_its_way"),) if conversation.outgoing else (t("chat.cancel.nothing"),)
        return Again(conversation, on_its_way)
    left = len(conversation.queue)
    said = t("chat.cancel.one_of", count=left) if left else t("chat.cancel.done")
    return Again(replace(conversation, phase=Phase.MATTER, matter=None), (said,), (ForgetQueued(),))


def by_action(conversation: Conversation, action: Action, tools: Tools) -> Result:
    act = action.name
    if act in calls.OUTCOMES:
        return calls.noted(conversation, action, tools)
    if act in LASTING or act is Act.REMIND:
        return following.on_choice(conversation, action, tools)
    if act is Act.PRACTICE:
        return practice.on_action(conversation, action, tools)
    if act is Act.STOP_PRACTICE:
        return _stop_practice(conversation)
    if act is Act.LIVE:
        return live.on_action(conversation, action)
    if conversation.phase is Phase.PRACTICE and act in (Act.WHY, Act.WHY_NOT, Act.CHANGE, Act.BACK):
        return practice.on_word(conversation, action, tools)
    if act in COMMANDS:
        return on_command(conversation, COMMANDS[act], tools)
    if act in STARTING:
        return _start(conversation, action)
    if act is Act.UNIT and conversation.phase is Phase.PROFILE:
        return start.choose_own_unit(conversation, action.value)
    if act is Act.NEXT and conversation.matter is None:
        return start.next_in_queue(conversation)
    if conversation.matter is None:
        return Again(
            conversation,
            (t("chat.why.not_yet"),) if act in (Act.WHY, Act.WHY_NOT, Act.CHANGE) else (t("chat.button.old"),),
        )
    return _in_matter(conversation, action, tools)


def _stop_practice(conversation: Conversation) -> Result:
    match conversation.phase:
        case Phase.PRACTICE:
            return practice.leave(conversation)
        case Phase.LIVE:
            return live.leave(conversation)
        case _:
            return Again(conversation, (t("practice.not_practising"),))


COMMANDS: Final[Mapping[Act, CommandName]] = {
    Act.HELP: CommandName.HELP,
    Act.MESSAGES: CommandName.MESSAGES,
    Act.PROFILE: CommandName.PROFILE,
    Act.CANCEL: CommandName.CANCEL,
}
STARTING: Final = (Act.AS_MATTER, Act.GUIDE, Act.NEW, Act.RETRY, Act.SWITCH_UNIT, Act.BACK, Act.RESUME)


def _start(conversation: Conversation, action: Action) -> Result:
    match action.name:
        case Act.GUIDE:
            if conversation.matter is not None:
                return Again(conversation, (t("chat.profile.finish_first"),))
            return Begin(conversation, guided=True)
        case Act.AS_MATTER:
            return Begin(conversation, action.extra, as_matter=True)
        case Act.NEW:
            return Again(replace(conversation, matter=None, phase=Phase.MATTER), (), (ForgetQueued(),))
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
        case Act.ANSWER | Act.MORE | Act.GROUP | Act.UNKNOWN | Act.CHANGE_FACT:
            return asking.on_choice(conversation, action, tools)
        case Act.ANOTHER:
            return another.on_choice(conversation, action, tools)
        case Act.AS_QUESTION:
            return start.as_question(conversation, tools)
        case Act.SET_FACT:
            return _set_fact(conversation, action, tools)
        case Act.CALLED:
            return _called(conversation)
        case Act.WHY | Act.WHY_NOT | Act.CHANGE | Act.MIND:
            return _explain(conversation, action, tools)
        case Act.NEXT:
            return Onward(conversation)
        case Act.CALL | Act.OUTAGE | Act.LATER:
            return calls.on_choice(conversation, action, tools)
        case Act.UNIT | Act.UNIT_MORE | Act.UNIT_READY:
            return recipient.on_choice(replace(conversation, phase=Phase.RECIPIENT), action, tools)
        case _:
            return _in_message(conversation, action, tools)


def _in_message(conversation: Conversation, action: Action, tools: Tools) -> Result:
    match action.name:
        case Act.EDIT:
            return drafting.edit(conversation, action.value, tools)
        case Act.USE_PROPOSAL:
            return drafting.use_proposal(conversation, tools)
        case Act.DRAFT_READY:
            return drafting.ready(conversation)
        case Act.ACCEPT:
            return drafting.accept(conversation, action, tools)
        case Act.CONSENT | Act.CONSENT_AGAIN:
            return consent.on_choice(replace(conversation, phase=Phase.CONSENT), action, tools)
        case Act.BORN:
            return identity.on_choice(conversation, action.value)
        case Act.PERSON_AGAIN:
            return identity.enter(with_matter(conversation, person=None), tools)
        case Act.SEND:
            return sending.send(conversation, tools)
        case _:
            return Again(conversation)


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
