"""Writes down a deed in the deed's own transaction. Reads nothing back and judges nothing."""

from datetime import datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.tables import AuditRow
from api.authorisation import Caller
from common.ids import new_id


class Action(StrEnum):
    HAND_OVER = "hand_over"
    READ = "read"
    LIST_INBOX = "list_inbox"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    FORWARD = "forward"
    SUPPLEMENT = "supplement"
    ADD_PARTICIPANT = "add_participant"
    MARK_SENT = "mark_sent"
    FOLLOW_UP = "follow_up"
    CLOSE = "close"
    SAVE_DRAFT = "save_draft"
    READ_DRAFT = "read_draft"
    CHANGE_UNIT = "change_unit"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"


def note(
    session: AsyncSession, caller: Caller, at: datetime, action: Action, unit: str | None, about: str | None
) -> None:
    session.add(
        AuditRow(id=new_id(), at=at, action=action, actor=caller.actor, via=caller.via, unit_id=unit, object_id=about)
    )


def note_actor(session: AsyncSession, actor: str, at: datetime, action: Action) -> None:
    """A deed before anyone is a caller, such as signing in."""
    session.add(AuditRow(id=new_id(), at=at, action=action, actor=actor))
