"""What was known + what was just read → what is known now. Never lets an inference replace an answer; chooses no side in a contradiction.

Laws: an answer replaces everything; a statement replaces inferences and what was unclear; a statement against an answer or another
statement leaves the fact unclear with both values; an inference fills only what is not known. New words of danger reopen urgency, even
when it was answered before they were said: merge each text once.
"""

from knowledge.vocabulary import Fact, Provenance, Value
from triage.facts import Facts, Known, Unclear

_FIRM = frozenset({Provenance.ANSWERED, Provenance.STATED})


def merge(base: Facts, new: Facts) -> Facts:
    """The facts after something new was said. Merging the same reading twice changes nothing."""
    merged = base
    for fact, known in new.known.items():
        merged = _with(merged, fact, known)
    for fact, unclear in new.unclear.items():
        merged = _with_doubt(merged, fact, unclear)
    return merged


def _with(base: Facts, fact: Fact, new: Known) -> Facts:
    old = base.known.get(fact)
    if new.provenance is Provenance.ANSWERED:
        return _put(base, fact, new)
    if old is None:
        doubt = base.unclear.get(fact)
        return base if doubt is not None and not _settles(new, doubt) else _put(base, fact, new)
    if new.provenance in _FIRM and old.provenance in _FIRM:
        return base if old.value == new.value else base.with_unclear(fact, _both(old, new))
    return _put(base, fact, new) if _rank(new.provenance) < _rank(old.provenance) else base


def _settles(new: Known, doubt: Unclear) -> bool:
    """A statement settles a doubt unless it is one of the very statements that made it."""
    old_news = new.value in doubt.likely and all(item in doubt.evidence for item in new.evidence)
    return new.provenance is Provenance.STATED and not old_news


def _with_doubt(base: Facts, fact: Fact, new: Unclear) -> Facts:
    old = base.known.get(fact)
    if old is None:
        before = base.unclear.get(fact)
        return base.with_unclear(fact, new if before is None else _joined(new, before))
    if old.provenance in _FIRM and fact is not Fact.URGENCY:
        return base
    return base.with_unclear(fact, Unclear(_unique((*new.likely, old.value)), (*new.evidence, *old.evidence)))


def _both(old: Known, new: Known) -> Unclear:
    return Unclear((new.value, old.value), (*new.evidence, *old.evidence))


def _joined(new: Unclear, before: Unclear) -> Unclear:
    extra = tuple(item for item in before.evidence if item not in new.evidence)
    return Unclear(_unique((*new.likely, *before.likely)), (*new.evidence, *extra))


def _unique(values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(values))


def _put(base: Facts, fact: Fact, known: Known) -> Facts:
    return base.with_known(fact, known.value, known.provenance, known.evidence)


def _rank(provenance: Provenance) -> int:
    return tuple(Provenance).index(provenance)
