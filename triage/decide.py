"""Facts → Decided | Ask | NoRoutine | Conflict: frozen values that explain themselves. Decides, and never acts.

The channel comes from the pack's table through the exact walk; duties choose no channel and are collected beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.pack import Channel, ChannelRule, DutyRule, Pack
from knowledge.vocabulary import (
    DEATH_NOTICE,
    NEVER_ASKED,
    ConsentState,
    Fact,
    PatientStatus,
    Provenance,
    UnitType,
    Value,
    direction,
)
from triage.facts import Evidence, Facts, Known
from triage.reach import BOX_FACTS, Box, Leaf, Reach, certain, live_facts, reach, rows_for


@dataclass(frozen=True, slots=True)
class Decided:
    """One channel, whatever the facts that are still unknown turn out to be."""

    channel: Channel
    row: ChannelRule
    """The row that decides. Where several with this channel are still open: one whose condition is known to hold, so that the reason
    claims nothing unknown; else the one that covers most cases."""
    facts: Facts
    """What was known, and what was assumed in the open."""
    duties: tuple[DutyRule, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question whose answer can change the channel. `channels` are those that can still be reached."""

    fact: Fact
    choices: tuple[Value, ...]
    facts: Facts
    channels: frozenset[str]
    evidence: tuple[Evidence, ...] = ()
    """What in the text made this unclear, if anything did."""


@dataclass(frozen=True, slots=True)
class NoRoutine:
    """No routine is in force for this region on this day. Never answered with the newest one by silence."""

    region: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is known cannot all be true. The person is asked which it is; nothing is chosen for her."""

    facts: Facts
    between: tuple[Fact, ...]


Decision = Decided | Ask | NoRoutine | Conflict


def with_context(facts: Facts, sender: UnitType, recipient: UnitType | None) -> Facts:
    """The facts with what follows from who writes to whom, what a death notice implies, and consent as not asked yet."""
    facts = facts.with_known(Fact.SENDER_TYPE, str(sender), Provenance.CONTEXT)
    if recipient is not None:
        facts = facts.with_known(Fact.RECIPIENT_TYPE, str(recipient), Provenance.CONTEXT)
    answered = facts.value(Fact.RECIPIENT_TYPE)
    if answered is not None:
        facts = facts.with_known(Fact.DIRECTION, str(direction(sender, UnitType(str(answered)))), Provenance.CONTEXT)
    if Fact.CONSENT not in facts:  # in doubt too: it has a step of its own, before anything is sent
        facts = facts.with_known(Fact.CONSENT, str(ConsentState.NOT_ASKED), Provenance.CONTEXT)
    topic = facts.known.get(Fact.TOPIC)
    if topic is not None and topic.value == DEATH_NOTICE and Fact.PATIENT_STATUS not in facts:
        facts = facts.with_known(Fact.PATIENT_STATUS, str(PatientStatus.DECEASED), topic.provenance, topic.evidence)
    return facts


def decide(pack: Pack, sender: UnitType, recipient: UnitType | None, facts: Facts) -> Decided | Ask | Conflict:
    """The routine's answer to what is known. `facts` hold no assumptions: the pack's own are made here, in the open."""
    facts = with_context(facts, sender, recipient)
    reached = reach(pack, sender, facts)
    if not reached.leaves:
        return Conflict(facts, (Fact.TOPIC, Fact.PATIENT_STATUS))
    shown = Facts({**reached.assumed, **facts.known}, facts.unclear)
    if len(reached.channels) == 1:
        row = _told(sender, reached)
        return Decided(pack.channel_by_id[row.channel], row, shown, duties(pack, sender, row, reached))
    fact = next_question(pack, sender, reached.leaves, shown)
    return Ask(fact, choices(pack, fact, reached.leaves, facts), shown, reached.channels, _evidence(facts, fact))


def _told(sender: UnitType, reached: Reach) -> ChannelRule:
    """The row to give as the reason, of those still open."""
    box = _union(reached.leaves)
    sure = [leaf for leaf in reached.leaves if certain(leaf.row.when, sender, box)]
    return max(sure or reached.leaves, key=lambda leaf: leaf.size).row


def _union(leaves: Sequence[Leaf]) -> Box:
    """Every value that each fact can still have."""
    return {fact: frozenset[Value]().union(*(leaf.box[fact] for leaf in leaves)) for fact in BOX_FACTS}


def next_question(pack: Pack, sender: UnitType, leaves: Sequence[Leaf], facts: Facts) -> Fact:
    """The live fact that comes first in rule order; within one row, what the text already hints at, then the fewest answers."""
    live = live_facts(leaves) - NEVER_ASKED
    for row in rows_for(pack, sender):
        here = [fact for fact in row.when if fact in live]
        if here:
            return min(here, key=lambda fact: (fact not in facts.unclear, len(pack.values(fact))))
    raise ValueError(
        "several channels but no fact to ask about"
    )  # ruled out: a path of single changes joins any two cases


def choices(pack: Pack, fact: Fact, leaves: Sequence[Leaf], facts: Facts) -> tuple[Value, ...]:
    """Every answer that is still possible, the likely ones first, then in the vocabulary's or the pack's order."""
    open_values = frozenset[Value]().union(*(leaf.box[fact] for leaf in leaves))
    unclear = facts.unclear.get(fact)
    likely = [value for value in unclear.likely if value in open_values] if unclear else []
    return (*likely, *(value for value in pack.values(fact) if value in open_values and value not in likely))


def _evidence(facts: Facts, fact: Fact) -> tuple[Evidence, ...]:
    unclear = facts.unclear.get(fact)
    return unclear.evidence if unclear else ()


def duties(pack: Pack, sender: UnitType, row: ChannelRule, reached: Reach) -> tuple[DutyRule, ...]:
    """Every duty that holds in all the cases left open, for this channel and rule."""
    box = _union(reached.leaves)
    return tuple(
        duty
        for duty in pack.duties
        if (not duty.channels or row.channel in duty.channels)
        and (not duty.rules or row.id in duty.rules)
        and certain(duty.when, sender, box)
    )


def assumed(facts: Facts) -> Mapping[Fact, Known]:
    """What was assumed in the open, to be shown with a one-tap change."""
    return {fact: known for fact, known in facts.known.items() if known.provenance is Provenance.ASSUMED}
