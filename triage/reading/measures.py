"""Measured values in a text, and whether they lie outside wide limits: a reason to ask, never a grade. Judges no patient."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.lexicon import Measure
from triage.reading.normalise import Token

_REACH = 4
"""How many words may stand between the measure's name and its value."""
_LONE_FEVER = (38.0, 42.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value, as a range of tokens, and whether it lies outside its limits."""

    measure: str
    first: int
    last: int
    outside: bool


class Gauge:
    """The measures of a lexicon, ready to be looked for."""

    def __init__(self, measures: Mapping[str, Measure]) -> None:
        self._measures = measures
        self._exact = {w: name for name, m in measures.items() for w in m.words if not w.endswith("*")}
        self._starts = tuple((w[:-1], name) for name, m in measures.items() for w in m.words if w.endswith("*"))

    def values(self, tokens: Sequence[Token], words: Sequence[str]) -> Iterator[Measured]:
        """Every value of a measure that the lexicon names, and every blood pressure and fever without a name."""
        for place, token in enumerate(tokens):
            if token.is_number:
                yield from self._pressure(tokens, place)
                yield from _lone_fever(tokens, place)
                continue
            name = self._name(words[place])
            if name is not None:
                yield from self._value(name, tokens, place)

    def _name(self, word: str) -> str | None:
        found = self._exact.get(word)
        if found is not None:
            return found
        return next((name for start, name in self._starts if word.startswith(start)), None)

    def _value(self, name: str, tokens: Sequence[Token], place: int) -> Iterator[Measured]:
        measure = self._measures[name]
        for ahead in range(place + 1, min(place + 2 + _REACH, len(tokens))):
            if tokens[ahead].sentence != tokens[place].sentence:
                return
            number = tokens[ahead].number
            if number is not None and _plausible(measure, number):
                yield Measured(name, place, ahead + 1, _outside(measure, number))
                return

    def _pressure(self, tokens: Sequence[Token], place: int) -> Iterator[Measured]:
        upper, _, lower = tokens[place].word.partition("/")
        if not (upper.isdigit() and lower.isdigit()) or "systolic" not in self._measures:
            return
        systolic, diastolic = self._measures["systolic"], self._measures["diastolic"]
        over, under = float(upper), float(lower)
        if not (_plausible(systolic, over) and _plausible(diastolic, under) and over > under):
            return
        yield Measured("systolic", place, place + 1, _outside(systolic, over) or _outside(diastolic, under))


def _plausible(measure: Measure, number: float) -> bool:
    return measure.lowest <= number <= measure.highest


def _outside(measure: Measure, number: float) -> bool:
    too_low = measure.low is not None and number <= measure.low
    return too_low or (measure.high is not None and number >= measure.high)


def _lone_fever(tokens: Sequence[Token], place: int) -> Iterator[Measured]:
    """A body temperature without its name: a number with one decimal between 38 and 42."""
    word, number = tokens[place].word, tokens[place].number
    decimals = word.replace(".", ",").partition(",")[2]
    if number is None or len(decimals) != 1 or not _LONE_FEVER[0] <= number <= _LONE_FEVER[1]:
        return
    following = tokens[place + 1].word if place + 1 < len(tokens) else ""
    if following not in ("kg", "kilo", "cm", "procent", "mg", "ml", "mmol", "km"):
        yield Measured("temperature", place, place + 1, outside=True)
