"""What a person does not know: never assumed, asked about only where nothing else can settle it, and no reason to guess. Pure.

Law: where a decision stands with something unknown, it is the routine's answer whatever that turns out to be.
"""

from collections.abc import Set as AbstractSet

from knowledge.pack import Pack
from knowledge.vocabulary import DERIVED, NEVER_ASKED, Fact, Provenance, UnitType, Value
from triage.decide import Ask, Conflict, Decided, choices, decide, with_context
from triage.facts import Facts, Unclear
from triage.reach import live_facts, reach, rows_for

Decision = Decided | Ask | Conflict


def decide_without(
    pack: Pack, sender: UnitType, recipient: UnitType | None, before: Decision, unknown: AbstractSet[Fact]
) -> Decision:
    """The routine's answer when these facts are not known and may not be assumed. `before` is its answer as if they might be."""
    made = (f for f, k in before.facts.known.items() if k.provenance is Provenance.ASSUMED or f in DERIVED)
    facts = before.facts.without(made)
    for fact in unknown:
        facts = facts.with_unclear(fact, Unclear())
    decision = decide(pack, sender, recipient, facts)
    if not isinstance(decision, Ask) or decision.fact not in unknown:
        return decision
    return _ask_of_another(pack, sender, decision, with_context(facts, sender, recipient), unknown) or decision


def _ask_of_another(pack: Pack, sender: UnitType, asked: Ask, facts: Facts, unknown: AbstractSet[Fact]) -> Ask | None:
    """A question that may settle it although the other cannot be answered; None where there is none left."""
    leaves = reach(pack, sender, facts).leaves
    open_facts = live_facts(leaves) - NEVER_ASKED - unknown
    for row in rows_for(pack, sender):
        here = [fact for fact in row.when if fact in open_facts]
        if here:
            fact = min(here, key=lambda each: (each not in facts.unclear, len(pack.values(each))))
            return Ask(fact, choices(pack, fact, leaves, facts), asked.facts, asked.channels)
    return None


def outcomes(
    pack: Pack, sender: UnitType, recipient: UnitType | None, asked: Ask
) -> tuple[tuple[Value, Decision], ...]:
    """What the routine would say to each answer."""
    made = (f for f, k in asked.facts.known.items() if k.provenance is Provenance.ASSUMED or f in DERIVED)
    facts = asked.facts.without(made)
    known = (facts.with_known(asked.fact, value, Provenance.ANSWERED) for value in asked.choices)
    return tuple(
        (value, decide(pack, sender, recipient, fact)) for value, fact in zip(asked.choices, known, strict=True)
    )
