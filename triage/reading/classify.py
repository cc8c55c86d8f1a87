"""Scoped hits of one fact → settled, unclear or nothing. Knows weights, and no Swedish."""

from collections.abc import Iterable, Mapping, Sequence

from knowledge.vocabulary import FIXED_VALUES, Fact, Provenance, Value
from triage.facts import Evidence, Known, Unclear
from triage.reading.match import Hit
from triage.reading.normalise import Token

SETTLES = 1.0
HINTS = 0.5


def evidence(fact: Fact, hit: Hit, tokens: Sequence[Token], value: Value | None = None) -> Evidence:
    """A hit as evidence, with its place in the text as written."""
    return Evidence(
        fact,
        hit.entry.value if value is None else value,
        tokens[hit.first].start,
        tokens[hit.last - 1].end,
        hit.why,
        min(hit.entry.weight, 1.0),
    )


def weigh(hits: Iterable[Hit]) -> dict[Value, float]:
    """How much speaks for each value. An entry counts once, however often it stands in the text."""
    once: dict[str, Hit] = {}
    for hit in hits:
        once.setdefault(hit.why, hit)
    total: dict[Value, float] = {}
    for hit in once.values():
        total[hit.entry.value] = total.get(hit.entry.value, 0.0) + hit.entry.weight
    return total


def settle(fact: Fact, hits: Sequence[Hit], tokens: Sequence[Token]) -> Known | Unclear | None:
    """One value with enough for it and nothing serious against it is known; other hints leave the fact unclear."""
    weights = weigh(hits)
    found = tuple(evidence(fact, hit, tokens) for hit in hits)
    strong = sorted((value for value in weights if weights[value] >= HINTS), key=lambda value: -weights[value])
    if not strong:
        return None
    best = strong[0]
    runner_up = weights[strong[1]] if len(strong) > 1 else 0.0
    if weights[best] >= SETTLES and weights[best] >= runner_up + HINTS:
        own = tuple(item for item in found if item.value == best)
        return Known(best, Provenance.STATED, own)
    return Unclear(likely(fact, weights), found)


def likely(fact: Fact, weights: Mapping[Value, float]) -> tuple[Value, ...]:
    """The values that the text speaks for, likeliest first; for a yes or no both."""
    hinted = sorted(weights, key=lambda value: -weights[value])
    if True in hinted or False in hinted:
        return (*hinted, *(value for value in FIXED_VALUES[fact] if value not in hinted))
    return tuple(hinted)
