"""Finding a unit by what staff call it: half a name, a misspelt one, a type with a place, or what the unit does. Pure; knows no region.

Every word of names, nicknames, places and duties is indexed once. A search looks its few words up, by letters first and by likeness where
nothing fits, and scores only the units that share one: so ten thousand units cost no more than comparing their names.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process

from knowledge.directory import Unit
from knowledge.vocabulary import UnitType


@dataclass(frozen=True, slots=True)
class UnitHit:
    """A unit with how well it fits, 0–100."""

    unit_id: str
    score: float


SURE: Final = 72.0
"""A score from which the best hit may be taken without asking …"""
LEAD: Final = 9.0
"""… if it is this much ahead of the next."""
LEAST: Final = 34.0
"""Below this a unit is no hit at all."""

_WORD: Final = re.compile(r"[^\W_]+")
_STOP: Final = frozenset(
    ["i", "på", "den", "det", "de", "för", "till", "hos", "och", "av", "med", "om", "en", "ett", "vid", "från", "som", "är", "vår", "vårt", "våra", "er", "ert", "era", "min", "mitt", "kan", "man", "vi", "nån", "någon", "ta", "jag", "ska", "kontakta", "du", "ringa", "ringer", "skicka", "skickar", "behöver", "måste", "deras", "mig", "dig", "ring", "nå", "enheten", "kommun", "kommunen", "kommuns", "kommunens", "region", "regionen", "regionens"]
)  # fmt: skip
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "vc": "vårdcentral", "hc": "hälsocentral", "htj": "hemtjänst", "hsv": "hemsjukvård", "avd": "avdelning", "mott": "mottagning", "övik": "örnsköldsvik",
    "bihandl": "biståndshandläggare", "biståndshandl": "biståndshandläggare", "bhl": "biståndshandläggare", "hemsjukv": "hemsjukvård", "psyk": "psykiatri",
    "at": "arbetsterapeut", "ft": "fysioterapeut", "sg": "sjukgymnast", "dsk": "distriktssköterska", "fk": "försäkringskassan", "af": "arbetsförmedlingen",
    "amb": "ambulans", "hab": "habilitering", "habben": "habilitering",
}  # fmt: skip
_TYPES: Final[Mapping[str, tuple[UnitType, ...]]] = {
    "vårdcentral": (UnitType.PRIMARY_CARE,),
    "hälsocentral": (UnitType.PRIMARY_CARE,),
    "läkarhus": (UnitType.PRIMARY_CARE,),
    "närsjukvård": (UnitType.PRIMARY_CARE,),
    "husläkare": (UnitType.PRIMARY_CARE,),
    "primärvård": (UnitType.PRIMARY_CARE, UnitType.REGIONAL_REHAB),
    "hemsjukvård": (UnitType.MUNICIPAL_HEALTH,),
    "kommunsköterska": (UnitType.MUNICIPAL_HEALTH,),
    "kommunrehab": (UnitType.MUNICIPAL_HEALTH,),
    "rehab": (UnitType.REGIONAL_REHAB, UnitType.MUNICIPAL_HEALTH),
    "primärvårdsrehab": (UnitType.REGIONAL_REHAB,),
    "rehabmottagning": (UnitType.REGIONAL_REHAB,),
    "sjukgymnastik": (UnitType.REGIONAL_REHAB,),
    "psykiatri": (UnitType.PSYCHIATRIC_OUTPATIENT, UnitType.INPATIENT_WARD),
    "öppenvårdspsykiatri": (UnitType.PSYCHIATRIC_OUTPATIENT,),
    "öppenvårdspsyk": (UnitType.PSYCHIATRIC_OUTPATIENT,),
    "vuxenpsykiatri": (UnitType.PSYCHIATRIC_OUTPATIENT,),
    "äldrepsykiatri": (UnitType.PSYCHIATRIC_OUTPATIENT,),
    "specialistmottagning": (UnitType.SPECIALIST_OUTPATIENT,),
    "habilitering": (UnitType.SPECIALIST_OUTPATIENT,),
    "palliativ": (UnitType.SPECIALIST_OUTPATIENT,),
    "mottagning": (UnitType.SPECIALIST_OUTPATIENT, UnitType.PSYCHIATRIC_OUTPATIENT, UnitType.REGIONAL_REHAB),
    "ambulans": (UnitType.AMBULANCE,),
    "avdelning": (UnitType.INPATIENT_WARD,),
    "vårdavdelning": (UnitType.INPATIENT_WARD,),
    "slutenvård": (UnitType.INPATIENT_WARD,),
    "sjukhus": (UnitType.INPATIENT_WARD,),
    "lasarett": (UnitType.INPATIENT_WARD,),
    "bistånd": (UnitType.NEEDS_ASSESSOR,),
    "biståndsenhet": (UnitType.NEEDS_ASSESSOR,),
    "biståndshandläggare": (UnitType.NEEDS_ASSESSOR,),
    "biståndsbedömare": (UnitType.NEEDS_ASSESSOR,),
    "hemtjänst": (UnitType.HOME_HELP,),
    "elevhälsa": (UnitType.OTHER_PARTY,),
    "skola": (UnitType.OTHER_PARTY,),
    "skolsköterska": (UnitType.OTHER_PARTY,),
}
"""Words for a type, in their base form; others like them are found by their ending or by likeness."""

_ENDINGS: Final = (
    "arnas",
    "ernas",
    "ornas",
    "arna",
    "erna",
    "orna",
    "ens",
    "ets",
    "ans",
    "en",
    "et",
    "an",
    "na",
    "s",
    "n",
)
_FIELDS: Final = (("name", 1.0), ("aliases", 0.97), ("municipality", 0.9), ("does", 0.85), ("organisation", 0.5))
_LIKENESS: Final = 74
_TYPE_LIKENESS: Final = 86
_PREFIX: Final = 0.93
_TYPE_WEIGHT: Final = 0.55
_OF_TYPE: Final = 0.6
"""How much of a type word's weight is for being of that type; the rest is for using the word itself."""
_UNKNOWN_WEIGHT: Final = 0.3
"""What a word like no unit's takes off: it may be a part of the sentence around."""
_MANY: Final = 400
_OWN_NAME: Final = 6.0
"""Points of 100 for a unit whose own name is wholly in the query."""


def normalise(text: str) -> tuple[str, ...]:
    """The words of a name or a query, abbreviations spelled out, endings taken off, small words left out."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    return tuple(_base(_ABBREVIATIONS.get(word, word)) for word in words if word not in _STOP)


def _base(word: str) -> str:
    """The word without its ending: vårdcentralens → vårdcentral. Crude, but the same for index and query."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


_TYPE_BASES: Final[Mapping[str, tuple[UnitType, ...]]] = {_base(word): types for word, types in _TYPES.items()}
_TYPE_WORDS: Final = tuple(_TYPE_BASES)


def _canonical(word: str) -> str:
    """The word for a type that this one is, inflected or misspelt; any other word as it is."""
    if word in _TYPE_BASES or len(word) < 6:
        return word
    begun = next((base for base in _TYPE_WORDS if base.startswith(word)), None)
    if begun is not None:
        return begun
    near = process.extractOne(word, _TYPE_WORDS, scorer=fuzz.ratio, score_cutoff=_TYPE_LIKENESS)
    return near[0] if near else word


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A type that the query names, and the units that use the very word: a palliative team is nearer to "palliativa" than other clinics."""

    types: tuple[UnitType, ...]
    users: Mapping[int, float]

    def fits(self, number: int, unit_type: UnitType) -> float:
        return _OF_TYPE * (unit_type in self.types) + (1 - _OF_TYPE) * self.users.get(number, 0.0)


class UnitFinder:
    """An index over units. Immutable and safe to share."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        own: list[frozenset[str]] = []
        canonical = cache(_canonical)
        for number, unit in enumerate(self._units):
            for raw, weight in _indexed(unit):
                word = canonical(raw)
                postings[word][number] = max(weight, postings[word].get(number, 0.0))
            own.append(frozenset(w for w in normalise(unit.name) if canonical(w) not in _TYPE_BASES))
        self._postings: Mapping[str, Mapping[int, float]] = dict(postings)
        self._own = tuple(own)
        self._words = tuple(sorted(postings))
        self._by_letter: Mapping[str, Sequence[str]] = _by_letter(self._words)
        self._of_type: Mapping[UnitType, Sequence[int]] = {
            unit_type: tuple(n for n, unit in enumerate(self._units) if unit.type is unit_type)
            for unit_type in UnitType
        }

    def find(
        self, query: str, *, region: str | None = None, unit_type: UnitType | None = None, limit: int = 5
    ) -> tuple[UnitHit, ...]:
        """The best fits first; those that fit equally in the directory's order. Empty when nothing is like the query."""
        words = tuple(word if word in self._postings else _canonical(word) for word in normalise(query[:200]))
        if not words:
            return ()
        plain = [word for word in words if word not in _TYPE_BASES]
        wanted = [_Wanted(_TYPE_BASES[word], self._postings.get(word, {})) for word in words if word in _TYPE_BASES]
        matches = tuple(map(self._matches, _joined(plain, self._postings)))
        possible = self._possible(matches, wanted, unit_type)
        scored = (
            UnitHit(self._units[number].id, self._score(number, matches, wanted, frozenset(words)))
            for number in possible
            if (region is None or self._units[number].region == region)
            and (unit_type is None or self._units[number].type is unit_type)
        )
        hits = sorted((hit for hit in scored if hit.score >= LEAST), key=lambda hit: -hit.score)
        return tuple(hits[:limit])

    def _possible(
        self, matches: Sequence[Mapping[int, float]], wanted: Sequence[_Wanted], unit_type: UnitType | None
    ) -> Iterable[int]:
        """Units that share a word with the query; where it has none but a type, those of the type."""
        found: set[int] = set()
        for match in sorted(filter(None, matches), key=len):
            if found and len(found) + len(match) > _MANY:  # a word that so many share cannot bring in a better one
                break
            found.update(match)
        if found:
            return sorted(found)
        types = [t for t in UnitType if any(t in want.types for want in wanted) and unit_type in (None, t)]
        return (number for t in types for number in self._of_type[t])

    def _score(
        self,
        number: int,
        matches: Sequence[Mapping[int, float]],
        wanted: Sequence[_Wanted],
        words: frozenset[str],
    ) -> float:
        total = sum(1.0 if match else _UNKNOWN_WEIGHT for match in matches) + _TYPE_WEIGHT * len(wanted)
        got = sum(match.get(number, 0.0) for match in matches)
        got += _TYPE_WEIGHT * sum(want.fits(number, self._units[number].type) for want in wanted)
        own = self._own[number]
        bonus = _OWN_NAME if own and own <= words else 0.0
        return round(min(100.0, (100.0 - _OWN_NAME) * got / total + bonus), 1)

    def _matches(self, word: str) -> Mapping[int, float]:
        """Every unit with a word like this one, and how like it is; empty where there is none."""
        if word in self._postings:
            exact = self._postings[word]
            longer = [w for w in self._beginning(word) if w != word] if len(word) >= 4 else []
            return _best([(1.0, exact), *((_PREFIX, self._postings[w]) for w in longer)])
        near = [(_PREFIX, self._postings[w]) for w in self._beginning(word)] if len(word) >= 3 else []
        near += [(score / 100, self._postings[w]) for w, score in self._like(word)]
        return _best(near)

    def _beginning(self, start: str) -> Iterator[str]:
        at = bisect_left(self._words, start)
        while at < len(self._words) and self._words[at].startswith(start):
            yield self._words[at]
            at += 1

    def _like(self, word: str) -> Iterator[tuple[str, float]]:
        """Words like a misspelt one: among those with its first letter, else among all."""
        if len(word) < 4:
            return
        for words in (self._by_letter.get(word[0], ()), self._words):
            near = process.extract(word, words, scorer=fuzz.ratio, score_cutoff=_LIKENESS, limit=6)
            if near:
                yield from ((found, score) for found, score, _ in near)
                return


def choice(hits: Sequence[UnitHit]) -> UnitHit | tuple[UnitHit, ...]:
    """The one hit that may be taken without asking, or the few that a person must choose among."""
    if not hits:
        return ()
    if hits[0].score >= SURE and (len(hits) == 1 or hits[0].score - hits[1].score >= LEAD):
        return hits[0]
    return tuple(hit for hit in hits if hit.score >= hits[0].score - 2 * LEAD)


def _indexed(unit: Unit) -> Iterator[tuple[str, float]]:
    """Every word of a unit with the weight of the field it stands in."""
    for field, weight in _FIELDS:
        value = getattr(unit, field)
        for text in (value,) if isinstance(value, str) else value or ():
            for word in normalise(text):
                yield word, weight


def _by_letter(words: Sequence[str]) -> Mapping[str, Sequence[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for word in words:
        groups[word[0]].append(word)
    return dict(groups)


def _joined(words: Sequence[str], known: Mapping[str, object]) -> Iterator[str]:
    """The words, two written apart put together where that makes one in the index: "strand ängen"."""
    at = 0
    while at < len(words):
        pair = "".join(words[at : at + 2])
        one = next((form for form in (pair, _base(pair), _base(pair + "n")) if form in known), None)
        together = one is not None and at + 1 < len(words) and words[at + 1] not in known
        yield one if one is not None and together else words[at]
        at += 2 if together else 1


def _best(found: Iterable[tuple[float, Mapping[int, float]]]) -> Mapping[int, float]:
    """For each unit its best match."""
    sources = list(found)
    if len(sources) == 1 and sources[0][0] == 1.0:
        return sources[0][1]
    best: dict[int, float] = {}
    for likeness, postings in sources:
        for number, weight in postings.items():
            value = likeness * weight
            if value > best.get(number, 0.0):
                best[number] = value
    return best
