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
    GROUP = "group"
    UNKNOWN = "unknown"
    AS_MATTER = "as_matter"
    AS_QUESTION = "as_question"
    ANOTHER = "another"
    """Whether what was told on an open card is a new matter: `new` or `same`."""
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
    USE_PROPOSAL = "use_proposal"
    ACCEPT = "accept"
    CONSENT = "consent"
    CONSENT_AGAIN = "consent_again"
    PERSON_AGAIN = "person_again"
    BORN = "born"
    """Which of the two persons that ten digits can mean: the value is the year."""
    SEND = "send"
    RESUME = "resume"
    REMIND = "remind"
    SENT = "sent"
    VIEW = "view"
    READ = "read"
    ANSWERED = "answered"
    CALL = "call"
    CALL_REACHED = "call_reached"
    CALL_MISSED = "call_missed"
    CALL_LEFT_WORD = "call_left_word"
    OUTAGE = "outage"
    """The value says for whom it is down: `me` or `more`."""
    LATER = "later"
    PRACTICE = "practice"
    """The value says what, the extra with what: see `bot/phases/practice.py`."""
    STOP_PRACTICE = "stop_practice"
    """By words alone: from practice wherever one is in it, and a friendly word where there is none."""
    LIVE = "live"
    """The value says what, the extra with what: see `bot/phases/live.py`."""


LASTING: Final[dict[Act, str]] = {
    Act.SENT: "s",
    Act.VIEW: "v",
    Act.READ: "r",
    Act.ANSWERED: "a",
    Act.CALL_REACHED: "cr",
    Act.CALL_MISSED: "cm",
    Act.CALL_LEFT_WORD: "cl",
}
"""Actions on a message that was handed over, or a call that was made. Their buttons never grow old: the id is `m.<code>.<message id>`."""
