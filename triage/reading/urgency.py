"""Words that may mean danger or hurry → an alarm that makes Lots ask. Never grades a symptom; only the sender's plain word settles."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.vocabulary import Fact, Provenance, Urgency
from triage.facts import Evidence, Known, Unclear
from triage.reading.classify import evidence
from triage.reading.match import Hit
from triage.reading.normalise import Token

_GRAVE = 1.5
"""From this weight, words are shown as danger to life, and the model must be surer to doubt them."""
_ALARM = 1.0
_HUNCH = -1.5
"""The model's margin from which Lots asks though no phrase gave an alarm. Far on the careful side, since a missed danger costs most."""
_DOUBTED, _GRAVE_DOUBTED = -4.5, -6.5
"""Below these the model is so sure that an ordinary phrase, or a grave one, gives no alarm. Never for the sender's own plain word."""
_CALM_SAID = 1.0
"""So much nearer lie those limits where the sender says that it can wait."""

LIFE, URGENT, WAIT = str(Urgency.LIFE_THREATENING), str(Urgency.URGENT), str(Urgency.CAN_WAIT)
ASKED = (LIFE, URGENT, WAIT)
"""Always in this order, whatever the alarm: a question that is met in haste must look the same each time."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What in the text bears on urgency, after scope. `measured` are values outside their limits, as evidence."""

    hits: Sequence[Hit]
    measured: tuple[Evidence, ...]
    margin: float | None = None
    """How far the small model leans to danger; None without a model."""
    hunch: Evidence | None = None
    """The words that weighed most for that."""


def read_urgency(signs: Signs, tokens: Sequence[Token]) -> Known | Unclear | None:
    """Known only by the sender's own word and nothing against it; unclear wherever anything may mean danger or hurry."""
    by_value: dict[str, list[Hit]] = {}
    for hit in signs.hits:
        by_value.setdefault(str(hit.entry.value), []).append(hit)
    danger, hurry = by_value.get("danger", []), by_value.get("hurry", [])
    plain_life, plain = by_value.get("plain_life_threatening", []), by_value.get("plain_urgent", [])
    soon = by_value.get("wanted_soon", [])
    calm = [hit for hit in by_value.get("calm", []) if not _is_aside(hit, by_value.get("aside", []))]
    alarms = (*_shown([*plain_life, *plain, *danger, *hurry, *soon], tokens), *signs.measured)
    if plain_life and not calm:
        return Known(LIFE, Provenance.STATED, _as(LIFE, plain_life, tokens))
    if plain and not danger and not signs.measured and not calm:
        return Known(URGENT, Provenance.STATED, _as(URGENT, plain, tokens))
    if plain or plain_life or soon or _alarming([*danger, *hurry], signs, calm_said=bool(calm)):
        hunch = () if signs.hunch is None or alarms else (signs.hunch,)
        return Unclear(ASKED, (*alarms, *hunch))
    if calm:
        return Known(WAIT, Provenance.STATED, _as(WAIT, calm, tokens))
    return None


def _is_aside(calm: Hit, asides: Sequence[Hit]) -> bool:
    """ "Mår bra i övrigt" tells how everything else is, and nothing of whether the matter can wait."""
    return any(aside.first <= calm.first and calm.last <= aside.last for aside in asides)


def _alarming(hits: Sequence[Hit], signs: Signs, *, calm_said: bool) -> bool:
    """Whether phrases and values, or the model alone, are reason enough to ask."""
    weights = {hit.why: hit.entry.weight for hit in hits}
    enough = sum(weights.values()) + len(signs.measured) >= _ALARM
    if signs.margin is None:
        return enough
    grave = max(weights.values(), default=0.0) >= _GRAVE or bool(signs.measured)
    limit = (_GRAVE_DOUBTED if grave else _DOUBTED) + (_CALM_SAID if calm_said else 0.0)
    doubted = signs.margin < limit
    return (enough and not doubted) or signs.margin >= _HUNCH


def _shown(hits: Sequence[Hit], tokens: Sequence[Token]) -> tuple[Evidence, ...]:
    return tuple(evidence(Fact.URGENCY, hit, tokens, LIFE if hit.entry.weight >= _GRAVE else URGENT) for hit in hits)


def _as(value: str, hits: Sequence[Hit], tokens: Sequence[Token]) -> tuple[Evidence, ...]:
    return tuple(evidence(Fact.URGENCY, hit, tokens, value) for hit in hits)
