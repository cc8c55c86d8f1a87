"""Whether the person is at home, an inpatient or dead: the phrases first, the small model beside them as a second reader.

The model alone never settles anything but "at home": where it leans elsewhere and no phrase says so, the fact is left unclear and asked.
"""

from collections.abc import Mapping, Sequence

from knowledge.vocabulary import Fact, PatientStatus, Provenance, Value
from triage.facts import Evidence, Known, Unclear
from triage.reading.model import Verdict, shares
from triage.reading.normalise import Token

HOME = str(PatientStatus.AT_HOME)
_HINT = 0.3
"""From this share for another place than home, the model alone is reason to ask."""
_DOUBT = 0.1
"""A phrase's value that the model gives no more than this is doubted."""
_FEW_WORDS = 6
"""A shorter text than this gives the model too little to doubt a phrase by."""
_SETTLE = 0.95
"""From this share the model settles what the phrases leave open between a few values."""
_WEIGHT = 0.5


def read_status(phrases: Known | Unclear | None, verdict: Verdict, tokens: Sequence[Token]) -> Known | Unclear | None:
    """What phrases and model say together. They must agree for a value to be taken as stated."""
    share = shares(verdict.scores)
    best = max(share, key=share.__getitem__)
    own = tuple(
        Evidence(Fact.PATIENT_STATUS, best, tokens[s.first].start, tokens[s.last - 1].end, "models.status", _WEIGHT)
        for s in verdict.reasons
    )
    match phrases:
        case Known() if len(tokens) < _FEW_WORDS:
            return phrases
        case Known(value=value, evidence=found) if share.get(str(value), 0.0) <= _DOUBT:
            return Unclear((value, best), (*found, *own))
        case Unclear(likely=values, evidence=found) if best in values or best == HOME:
            return Known(best, Provenance.INFERRED, (*found, *own)) if share[best] >= _SETTLE else phrases
        case None if 1.0 - share.get(HOME, 0.0) >= _HINT:
            return Unclear(_asked(best, share), own)
        case _:
            return phrases


def _asked(best: str, share: Mapping[str, float]) -> tuple[Value, ...]:
    """The likeliest place other than home, beside home, in the order of their likelihood."""
    away = max((value for value in share if value != HOME), key=share.__getitem__)
    return (away, HOME) if best == away else (HOME, away)
