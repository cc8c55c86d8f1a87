"""What was sent and what became of it: my messages, answers that arrive, reminders, "jag har skickat". Keeps no content."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation
from bot.events import CommandDone, CommandFailed, MessageEvent, MessageHappening, ReminderDue
from bot.findings import Answer, MessageRead, MessagesListed, SentMessage
from bot.phases.results import Again, Result
from bot.phases.screens import Option, aside, notice, offer, reply, t
from bot.phases.sending import reminder_options
from bot.phases.typed import is_empty_word, word_list
from bot.replies import Choice, Moment, Reply, Text, Tone
from bot.requests import FollowUp, MarkSent, MyMessages, ReadMessage, ScheduleReminder
from bot.tools import Tools, Turn
from knowledge.texts import Catalogue
from triage.choices import plain

SHOWN: Final = 6
FEW_WORDS: Final = 6
"""More words than this tell something."""
STATUSES: Final = (
    *("received", "acknowledged", "answered", "asked_for_more", "forwarded", "overdue", "closed", "to_copy", "sent"),
    *("to_send", "undelivered"),
)
KINDS: Final = ("answer", "request_more", "redirect")
AT_OUR_UNIT: Final = frozenset(
    {
        MessageHappening.RECEIVED,
        MessageHappening.WATCH_UNREAD,
        MessageHappening.WATCH_DUE_SOON,
        MessageHappening.WATCH_OVERDUE,
    }
)
"""What lies in the inbox of the person's own unit, which is opened on its page and not here."""


def ask(conversation: Conversation) -> Turn:
    return Turn(conversation, queries=(MyMessages(),))


def listed(conversation: Conversation, result: MessagesListed) -> Turn:
    """The sent list: no patient data and no text. What is in hand is untouched."""
    shown = result.messages[:SHOWN]
    if not shown:
        return offer(conversation, [reply(t("chat.messages.none"))], [_back()])
    lines = [t("chat.messages.lead", count=len(result.messages)), *(_line(message) for message in shown)]
    options = [option for message in shown for option in _options(message)]
    return offer(conversation, [reply(*lines)], [*options, _back()])


def _back() -> Option:
    return Option(Act.BACK, t("chat.choice.back"), words="chat.words.back")


def _line(message: SentMessage) -> Text:
    status = (
        t(f"chat.status.{message.status}") if message.status in STATUSES else t("chat.literal", text=message.status)
    )
    to = ", ".join(message.recipients)
    if message.due_at is not None and message.status not in ("answered", "asked_for_more", "closed"):
        return t(
            "chat.messages.line_due",
            number=message.number,
            channel=message.channel,
            to=to,
            status=status,
            due=Moment(message.due_at),
        )
    return t("chat.messages.line", number=message.number, channel=message.channel, to=to, status=status)


def _options(message: SentMessage) -> list[Option]:
    if message.delivery == "copy_out":
        return follow_options(message.message_id, message.number, message.status)
    return [Option(Act.VIEW, t("chat.messages.view", number=message.number), message.message_id)]


def follow_options(message_id: str, number: str, status: str) -> list[Option]:
    """A copied message is followed up by the sender's own ticks."""
    if status == "to_copy":
        return [Option(Act.SENT, t("chat.messages.sent", number=number), message_id)]
    if status in ("sent", "overdue"):
        read = Option(Act.READ, t("chat.messages.read", number=number), message_id)
        return [read, Option(Act.ANSWERED, t("chat.messages.answered", number=number), message_id)]
    return (
        [Option(Act.ANSWERED, t("chat.messages.answered", number=number), message_id)]
        if status == "acknowledged"
        else []
    )


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    match action.name:
        case Act.SENT:
            left = tuple(o for o in conversation.offered if o.action != action)
            marked = replace(conversation, offered=left)
            return Turn(marked, (reply(t("chat.follow.noted_sent")),), (MarkSent(action.value),))
        case Act.READ:
            return Turn(conversation, (reply(t("chat.follow.noted")),), (FollowUp(action.value, "read"),))
        case Act.ANSWERED:
            return Turn(conversation, (reply(t("chat.follow.noted_answered")),), (FollowUp(action.value, "answered"),))
        case Act.REMIND:
            return _remind(conversation, action, tools)
        case _:
            return view(conversation, action.value, tools)


def answered_nothing(conversation: Conversation, text: str, texts: Catalogue) -> Result | None:
    """ "Ja" or "jag har skickat" where nothing is asked: what waits for a tap is shown again, and no matter is begun."""
    sent = tuple(word_list("chat.words.sent", texts))
    says_sent = any(f"{plain(text)} ".startswith(f"{plain(word)} ") for word in sent) and len(text.split()) <= FEW_WORDS
    if not says_sent and not is_empty_word(text, texts):
        return None
    waiting = tuple(Choice(o.id, o.label, o.weight) for o in conversation.offered if o.action.name is Act.SENT)
    if waiting:
        return Turn(conversation, (Reply((t("chat.input.sent_yet"),), waiting),))
    if says_sent and any(handed.delivery == "copy_out" for handed in conversation.handed):
        return Again(conversation, (t("chat.follow.already"),))
    return None if says_sent else Again(conversation, (t("chat.input.not_waiting"),))


def view(conversation: Conversation, message_id: str, tools: Tools) -> Turn:
    if tools.trusted:
        return Turn(conversation, queries=(ReadMessage(message_id),))
    return Turn(conversation, (reply(t("chat.follow.secure_page")),))


def _remind(conversation: Conversation, action: Action, tools: Tools) -> Turn | Again:
    days = int(action.extra) if action.extra.isdigit() else 1
    at = tools.now + timedelta(days=days)
    number = next((h.number for h in conversation.handed if h.message_id == action.value), "")
    return Again(conversation, (t("chat.remind.set", at=Moment(at)),), (ScheduleReminder(action.value, number, at),))


def message_read(conversation: Conversation, result: MessageRead) -> Turn:
    """The answers, as they were written; they are shown and not kept."""
    if not result.answers:
        return aside(
            conversation, notice(t("chat.follow.no_answer", number=result.message.number), _line(result.message))
        )
    lines = [line for answer in result.answers for line in _answer(result.message.number, answer)]
    return aside(conversation, notice(*lines))


def _answer(number: str, answer: Answer) -> tuple[Text, Text]:
    kind = answer.kind if answer.kind in KINDS else "answer"
    return t(f"chat.follow.{kind}", number=number, unit=answer.unit_name, at=Moment(answer.at)), t(
        "chat.literal", text=answer.text
    )


def happened(conversation: Conversation, event: MessageEvent, tools: Tools) -> Turn:
    """Something happened to a message: told beside whatever is going on."""
    if event.happening is MessageHappening.ANSWERED and tools.trusted:
        return Turn(conversation, queries=(ReadMessage(event.message_id),))
    if event.happening in (MessageHappening.HANDED_OVER, MessageHappening.TO_COPY):
        return _receipt(conversation, event)
    unit: Text | str = event.unit_name or t("chat.receipt.recipient")
    told = "chat.happened.asked_for_more" if event.asks_for_more else f"chat.happened.{event.happening}"
    lines = [t(told, number=event.number, unit=unit)]
    if event.happening in (MessageHappening.OVERDUE, MessageHappening.DUE_SOON):
        lines.append(t("chat.happened.ring_number", phone=event.phone) if event.phone else t("chat.happened.ring"))
    if event.happening is MessageHappening.UNIT_CLOSED:
        lines.append(t("chat.happened.elsewhere"))
    if event.happening is MessageHappening.UNDELIVERED:
        lines.append(t("chat.happened.call_number", phone=event.phone) if event.phone else t("chat.happened.call"))
    if event.happening is MessageHappening.ANSWERED:
        lines.append(t("chat.follow.secure_page"))
    options = [Option(Act.VIEW, t("chat.messages.view", number=event.number), event.message_id)]
    if event.happening is MessageHappening.NOT_SENT:
        options = follow_options(event.message_id, event.number, "to_copy")
        return aside(conversation, notice(*lines), options)
    shown = options if tools.trusted and event.happening not in AT_OUR_UNIT else []
    return aside(conversation, notice(*lines), shown)


def _receipt(conversation: Conversation, event: MessageEvent) -> Turn:
    """What was done on the secure page, in the chat it came from."""
    unit: Text | str = event.unit_name or t("chat.receipt.recipient")
    told = t(f"telegram.happened.{event.happening}", number=event.number, unit=unit)
    if event.happening is MessageHappening.TO_COPY:
        options = follow_options(event.message_id, event.number, "to_copy")
        return aside(conversation, Reply((told,), tone=Tone.RECEIPT), options)
    due = t("chat.receipt.due", due=Moment(event.due_at)) if event.due_at else t("chat.receipt.no_due")
    return aside(conversation, Reply((told, due), tone=Tone.RECEIPT))


def reminder(conversation: Conversation, event: ReminderDue, tools: Tools) -> Turn:
    options = (
        [Option(Act.VIEW, t("chat.messages.view", number=event.number), event.message_id)] if tools.trusted else []
    )
    return aside(conversation, notice(t("chat.remind.due", number=event.number)), options)


def done(conversation: Conversation, event: CommandDone) -> Turn:
    """The system has it now: from here the time counts."""
    if event.command != "mark_sent" or event.message_id is None:
        return Turn(conversation)
    if event.due_at is not None:
        return aside(conversation, notice(t("chat.follow.sent_due", due=Moment(event.due_at))))
    if conversation.matter is not None:
        return aside(conversation, notice(t("chat.follow.sent_no_due")))
    return offer(conversation, [notice(t("chat.follow.sent_no_due"))], [*reminder_options(event.message_id), _back()])


def refused(conversation: Conversation, event: CommandFailed) -> Turn:
    line = t("chat.failed.other", detail=event.detail) if event.detail else t("chat.failed.unknown")
    return aside(conversation, notice(line))


def unreachable(conversation: Conversation) -> Again:
    return Again(conversation, (t("chat.api.unreachable"),))
