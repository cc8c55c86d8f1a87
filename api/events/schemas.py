"""The shape of what happened. Never holds content."""

from datetime import datetime

from pydantic import BaseModel


class EventOut(BaseModel):
    """`unit_id` and `staff_id` say whom it concerns; `about_unit` whose doing, or whose delay, it is, with the number to ring."""

    cursor: str
    type: str
    message_id: str
    number: str
    unit_id: str
    staff_id: str | None
    about_unit: str
    about_unit_name: str
    about_unit_phone: str | None
    at: datetime
    due_at: datetime | None = None
    """When an answer is due, told with the receipt."""
    answer: str | None = None
    """Of an answer: `answer`, `request_more`, where the sender is awaited, or `redirect`."""


class EventList(BaseModel):
    items: list[EventOut]
    next: str
    """Give this as `after` next time, whether there were items or not."""
