"""The small linear model: words of a text → how much speaks for each label, and which words weighed most. Learns nothing here.

It is trained from example sentences outside the running program and shipped as data; a text is read by adding up weights.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.lexicon import LinearModel
from triage.reading.match import Hit
from triage.reading.measures import Measured
from triage.reading.normalise import Token

OF_UNITS = "u:"
_STEM, _SHORT_STEM, _ENDING = 5, 4, 5


@dataclass(frozen=True, slots=True)
class Feature:
    """One sign in the text, with the tokens it stands on (end exclusive)."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sum for each label, and the features that weighed most for the best one."""

    scores: Mapping[str, float]
    reasons: tuple[Feature, ...]


def features(
    tokens: Sequence[Token],
    words: Sequence[str],
    hits: Iterable[Hit],
    silenced: Iterable[Hit],
    measured: Iterable[Measured],
) -> tuple[Feature, ...]:
    """Words, their stems and endings, pairs of words, measured values, and the lexicon's findings, meant or silenced; each name once."""
    found: dict[str, Feature] = {}
    for feature in (*_of_words(tokens, words), *_of_hits("@", hits), *_of_hits("~", silenced), *_of_values(measured)):
        found.setdefault(feature.name, feature)
    return tuple(found.values())


def of_units(sender: str, recipient: str | None) -> tuple[Feature, ...]:
    """Who writes to whom: signs of what the matter is, standing on no words and given as no reason."""
    return Feature(f"{OF_UNITS}{sender}", 0, 0), Feature(f"{OF_UNITS}>{recipient or ''}", 0, 0)


def weigh(model: LinearModel, signs: Sequence[Feature]) -> Verdict:
    """Adds up the model's weights. A sign the model does not know adds nothing."""
    known = [(sign, weights) for sign in signs if (weights := model.weights.get(sign.name))]
    sums = list(model.bias)
    for _, weights in known:
        for label, weight in weights:
            sums[label] += weight
    best = max(range(len(sums)), key=sums.__getitem__)
    return Verdict(dict(zip(model.labels, sums, strict=True)), _reasons(known, best))


def shares(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores on a log scale → how likely each label is, one in all."""
    top = max(scores.values(), default=0.0)
    raised = {label: math.exp(value - top) for label, value in scores.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}


def _reasons(known: Sequence[tuple[Feature, Sequence[tuple[int, float]]]], label: int) -> tuple[Feature, ...]:
    weighed = [
        (weight, sign) for sign, weights in known for at, weight in weights if at == label and weight > 0 and sign.last
    ]
    return tuple(sign for _, sign in sorted(weighed, key=lambda pair: (-pair[0], pair[1].first))[:3])


def _of_words(tokens: Sequence[Token], words: Sequence[str]) -> Iterator[Feature]:
    before = ""
    for place, (token, word) in enumerate(zip(tokens, words, strict=True)):
        name = "9" if token.is_number else word
        yield Feature(f"w:{name}", place, place + 1)
        if len(name) > _STEM:
            yield Feature(f"p:{name[:_STEM]}", place, place + 1)
        if len(name) > _SHORT_STEM:
            yield Feature(f"q:{name[:_SHORT_STEM]}", place, place + 1)
        if len(name) > _STEM + 2:
            yield Feature(f"s:{name[-_ENDING:]}", place, place + 1)
        if before:
            yield Feature(f"b:{before} {name}", place - 1, place + 1)
        before = name


def _of_hits(mark: str, hits: Iterable[Hit]) -> Iterator[Feature]:
    for hit in hits:
        yield Feature(f"{mark}{hit.why}", hit.first, hit.last)


def _of_values(measured: Iterable[Measured]) -> Iterator[Feature]:
    for value in measured:
        yield Feature(f"#{value.measure}{'!' if value.outside else '='}", value.first, value.last)
