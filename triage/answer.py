"""A question about the routines → the fact that answers it with its source, or an honest refusal. Pure; invents nothing.

A question is compared with every way of asking that the FAQ knows for this pack, by words (weighted by how telling they are, with
synonyms and misspellings evened out) and by letters. A question that demands something certain (a sum, a number to ring, how long) is
answered only by a fact that tells it. What is nearest to a question that no routine answers is refused, and so is what is near to none.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final

from rapidfuzz import fuzz, process

from knowledge.faq import LONGEST, Entry, Faq
from knowledge.pack import Pack
from triage.demands import Demands
from triage.likeness import GRAM, PART, Language, Postings, Vector, covered, grams, rarity, unit, words_of


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


NEAR: Final = 0.22
"""How like a known way of asking a question must be to be answered. This and the weights below were chosen on the questions in
`tests/triage/questions.txt`, each voice tried without its own ways of asking."""
_MOST: Final = 4
_YES_OR_NO: Final = re.compile(r"(?:Ja|Nej|Jo)(?:, \w+)?")
_OPEN_QUESTION: Final = re.compile(r"\W*(?:när|hur|vad|vilk\w+|vem|vilka|vart|varför)\b", re.IGNORECASE)
"""Not to be answered by yes or no."""
_LEAST_BESIDE: Final = 0.2
BESIDE: Final = 0.55
"""A second fact this near to the best one is told too, where both fit."""
_WORDS: Final = 0.2
_LETTERS: Final = 0.6
_WHOLE: Final = 0.3
"""What a way of asking's words, its letters and the whole entry weigh in the likeness."""
_STRANGE: Final = 1.2
"""What a word no entry knows weighs, beside the rarest one that some entry does."""
_FEW: Final = 16.0
"""Weight that a question's words need together before the whole entry counts for half: a single common word tells little."""
_FOREIGN: Final = 0.15
"""How much of a likeness is lost to words that this routine's answers never use."""
_MISSPELT: Final = 82
_LONGEST_QUESTION: Final = 600
"""Characters of a question that are looked at."""


def answer(faq: Faq, pack: Pack, question: str, others: Iterable[Pack] = ()) -> Answer:
    """As `Answerer.answer`, for a single question."""
    return Answerer(faq).answer(pack, question, others)


class Answerer:
    """The FAQ ready for questions. Safe to share; a pack's index is built by `prepare`, or else when it is first asked for."""

    def __init__(self, faq: Faq) -> None:
        self._faq = faq
        self._language = Language(faq.written, faq.same, faq.soft, faq.stop)
        self._demands = Demands(faq.demands)
        self._index = cache(self._build)
        self._no_routines = cache(lambda: _ways(self._language, faq.unanswered))

    def prepare(self, pack: Pack) -> None:
        """So that the first question about it need not wait for the index."""
        if pack.id in self._faq.by_pack:
            self._index(pack.id)

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

    def _build(self, pack_id: str) -> "_Index":
        return _Index(self._language, _ways(self._language, self._faq.by_pack[pack_id]), self._no_routines())

    def _named_region(self, question: str, pack: Pack) -> str | None:
        """Another region than the pack's that the question names."""
        words = set(words_of(question))
        named = [region for region, names in self._faq.regions.items() if words.intersection(names)]
        return named[0] if named and pack.region not in named else None

    def _from(self, pack: Pack, question: str) -> Answer:
        if pack.id not in self._faq.by_pack:
            return self._refuse(pack)
        words = self._language.spelled_out(question[:_LONGEST_QUESTION])
        demanded = self._demands.of(words)
        ranked = [
            (score, entry)
            for score, entry in self._index(pack.id).rank(words)
            if entry.silent or demanded.issubset(entry.tells)
        ]
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
        text = self._tell(told)
        open_question = _OPEN_QUESTION.match(question)
        return Answer(answered=True, text=_told_beside(text) if open_question else text, sources=tuple(sources))

    def _tell(self, told: Sequence[Entry]) -> str:
        """The best answer, and after it what else may be meant."""
        first, *rest = (entry.text or "" for entry in told)
        return self._faq.beside.format(text=first, other=" ".join(map(_told_beside, rest))) if rest else first

    def _refuse(self, pack: Pack, text: str | None = None) -> Answer:
        return Answer(answered=False, text=text or self._faq.refusal.format(routine=pack.name))


def _adds(entry: Entry, told: Sequence[Entry]) -> bool:
    """Whether a second answer says something else: two that begin alike ("Nej. …") would read as one answer twice."""
    return all(fuzz.token_set_ratio(entry.text or "", other.text or "") < 85 for other in told)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Entries with their ways of asking, read once: those that no routine answers are shared by every pack's index."""

    entries: tuple[Entry, ...]
    owner: tuple[int, ...]
    """For each way of asking the place of its entry."""
    stems: tuple[list[str], ...]
    letters: Postings
    wholes: tuple[frozenset[str], ...]
    """For each entry the stems of its text and of every way of asking."""


def _ways(language: Language, entries: Sequence[Entry]) -> _Ways:
    asks = [(number, language.spelled_out(ask)) for number, entry in enumerate(entries) for ask in entry.asks]
    stems = tuple(language.stems(words) for _, words in asks)
    wholes = [set(language.stems(language.spelled_out(entry.text or ""))) for entry in entries]
    for (number, _), of in zip(asks, stems, strict=True):
        wholes[number].update(of)
    return _Ways(
        tuple(entries),
        tuple(number for number, _ in asks),
        stems,
        Postings(grams(words) for _, words in asks),
        tuple(map(frozenset, wholes)),
    )


class _Index:
    """Every way of asking of one pack, and of what no routine answers."""

    def __init__(self, language: Language, own: _Ways, unanswered: _Ways) -> None:
        self._language = language
        self._entries = (*own.entries, *unanswered.entries)
        self._wholes = (*own.wholes, *unanswered.wholes)
        self._ours = frozenset[str]().union(*own.wholes)
        self._rarity = rarity(self._wholes)
        self._by_letter: dict[str, list[str]] = {}
        for known in self._rarity:
            self._by_letter.setdefault(known[0], []).append(known)
        self._unknown = _STRANGE * max(self._rarity.values(), default=1.0)
        self._owner = (*own.owner, *(len(own.entries) + number for number in unanswered.owner))
        self._words = Postings(unit(self._weights(of)) for of in (*own.stems, *unanswered.stems))
        self._letters = ((0, own.letters), (len(own.owner), unanswered.letters))

    def rank(self, words: Sequence[str]) -> tuple[tuple[float, Entry], ...]:
        """Every entry with its likeness to the question's words, best first."""
        weights = self._weights([self._spelled(stem) for stem in self._language.stems(words)])
        if not weights:
            return ()
        vector = unit(weights)
        content = {stem: weight for stem, weight in vector.items() if stem not in self._language.soft}
        nearest = self._nearest(vector, grams(words))
        whole = _WHOLE * self._amount(weights)
        ours = 1 - _FOREIGN * (covered(content, content) - covered(content, self._ours))
        scored = (
            (score if entry.silent else score * ours, entry)
            for entry, near, told in zip(self._entries, nearest, self._wholes, strict=True)
            if (score := near + whole * covered(content, told))
        )
        return tuple(sorted(scored, key=lambda pair: -pair[0]))

    def _amount(self, weights: Vector) -> float:
        """How much the question says at all, 0–1."""
        full = sum(weight * weight for stem, weight in weights.items() if stem not in self._language.soft)
        return full / (full + _FEW)

    def _nearest(self, words: Vector, letters: Vector) -> list[float]:
        """For each entry the likeness of the way of asking that is most like the question."""
        by_words = self._words.cosines(words)
        best, owner = [0.0] * len(self._entries), self._owner
        for first, postings in self._letters:
            for number, like in postings.cosines(letters).items():
                ask = first + number
                likeness = _WORDS * by_words.pop(ask, 0.0) + _LETTERS * like
                if likeness > best[owner[ask]]:
                    best[owner[ask]] = likeness
        for ask, like in by_words.items():
            if _WORDS * like > best[owner[ask]]:
                best[owner[ask]] = _WORDS * like
        return best

    def _spelled(self, stem: str) -> str:
        """The known stem that an unknown one is built on or misspelt for: specialistsidan → specialist."""
        if stem in self._rarity or len(stem) <= GRAM or stem in self._language.soft:
            return stem
        longest = range(len(stem) - 1, PART - 1, -1)
        parts = chain((stem[-size:] for size in longest), (stem[:size] for size in longest))
        part = next((part for part in parts if part in self._rarity), None)
        if part is not None:
            return part
        alike = self._by_letter.get(stem[0], ())
        near = process.extractOne(stem, alike, scorer=fuzz.ratio, score_cutoff=_MISSPELT)
        return near[0] if near else stem

    def _weights(self, stems: Iterable[str]) -> Vector:
        return {stem: self._rarity.get(stem, self._unknown) for stem in stems}


def _told_beside(text: str) -> str:
    """An answer to another question than its own. "Nej." and "Nej, ring." belong to a question of yes or no and are left out."""
    opening, _, rest = text.partition(". ")
    return rest if rest and _YES_OR_NO.fullmatch(opening) else text
