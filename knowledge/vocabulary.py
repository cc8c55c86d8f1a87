"""The fixed vocabulary: unit types and ranks, facts and their values, channel kinds. No rules and no Swedish here.

Source: the shared ids of packs, API, evaluation cases and user interface. Channels and topics are declared by packs.
"""

from enum import StrEnum
from typing import Final

Value = str | bool
"""A fact's value: a word of the vocabulary, a pack's topic id, or true / false."""


class UnitType(StrEnum):
    HOME_HELP = "home_help"
    NEEDS_ASSESSOR = "needs_assessor"
    MUNICIPAL_HEALTH = "municipal_health"
    PRIMARY_CARE = "primary_care"
    REGIONAL_REHAB = "regional_rehab"
    PSYCHIATRIC_OUTPATIENT = "psychiatric_outpatient"
    SPECIALIST_OUTPATIENT = "specialist_outpatient"
    AMBULANCE = "ambulance"
    INPATIENT_WARD = "inpatient_ward"
    OTHER_PARTY = "other_party"


RANKS: Final[dict[UnitType, int]] = {
    UnitType.HOME_HELP: 0,
    UnitType.NEEDS_ASSESSOR: 0,
    UnitType.MUNICIPAL_HEALTH: 1,
    UnitType.PRIMARY_CARE: 2,
    UnitType.REGIONAL_REHAB: 2,
    UnitType.PSYCHIATRIC_OUTPATIENT: 3,
    UnitType.SPECIALIST_OUTPATIENT: 3,
    UnitType.AMBULANCE: 3,
    UnitType.INPATIENT_WARD: 4,
}
"""Place in the care chain, from the outermost to the innermost; `other_party` stands outside it."""


class Direction(StrEnum):
    INWARD = "inward"
    OUTWARD = "outward"
    ACROSS = "across"
    FROM_OTHER = "from_other"
    TO_OTHER = "to_other"


def direction(sender: UnitType, recipient: UnitType) -> Direction:
    """Which way a matter moves in the care chain. From an outside party counts before to one."""
    if sender is UnitType.OTHER_PARTY:
        return Direction.FROM_OTHER
    if recipient is UnitType.OTHER_PARTY:
        return Direction.TO_OTHER
    step = RANKS[recipient] - RANKS[sender]
    if step > 0:
        return Direction.INWARD
    return Direction.OUTWARD if step < 0 else Direction.ACROSS


class Fact(StrEnum):
    """What the answer depends on. The order is the order in which facts are shown on a card."""

    URGENCY = "urgency"
    PATIENT_STATUS = "patient_status"
    TOPIC = "topic"
    HOME_CARE_ENROLLED = "home_care_enrolled"
    FORUM_EXISTS = "forum_exists"
    CONTROLLED_DRUG = "controlled_drug"
    ATTACHMENT = "attachment"
    SIP_ONGOING = "sip_ongoing"
    BOTH_PRINCIPALS = "both_principals"
    ONGOING_EXCHANGE = "ongoing_exchange"
    RECIPIENT_HAS_ACCESS = "recipient_has_access"
    SYSTEM_DOWN = "system_down"
    CONSENT = "consent"
    SENDER_TYPE = "sender_type"
    RECIPIENT_TYPE = "recipient_type"
    DIRECTION = "direction"


DERIVED: Final = frozenset({Fact.SENDER_TYPE, Fact.RECIPIENT_TYPE, Fact.DIRECTION})
"""Facts that follow from who writes to whom."""

NEVER_ASKED: Final = frozenset({Fact.CONSENT, Fact.SENDER_TYPE, Fact.DIRECTION})
"""Consent belongs to its own step; the sender is known from the profile; a direction follows from the units."""


class Urgency(StrEnum):
    LIFE_THREATENING = "life_threatening"
    URGENT = "urgent"
    CAN_WAIT = "can_wait"


class PatientStatus(StrEnum):
    AT_HOME = "at_home"
    ADMITTED = "admitted"
    DECEASED = "deceased"


class ConsentState(StrEnum):
    GIVEN = "given"
    REFUSED = "refused"
    UNABLE = "unable"
    NOT_ASKED = "not_asked"


DEATH_NOTICE: Final = "death_notice"
"""The one topic the engine itself knows: it implies that the person has died."""

FIXED_VALUES: Final[dict[Fact, tuple[Value, ...]]] = {
    Fact.URGENCY: tuple(str(v) for v in Urgency),
    Fact.PATIENT_STATUS: tuple(str(v) for v in PatientStatus),
    Fact.HOME_CARE_ENROLLED: (True, False),
    Fact.FORUM_EXISTS: (True, False),
    Fact.CONTROLLED_DRUG: (True, False),
    Fact.ATTACHMENT: (True, False),
    Fact.SIP_ONGOING: (True, False),
    Fact.BOTH_PRINCIPALS: (True, False),
    Fact.ONGOING_EXCHANGE: (True, False),
    Fact.RECIPIENT_HAS_ACCESS: (True, False),
    Fact.SYSTEM_DOWN: (True, False),
    Fact.CONSENT: tuple(str(v) for v in ConsentState),
    Fact.SENDER_TYPE: tuple(str(v) for v in UnitType),
    Fact.RECIPIENT_TYPE: tuple(str(v) for v in UnitType),
    Fact.DIRECTION: tuple(str(v) for v in Direction),
}
"""Every value each fact can have, but for `topic`: those are the pack's."""


class ChannelKind(StrEnum):
    """What the assistant does with a channel."""

    EMERGENCY = "emergency"
    PHONE = "phone"
    MESSAGE = "message"
    PLAN = "plan"
    PROCESS = "process"
    PATH = "path"
    OWN = "own"


SENDING_KINDS: Final = frozenset({ChannelKind.MESSAGE, ChannelKind.PLAN})
"""Kinds through which something about a person is handed over by Lots."""


class Basis(StrEnum):
    ROUTINE = "routine"
    LAW = "law"
    LOTS_BASELINE = "lots_baseline"
    INTERPRETATION = "interpretation"


class PackStatus(StrEnum):
    ADOPTED = "adopted"
    NOT_ADOPTED = "not_adopted"
    PRESENTATION = "presentation"
    UNDATED = "undated"


class DutyKind(StrEnum):
    """A warning is shown, a gate must be passed before anything is sent, a reminder is kept for later."""

    WARNING = "warning"
    GATE = "gate"
    REMINDER = "reminder"


class Provenance(StrEnum):
    """How a fact came to be known, strongest first: an inference never replaces an answer."""

    ANSWERED = "answered"
    STATED = "stated"
    CONTEXT = "context"
    INFERRED = "inferred"
    ASSUMED = "assumed"
