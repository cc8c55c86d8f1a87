"""Where a message stands, from what was done with it and the time. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.messages.tables import MessageRow, RecipientRow
from knowledge.pack import Channel


class MessageState(StrEnum):
    """What the sender's side has come to; what the recipients do is with them."""

    TO_COPY = "to_copy"
    TO_SEND = "to_send"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    CLOSED = "closed"


class RecipientState(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    FORWARDED = "forwarded"


ANSWERED: Final = frozenset({RecipientState.ANSWERED, RecipientState.FORWARDED})
CONFIRMED: Final = ANSWERED | {RecipientState.ACKNOWLEDGED}
OVERDUE: Final = "overdue"


def awaited(channel: Channel, recipient: RecipientRow) -> bool:
    """Whether the pack's reply policy still waits for this unit."""
    match channel.reply_policy:
        case "answer_every" | "answer":
            return recipient.state not in ANSWERED
        case "confirm":
            return recipient.state not in CONFIRMED
        case "none":
            return False


def passed_on(recipient: RecipientRow) -> bool:
    """Whether the message lies elsewhere now."""
    return recipient.state == RecipientState.FORWARDED


def again(recipient: RecipientRow) -> bool:
    """Whether it has asked for more, been given it, and not answered since."""
    return recipient.answered_at is not None and recipient.state not in ANSWERED


def status(message: MessageRow, recipients: Sequence[RecipientRow], channel: Channel, now: datetime) -> str:
    """One word for the whole message: its least advanced recipient, and overdue before all when an awaited reply is late."""
    if message.state == MessageState.SENT:
        return _outside(message, now)
    if message.state != MessageState.DELIVERED:
        return message.state
    waiting = [recipient for recipient in recipients if awaited(channel, recipient)]
    if waiting and message.due_at is not None and now > message.due_at:
        return OVERDUE
    states = {recipient.state for recipient in recipients}
    here = states - {RecipientState.FORWARDED}
    if RecipientState.RECEIVED in here:
        return (
            RecipientState.FORWARDED
            if here == {RecipientState.RECEIVED} and here != states
            else RecipientState.RECEIVED
        )
    if RecipientState.ACKNOWLEDGED in here:
        return RecipientState.ACKNOWLEDGED
    return RecipientState.ANSWERED if here else RecipientState.FORWARDED


def _outside(message: MessageRow, now: datetime) -> str:
    """A message in another system: what the sender has seen of it."""
    if message.follow_up == RecipientState.ANSWERED:
        return RecipientState.ANSWERED
    return OVERDUE if message.due_at is not None and now > message.due_at else MessageState.SENT
