"""Writes down a deed in the deed's own transaction. Reads nothing back and judges nothing."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.tables import AuditRow
from api.authorisation import Caller
from common.database import table_of
from common.ids import new_id
from common.together import New

SYSTEM: Final = "system"
"""The actor of what Lots does by itself or at the operator's command."""

NOBODY: Final = "nobody"
"""The actor of a sign-in that proved nobody whom Lots knows."""


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
    MAKE_ENROLMENT_CODE = "make_enrolment_code"
    ENROL = "enrol"
    RENEW_ENROLMENT = "renew_enrolment"
    REFUSE_SIGN_IN = "refuse_sign_in"
    REVOKE_ENROLMENT = "revoke_enrolment"
    MAKE_KEY = "make_key"
    REVOKE_KEY = "revoke_key"
    CONNECT = "connect"
    READ_AUDIT = "read_audit"
    SUBJECT_ACCESS = "subject_access"
    SET_RETENTION = "set_retention"
    ERASE = "erase"
    REPORT_OUTAGE = "report_outage"
    ANNOUNCE_OUTAGE = "announce_outage"
    CONFIRM_OUTAGE = "confirm_outage"
    END_OUTAGE = "end_outage"
    WORK_LIST = "work_list"
    CHANGE_WORK_LIST = "change_work_list"
    NOTE_CALL = "note_call"
    READ_CALL = "read_call"
    READ_SIP = "read_sip"
    OUTAGE_SUMMARY = "outage_summary"
    BACKUP = "backup"
    RESTORE = "restore"
    RELEASE = "release"
    ROTATE_KEYS = "rotate_keys"
    ADD_UNIT = "add_unit"
    UPDATE_UNIT = "update_unit"
    CLOSE_UNIT = "close_unit"
    REOPEN_UNIT = "reopen_unit"
    SET_DELIVERY = "set_delivery"
    ADD_STAFF = "add_staff"
    UPDATE_STAFF = "update_staff"
    DEACTIVATE_STAFF = "deactivate_staff"
    REACTIVATE_STAFF = "reactivate_staff"
    GRANT_STAFF = "grant_staff"
    GRANT_UNIT_ADMINISTRATOR = "grant_unit_administrator"
    GRANT_TRAINER = "grant_trainer"
    GRANT_ROUTINE_OWNER = "grant_routine_owner"
    GRANT_AUDITOR = "grant_auditor"
    GRANT_SYSTEM_ADMINISTRATOR = "grant_system_administrator"
    END_MEMBERSHIP = "end_membership"
    SET_WATCH = "set_watch"
    ADD_ABSENCE = "add_absence"
    END_ABSENCE = "end_absence"


def note(
    session: AsyncSession, caller: Caller, at: datetime, action: Action, unit: str | None, about: str | None
) -> None:
    session.add(AuditRow(**deed(caller, at, action, unit, about).values))


def deed(caller: Caller, at: datetime, action: Action, unit: str | None, about: str | None) -> New:
    """The deed as a row, to be written together with what it is about."""
    values = {
        "id": new_id(),
        "at": at,
        "action": action,
        "actor": caller.actor,
        "via": caller.via,
        "unit_id": unit,
        "object_id": about,
    }
    return New(table_of(AuditRow), values)


def record(
    session: AsyncSession, caller: Caller | None, at: datetime, action: Action, unit: str | None, about: str | None
) -> None:
    """A person's deed, or the operator's at the command line when there is no caller."""
    if caller is None:
        note_system(session, at, action, unit, about)
    else:
        note(session, caller, at, action, unit, about)


def note_system(session: AsyncSession, at: datetime, action: Action, unit: str | None, about: str | None) -> None:
    """A deed of Lots itself, or of the operator at its command line."""
    session.add(AuditRow(id=new_id(), at=at, action=action, actor=SYSTEM, unit_id=unit, object_id=about))


def note_actor(session: AsyncSession, actor: str, at: datetime, action: Action) -> None:
    """A deed before anyone is a caller, such as signing in."""
    session.add(AuditRow(id=new_id(), at=at, action=action, actor=actor))


def note_refusal(session: AsyncSession, staff_id: str | None, at: datetime, reason: str) -> None:
    """Somebody did not come in. `reason` is a code; who it was stands there only where Lots knows her."""
    actor = NOBODY if staff_id is None else f"staff:{staff_id}"
    session.add(AuditRow(id=new_id(), at=at, action=Action.REFUSE_SIGN_IN, actor=actor, object_id=reason))


def note_enrolment(session: AsyncSession, program: Caller, staff_id: str, at: datetime, about: str) -> None:
    """A chat account becomes a person's by her own code, which a program handed in."""
    session.add(
        AuditRow(id=new_id(), at=at, action=Action.ENROL, actor=f"staff:{staff_id}", via=program.actor, object_id=about)
    )
