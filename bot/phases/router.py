"""The router: which room an event belongs to, and what is next after it. Total over phase × event; words and rules live elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, assert_never

from bot.conversation import Conversation, Phase
from bot.events import ChoicePicked, CommandGiven, Event, PersonEvent, QueryAnswered, StateLost, TextSaid
from bot.findings import ProfileFound, QueryFailed
from bot.phases import asking, card, consent, drafting, identity, live, practice, recipient, sending, start
from bot.phases.desk import desk
from bot.phases.elsewhere import happened, query_answered
from bot.phases.guard import may_hold_number
from bot.phases.person import person
from bot.phases.results import Again, Begin, Decide, Onward, Result
from bot.phases.screens import t
from bot.replies import Reply, Text
from bot.requests import Command
from bot.tools import Tools, Turn
from triage.decide import Conflict

Show = Callable[[Conversation, Tools], Turn]

SCREENS: Final[Mapping[Phase, Show]] = {
    Phase.WELCOME: start.show_welcome,
    Phase.PROFILE: start.show_switching,
    Phase.MATTER: start.show_matter,
    Phase.SPLIT: start.show_split,
    Phase.ASKING: asking.show,
    Phase.CONFLICT: asking.show,
    Phase.CARD: card.show,
    Phase.RECIPIENT: recipient.show,
    Phase.DRAFTING: drafting.show,
    Phase.CONTENT: drafting.show_content,
    Phase.CONSENT: consent.show,
    Phase.IDENTITY: identity.show,
    Phase.PREVIEW: sending.show,
    Phase.SENDING: sending.show_waiting,
    Phase.KEPT: sending.show_waiting,
    Phase.DONE: sending.show_waiting,
    Phase.PRACTICE: practice.show,
    Phase.LIVE: live.show,
}


def route(conversation: Conversation, event: Event, tools: Tools) -> Turn:
    match event:
        case TextSaid() | ChoicePicked() | CommandGiven():
            return _person(conversation, event, tools)
        case QueryAnswered(result=ProfileFound(profile=profile)):
            down = profile.outage is not None
            return _with_profile(replace(conversation, profile=profile, system_down=down), tools)
        case QueryAnswered(result=QueryFailed(query="who_am_i")) if conversation.profile is not None:
            return _with_profile(conversation, tools)
        case QueryAnswered(result=result):
            return resolve(query_answered(conversation, result, tools), tools)
        case StateLost(reason=reason):
            fresh = replace(conversation, phase=Phase.MATTER, matter=None, offered=(), practice=None, live=None)
            return resolve(Again(fresh, (t(f"chat.lost.{reason}"),)), tools)
        case _:
            return resolve(happened(conversation, event, tools), tools)


def _with_profile(conversation: Conversation, tools: Tools) -> Turn:
    """Who she is is known: what she did goes on. When it could not be asked for anew, what was known yesterday holds."""
    known = replace(conversation, profile_day=tools.now.date(), pending=None)
    if conversation.pending is None:
        return again(known, tools)
    waited = conversation.pending
    number = tools.trusted and isinstance(waited, TextSaid) and may_hold_number(waited.text)
    return _person(known, waited, tools, guarded=not number)


def _person(conversation: Conversation, event: PersonEvent, tools: Tools, *, guarded: bool = False) -> Turn:
    answered = person(conversation, event, tools, guarded=guarded)
    return _led(resolve(answered.result, tools), answered.lead, answered.commands)


def resolve(result: Result, tools: Tools) -> Turn:
    match result:
        case Turn():
            return result
        case Again(conversation=conversation, lead=lead, commands=commands):
            return _led(again(conversation, tools), lead, commands)
        case Decide(conversation=conversation, lead=lead, commands=commands):
            return _led(decide(conversation, tools), lead, commands)
        case Onward(conversation=conversation, lead=lead, commands=commands):
            return _led(onward(conversation, tools), lead, commands)
        case Begin():
            return resolve(start.begin(result.conversation, result, tools), tools)
    assert_never(result)


def _led(turn: Turn, lead: tuple[Text, ...], commands: tuple[Command, ...] = ()) -> Turn:
    replies = (Reply(lead), *turn.replies) if lead else turn.replies
    return replace(turn, replies=replies, commands=(*commands, *turn.commands))


def again(conversation: Conversation, tools: Tools) -> Turn:
    """The phase's own screen. Where nothing has changed the buttons keep their ids, so that those on the screen still work."""
    show = SCREENS[conversation.phase]
    same = show(replace(conversation, turn=conversation.turn - 1), tools)
    return same if same.conversation.offered == conversation.offered else show(conversation, tools)


def decide(conversation: Conversation, tools: Tools) -> Turn:
    """What the routine says now: a question, a contradiction, or a card."""
    here = desk(conversation, tools)
    if here is None:
        return start.show_matter(replace(conversation, phase=Phase.MATTER, matter=None), tools)
    asked = asking.question(here)
    if asked is not None:
        phase = Phase.CONFLICT if isinstance(asked, Conflict) else Phase.ASKING
        return asking.enter(replace(conversation, phase=phase), tools)
    return card.enter(conversation, tools)


def onward(conversation: Conversation, tools: Tools) -> Turn:
    """The first step of the message that is not taken yet."""
    here = desk(conversation, tools)
    if (
        here is None
        or asking.question(here) is not None
        or here.decided is None
        or not card.sends(here.decided.channel)
    ):
        return decide(conversation, tools)
    channel, matter = here.decided.channel, here.matter
    if channel.recipients != "none" and not (matter.units and matter.units_ready):
        return recipient.enter(conversation, tools)
    if not tools.trusted:
        return sending.secure_page(conversation, tools)
    if matter.drafted_for != channel.id or matter.editing is not None or not matter.draft_ready:
        return drafting.enter(conversation, tools)
    if drafting.content_problem(here, tools) is not None:
        return drafting.show_content(conversation, tools)
    if not consent.recorded(here):
        return consent.enter(conversation, tools)
    if matter.person is None:
        return identity.enter(conversation, tools)
    return sending.enter(conversation, tools)
