"""The shapes of reminders that people set for themselves. Says what can be read, not what is allowed."""

from datetime import datetime

from pydantic import BaseModel

from api.fields import Moment
from api.messages.schemas import In


class ReminderIn(In):
    """When: ahead of now, and within a year."""

    at: Moment


class ReminderOut(BaseModel):
    """`told`: its time has come; it stays until it is taken away, or the message is answered or closed."""

    message_id: str
    at: datetime
    told: bool


class ReminderList(BaseModel):
    items: list[ReminderOut]
