"""A question about the routines → the fact that answers it with its source, or an honest refusal. Pure; invents nothing.

A question is compared with every way of asking that the FAQ knows for this pack, by words (weighted by how telling they are, with
synonyms and misspellings evened out) and by letters. What is nearest to a question that no routine answers is refused, and so is what is
near to none.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from knowledge.faq import LONGEST, Entry, Faq
from knowledge.pack import Pack

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """The document's title and the heading a fact stands under."""

    document: str
    section: str


@dataclass(frozen=True, slots=True)
class Answer:
    answered: bool
    text: str
    sources: tuple[AnswerSource, ...] = ()


NEAR: Final = 0.29
"""How like a known way of asking a question must be to be answered."""
_MOST: Final = 4
_LEAST_BESIDE: Final = 0.2
BESIDE: Final = 0.55
"""A second fact this near to the best one is told too, where both fit."""
_WORDS, _LETTERS, _WHOLE = 0.25, 0.38, 0.37
"""What a way of asking's words, its letters and the whole entry weigh in the likeness."""
_SOFT: Final = 0.6
"""What a question word weighs beside a word of content."""
_STRANGE: Final = 0.9
"""What a word no entry knows weighs, beside the rarest one that some entry does."""
_EMPTY: Final = 0.5
"""What is left of a likeness in question words and letters alone."""
_UNPROVEN: Final = 0.85
"""What is left of a likeness to a question no routine answers, without a word of its own to prove it."""
_MISSPELT: Final = 82
_PART: Final = 6
"""Letters of a word that is told again inside a compound."""
_GRAM: Final = 4
_WORD: Final = re.compile(r"[^\W_]+")
_ENDINGS: Final = (
    "arnas", "ernas", "ornas", "arna", "erna", "orna", "aren", "andes", "ande", "ens", "ets", "ans", "ades", "ade", "ats", "ar", "er", "or", "en", "et",
    "an", "as", "es", "at", "na", "a", "e", "s", "n", "t", "r",
)  # fmt: skip
_SHORTEST_STEM: Final = 3


def answer(faq: Faq, pack: Pack, question: str, others: Iterable[Pack] = ()) -> Answer:
    """As `Answerer.answer`, for a single question."""
    return Answerer(faq).answer(pack, question, others)


class Answerer:
    """The FAQ ready for questions. Immutable and safe to share."""

    def __init__(self, faq: Faq) -> None:
        self._faq = faq
        self._indexes = {pack_id: _Index(faq, entries) for pack_id, entries in faq.by_pack.items()}

    def answer(self, pack: Pack, question: str, others: Iterable[Pack] = ()) -> Answer:
        """From this pack's own facts; from another region's only where the question names it, and then saying so.

        `others` are the packs that may be spoken of besides, one a region: those in force.
        """
        named = self._named_region(question, pack)
        if named is None:
            return self._from(pack, question)
        other = next((candidate for candidate in others if candidate.region == named), None)
        if other is None:
            return self._refuse(pack)
        found = self._from(other, question)
        if not found.answered:
            return found
        text = self._faq.elsewhere.format(region=other.name, text=found.text)
        return Answer(answered=True, text=text, sources=found.sources) if len(text) <= LONGEST else found

    def _named_region(self, question: str, pack: Pack) -> str | None:
        """Another region than the pack's that the question names."""
        words = set(_WORD.findall(_fold(question)))
        named = [region for region, names in self._faq.regions.items() if words.intersection(names)]
        return named[0] if named and pack.region not in named else None

    def _from(self, pack: Pack, question: str) -> Answer:
        index = self._indexes.get(pack.id)
        ranked = index.rank(question) if index else ()
        if not ranked or ranked[0][0] < NEAR:
            return self._refuse(pack)
        score, best = ranked[0]
        if best.silent or best.text is None:
            return self._refuse(pack, best.text)
        told = [best]
        for other_score, other in ranked[1:_MOST]:
            if other.silent or other_score < max(BESIDE * score, _LEAST_BESIDE):
                break
            if len(self._tell([*told, other])) <= LONGEST and _adds(other, told):
                told.append(other)
        document = pack.sources[0].title
        sources = dict.fromkeys(AnswerSource(document, section) for entry in told for section in entry.sections)
        return Answer(answered=True, text=self._tell(told), sources=tuple(sources))

    def _tell(self, told: Sequence[Entry]) -> str:
        """The best answer, and after it what else may be meant."""
        first, *rest = (entry.text or "" for entry in told)
        return self._faq.beside.format(text=first, other=" ".join(rest)) if rest else first

    def _refuse(self, pack: Pack, text: str | None = None) -> Answer:
        return Answer(answered=False, text=text or self._faq.refusal.format(routine=pack.name))


def _adds(entry: Entry, told: Sequence[Entry]) -> bool:
    """Whether a second answer says something else: two that begin alike ("Nej. …") would read as one answer twice."""
    return all(fuzz.token_set_ratio(entry.text or "", other.text or "") < 85 for other in told)


class _Index:
    """Every way of asking of one pack, and of what no routine answers, as vectors."""

    def __init__(self, faq: Faq, own: Sequence[Entry]) -> None:
        self._faq = faq
        self._entries = (*own, *faq.unanswered)
        asks = [[_stems(ask, faq) for ask in entry.asks] for entry in self._entries]
        wholes = [
            [stem for ask in of for stem in ask] + _stems(entry.text or "", faq)
            for entry, of in zip(self._entries, asks, strict=True)
        ]
        ours = {stem for whole in wholes[: len(own)] for stem in whole}
        self._strange = [
            None if entry in own else set(whole) - ours for entry, whole in zip(self._entries, wholes, strict=True)
        ]
        self._rarity = _rarity([set(whole) for whole in wholes])
        self._known = tuple(self._rarity)
        self._unknown = _STRANGE * max(self._rarity.values(), default=1.0)
        self._asks = [[(self._vector(stems), _grams(ask)) for stems, ask in zip(of, entry.asks, strict=True)] for entry, of in zip(self._entries, asks, strict=True)]  # fmt: skip
        self._wholes = [self._vector(list(dict.fromkeys(whole))) for whole in wholes]

    def rank(self, question: str) -> tuple[tuple[float, Entry], ...]:
        """Every entry with its likeness to the question, 0–1, best first."""
        stems = [self._spelled(stem) for stem in _stems(question[:600], self._faq)]
        if not stems:
            return ()
        words, letters = self._vector(stems), _grams(question[:600])
        said = set(stems)
        scored = [
            (self._likeness(number, words, letters) * self._trust(number, said), entry)
            for number, entry in enumerate(self._entries)
        ]
        return tuple(sorted(scored, key=lambda pair: -pair[0]))

    def _likeness(self, number: int, words: Vector, letters: Vector) -> float:
        best = max(
            _WORDS * _cosine(words, ask) + _LETTERS * _cosine(letters, grams) for ask, grams in self._asks[number]
        )
        content = {stem: weight for stem, weight in words.items() if stem not in self._faq.soft}
        covered = _covered(content, self._wholes[number])
        return best + _WHOLE * covered if covered else _EMPTY * best

    def _trust(self, number: int, said: set[str]) -> float:
        """Less for what no routine answers, when the question has no word but those that this routine knows."""
        strange = self._strange[number]
        return 1.0 if strange is None or strange & said else _UNPROVEN

    def _spelled(self, stem: str) -> str:
        """The known stem that an unknown one is built on or misspelt for: specialistsidan → specialist."""
        if stem in self._rarity or len(stem) <= _GRAM:
            return stem
        parts = [
            known for known in self._known if len(known) >= _PART and (stem.startswith(known) or stem.endswith(known))
        ]
        if parts:
            return max(parts, key=len)
        near = process.extractOne(stem, self._known, scorer=fuzz.ratio, score_cutoff=_MISSPELT)
        return near[0] if near else stem

    def _vector(self, stems: Sequence[str]) -> Vector:
        soft = self._faq.soft
        return _unit({stem: self._rarity.get(stem, self._unknown) * (_SOFT if stem in soft else 1.0) for stem in stems})


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _stems(text: str, faq: Faq) -> list[str]:
    """The telling words of a text, each as its stem or the one that stands for it."""
    words = [word for word in _WORD.findall(_fold(text)) if word not in faq.stop]
    return [word if word in faq.soft else _stem(faq.same.get(word, word)) for word in words]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _grams(text: str) -> Vector:
    """The text's runs of four letters, so that parts of compounds count."""
    padded = f" {' '.join(_WORD.findall(_fold(text)))} "
    return _unit(Counter(padded[at : at + _GRAM] for at in range(max(0, len(padded) - _GRAM + 1))))


def _rarity(documents: Sequence[set[str]]) -> Mapping[str, float]:
    """How telling each stem is: the fewer entries it stands in, the more."""
    counts = Counter(stem for document in documents for stem in document)
    return {stem: math.log(1 + len(documents) / count) for stem, count in counts.items()}


def _unit(weights: Mapping[str, float]) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {key: weight / length for key, weight in weights.items()}


def _cosine(one: Vector, other: Vector) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other.get(key, 0.0) for key, weight in one.items())


def _covered(words: Vector, whole: Vector) -> float:
    """How much of what is asked an entry speaks of at all."""
    return sum(weight * weight for key, weight in words.items() if key in whole)
