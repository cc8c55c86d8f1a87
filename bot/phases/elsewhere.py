"""What the shell tells: answers to queries, what became of commands, and what happened to messages and systems. Orders nothing new."""

from dataclasses import replace
from typing import Final, assert_never

from bot.conversation import Conversation, Phase
from bot.events import (
    ApiUnreachable,
    CallMade,
    CallNoted,
    CommandDone,
    CommandFailed,
    DraftCreated,
    ExerciseMoved,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    OutageChanged,
    OutageNotice,
    Outcome,
    PracticeDue,
    ReminderDue,
)
from bot.findings import MessageRead, MessagesListed, PracticeFound, QueryFailed, QueryResult, RoomFound, UnitsFound
from bot.phases import asking, calls, card, following, live, practice, recipient, sending, start
from bot.phases.desk import with_matter
from bot.phases.results import Again, Decide, Result
from bot.phases.screens import aside, notice, t
from bot.tools import Tools, Turn

UNDER_WAY: Final = (
    Phase.CARD,
    Phase.RECIPIENT,
    Phase.DRAFTING,
    Phase.CONTENT,
    Phase.CONSENT,
    Phase.IDENTITY,
    Phase.PREVIEW,
)


Happened = Outcome | MessageEvent | OutageChanged | OutageNotice | ReminderDue | PracticeDue | ExerciseMoved

# ── answers to queries ──────────────────────────────────────────────────────────────────────────────────────────────────


def query_answered(conversation: Conversation, result: QueryResult, tools: Tools) -> Result:
    match result:
        case MessagesListed():
            return following.listed(conversation, result)
        case MessageRead():
            return following.message_read(conversation, result)
        case UnitsFound():
            return _units(conversation, result, tools)
        case PracticeFound():
            return practice.found(conversation, result, tools)
        case RoomFound():
            return live.found(conversation, result)
        case QueryFailed():
            return _query_failed(conversation, result, tools)
        case _:
            return Turn(conversation)


def _units(conversation: Conversation, result: UnitsFound, tools: Tools) -> Result:
    match conversation.phase:
        case Phase.PROFILE:
            return start.own_units_found(conversation, result)
        case Phase.RECIPIENT:
            return recipient.units_found(conversation, result, tools)
        case Phase.CARD:
            return card.units_found(conversation, result, tools)
        case Phase.ASKING:
            return asking.units_found(conversation, result, tools)
        case _:
            return Again(conversation)


def _query_failed(conversation: Conversation, result: QueryFailed, tools: Tools) -> Result:
    if result.query == "find_units" and conversation.phase is Phase.CARD:
        return card.units_found(conversation, result, tools)
    if result.query == "find_units" and conversation.phase is Phase.ASKING:
        return asking.units_found(conversation, result, tools)
    if result.query == "find_units" and conversation.phase is Phase.RECIPIENT:
        return recipient.units_found(conversation, result, tools)
    if result.query in live.QUERIES:
        return live.failed(conversation, result)
    if result.query == "read_message":
        return aside(conversation, notice(t("chat.follow.read_failed")))
    if result.query == "who_am_i":
        return start.show_unknown(conversation)
    return following.unreachable(conversation)


# ── what happened elsewhere ─────────────────────────────────────────────────────────────────────────────────────────────


def happened(conversation: Conversation, event: Happened, tools: Tools) -> Result:
    match event:
        case HandedOver():
            return sending.handed_over(conversation, event, tools)
        case HandOverFailed():
            return sending.failed(conversation, event, tools)
        case ApiUnreachable():
            return sending.unreachable(conversation, event)
        case DraftCreated():
            return sending.draft_created(conversation, event)
        case CommandDone() | CommandFailed():
            return _command_came_back(conversation, event, tools)
        case MessageEvent():
            return following.happened(conversation, event, tools)
        case ReminderDue():
            return following.reminder(conversation, event, tools)
        case PracticeDue():
            return practice.due(conversation, event)
        case ExerciseMoved():
            return live.moved(conversation, event)
        case OutageChanged():
            return outage(conversation, event)
        case CallMade() | CallNoted() | OutageNotice():
            return calls.happened(conversation, event)
    assert_never(event)


def _command_came_back(conversation: Conversation, event: CommandDone | CommandFailed, tools: Tools) -> Result:
    if event.command == "change_profile":
        return start.switched(conversation, event, tools)
    if isinstance(event, CommandDone):
        return following.done(conversation, event)
    if event.command == "create_draft":
        return sending.draft_refused(conversation, tools)
    return following.refused(conversation, event)


def outage(conversation: Conversation, event: OutageChanged) -> Result:
    """The system went down or came back: what is in hand is kept, and decided anew."""
    known = replace(conversation, system_down=event.down)
    lead = (t("chat.outage.down" if event.down else "chat.outage.up", system=event.system),)
    if conversation.matter is not None and conversation.phase in UNDER_WAY:
        kept = with_matter(known, searched=None)
        return Decide(kept, (*lead, t("chat.outage.kept")) if conversation.matter.sections else lead)
    return Again(known, lead)
