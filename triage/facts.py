"""Facts with their origin: an immutable table of what is known, and how. Decides nothing.

Laws: an inference never replaces an answer; a fact whose evidence points two ways is unclear, and unclear facts are asked about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from knowledge.vocabulary import Fact, Provenance, Value


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that gave a fact a value. `start` and `end` are offsets into the text as it was written, end exclusive.

    `why` is a key of the lexicon entry or reason that matched, never the words themselves. `weight` is 0–1: how sure this
    reading is on its own. A fact is settled by evidence of weight 1 or more in sum for one value and none against.
    """

    fact: Fact
    value: Value
    start: int
    end: int
    why: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    value: Value
    provenance: Provenance
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something hints at this fact without settling it: it is asked about if it matters, and never assumed.

    `likely` are the values in the order the text makes them likely, and the evidence for each is kept for the question.
    """

    likely: tuple[Value, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What is known so far. Facts in neither table are simply not known."""

    known: Mapping[Fact, Known] = field(default_factory=dict)
    unclear: Mapping[Fact, Unclear] = field(default_factory=dict)

    def __getitem__(self, fact: Fact) -> Known:
        return self.known[fact]

    def __contains__(self, fact: object) -> bool:
        return fact in self.known

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.known)

    def value(self, fact: Fact) -> Value | None:
        found = self.known.get(fact)
        return None if found is None else found.value

    def values(self) -> dict[Fact, Value]:
        return {fact: known.value for fact, known in self.known.items()}

    def with_known(
        self, fact: Fact, value: Value, provenance: Provenance, evidence: tuple[Evidence, ...] = ()
    ) -> "Facts":
        """This fact set, whatever was known of it before; it is no longer unclear."""
        unclear = {f: u for f, u in self.unclear.items() if f is not fact}
        return replace(self, known={**self.known, fact: Known(value, provenance, evidence)}, unclear=unclear)

    def with_unclear(self, fact: Fact, unclear: Unclear) -> "Facts":
        known = {f: k for f, k in self.known.items() if f is not fact}
        return replace(self, known=known, unclear={**self.unclear, fact: unclear})

    def without(self, facts: Iterable[Fact]) -> "Facts":
        gone = frozenset(facts)
        return Facts(
            {f: k for f, k in self.known.items() if f not in gone},
            {f: u for f, u in self.unclear.items() if f not in gone},
        )


def answered(values: Mapping[Fact, Value]) -> Facts:
    """Facts that a person gave, as from `facts` of a request."""
    return Facts({fact: Known(value, Provenance.ANSWERED) for fact, value in values.items()})
