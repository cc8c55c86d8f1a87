"""What a tap can mean: the closed list of actions behind choices. Names only; decides nothing."""

from enum import StrEnum
from typing import Final


class Act(StrEnum):
    GUIDE = "guide"
    NEW = "new"
    HELP = "help"
    MESSAGES = "messages"
    PROFILE = "profile"
    RETRY = "retry"
    SWITCH_UNIT = "switch_unit"
    CANCEL = "cancel"
    BACK = "back"
    PART = "part"
    WHOLE = "whole"
    ANSWER = "answer"
    MORE = "more"
    UNKNOWN = "unknown"
    WHY = "why"
    MIND = "mind"
    WHY_NOT = "why_not"
    CHANGE = "change"
    CHANGE_FACT = "change_fact"
    SET_FACT = "set_fact"
    NEXT = "next"
    CALLED = "called"
    UNIT = "unit"
    UNIT_MORE = "unit_more"
    UNIT_READY = "unit_ready"
    EDIT = "edit"
    DRAFT_READY = "draft_ready"
    ACCEPT = "accept"
    CONSENT = "consent"
    CONSENT_AGAIN = "consent_again"
    PERSON_AGAIN = "person_again"
    SEND = "send"
    RESUME = "resume"
    REMIND = "remind"
    SENT = "sent"
    VIEW = "view"
    READ = "read"
    ANSWERED = "answered"


LASTING: Final[dict[Act, str]] = {Act.SENT: "s", Act.VIEW: "v", Act.READ: "r", Act.ANSWERED: "a"}
"""Actions on a message that was handed over. Their buttons never grow old: the id is `m.<code>.<message id>`."""
