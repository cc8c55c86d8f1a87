"""Tokens + lexicon → hits: which entries' phrases stand where. One pass with dictionaries; near-misses of unknown words by RapidFuzz.

Matches only; whether the words mean what they seem to is for scope.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from rapidfuzz.distance import OSA

from knowledge.lexicon import Entry, Lexicon, Sheet
from triage.reading.normalise import Token, spelling

_NEAR, _FAR = 3, 7
_LONGEST_AFFIX = 24
_SHORTEST_FUZZY = 7
_LONG_STEM = 11
"""From this length two letters may be wrong; a shorter stem would be found in words that only begin alike."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry's phrase found in the text, as a range of tokens (end exclusive)."""

    sheet: str
    entry: Entry
    first: int
    last: int

    @property
    def why(self) -> str:
        return f"{self.sheet}.{self.entry.id}"


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place in a phrase: a word's alternatives, a number, or a gap before the next word."""

    exact: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    number: bool
    optional: bool
    gap: int
    """How many words may stand between the one before and this one."""

    def takes(self, word: str, is_number: bool) -> bool:
        if is_number:
            return self.number or word in self.exact
        return word in self.exact or word.startswith(self.starts) or word.endswith(self.ends)


@dataclass(frozen=True, slots=True)
class _Pattern:
    sheet: str
    entry: Entry
    slots: tuple[_Slot, ...]


@dataclass
class _Index:
    exact: dict[str, list[_Pattern]] = field(default_factory=dict)
    starts: dict[str, list[_Pattern]] = field(default_factory=dict)
    ends: dict[str, list[_Pattern]] = field(default_factory=dict)
    number: list[_Pattern] = field(default_factory=list)


class Matcher:
    """All phrases of a lexicon, ready to be found."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._index = _Index()
        self._spoken = lexicon.spoken
        self._stems: dict[str, list[str]] = {}
        self._known: set[str] = set(lexicon.spoken.values())
        stems: set[str] = set()
        make = cache(partial(_slot, spoken=self._spoken))  # most stand in many phrases
        for name, sheet in lexicon.sheets.items():
            for pattern in _patterns(name, sheet, make):
                self._add(pattern)
                for slot in pattern.slots:
                    self._known |= slot.exact
                    stems.update(slot.starts)
                    stems.update(word for word in slot.exact)
        for example in lexicon.examples:
            for sentence in example.sentences():
                self._known.update(spelling(word, self._spoken) for word in sentence.split())
        if lexicon.models:
            self._known |= {
                sign[2:]
                for sign in (*lexicon.models.topic.weights, *lexicon.models.alarm.weights)
                if sign.startswith("w:")
            }
        for stem in sorted(stems):
            if len(stem) >= _SHORTEST_FUZZY:
                self._stems.setdefault(stem[0], []).append(stem)

    def find(self, tokens: Sequence[Token], words: Sequence[str]) -> tuple[Hit, ...]:
        """Every phrase in the text, the longest reading of each entry at each place. `words` are the mended ones."""
        found: dict[tuple[str, str, int], Hit] = {}
        for place in range(len(tokens)):
            for pattern in self._candidates(words[place], is_number=tokens[place].is_number):
                end = _match(pattern.slots, words, tokens, place)
                if end is not None:
                    key = (pattern.sheet, pattern.entry.id, place)
                    if key not in found or found[key].last < end:
                        found[key] = Hit(pattern.sheet, pattern.entry, place, end)
        return tuple(sorted(found.values(), key=lambda hit: (hit.first, hit.last, hit.why)))

    def words(self, tokens: Sequence[Token]) -> list[str]:
        """The tokens' words, mistyped ones mended."""
        return [self._mended(token) for token in tokens]

    def knows(self, word: str) -> bool:
        """Whether the word stands in the lexicon or its examples, with any ending."""
        return word in self._known or any(True for _ in self._candidates(word, is_number=False))

    def _add(self, pattern: _Pattern) -> None:
        first = pattern.slots[0]
        for word in first.exact:
            self._index.exact.setdefault(word, []).append(pattern)
        for word in first.starts:
            self._index.starts.setdefault(word, []).append(pattern)
        for word in first.ends:
            self._index.ends.setdefault(word, []).append(pattern)
        if first.number:
            self._index.number.append(pattern)

    def _candidates(self, word: str, *, is_number: bool) -> Iterator[_Pattern]:
        """Those whose first slot takes the word."""
        index = self._index
        yield from index.exact.get(word, ())
        if is_number:
            yield from index.number
            return
        for length in range(1, min(len(word), _LONGEST_AFFIX) + 1):
            yield from index.starts.get(word[:length], ())
            yield from index.ends.get(word[-length:], ())

    def _mended(self, token: Token) -> str:
        word = token.word
        if token.is_number or len(word) < _SHORTEST_FUZZY or self.knows(word):
            return word
        allowed = 1 if len(word) < 11 else 2
        best, best_distance = word, allowed + 1
        for stem in self._stems.get(word[0], ()):
            if len(stem) > len(word) + allowed:
                continue
            head = word[: len(stem)] if len(word) - len(stem) > allowed else word
            distance = OSA.distance(head, stem, score_cutoff=allowed)
            if distance < best_distance and (len(stem) >= _LONG_STEM or distance <= 1):
                best, best_distance = stem + word[len(head) :], distance
        return best


def _patterns(name: str, sheet: Sheet, make: Callable[[str, int], _Slot]) -> Iterable[_Pattern]:
    for entry in sheet.entries:
        for phrase in entry.phrases:
            yield _Pattern(name, entry, tuple(_slots(phrase, make)))


def _slots(phrase: str, make: Callable[[str, int], _Slot]) -> Iterator[_Slot]:
    gap = 0
    for part in phrase.split(" "):
        if part.startswith(".."):
            gap = _FAR if part == "..." else _NEAR
            continue
        yield make(part, gap)
        gap = 0


def _slot(part: str, gap: int, spoken: Mapping[str, str]) -> _Slot:
    optional = part.endswith("?")
    exact: set[str] = set()
    starts: list[str] = []
    ends: list[str] = []
    for word in part.rstrip("?").split("|"):
        if word == "#":
            continue
        if word.endswith("*"):
            starts.append(word[:-1])
        elif word.startswith("*"):
            ends.append(word[1:])
        else:
            exact.add(spoken.get(word, word))
    return _Slot(frozenset(exact), tuple(starts), tuple(ends), "#" in part, optional, gap)


def _match(
    slots: Sequence[_Slot], words: Sequence[str], tokens: Sequence[Token], place: int, at: int = 0
) -> int | None:
    """The end of the phrase whose slot `at` is taken by the word at `place`, or None."""
    if at + 1 == len(slots):
        return place + 1
    following = slots[at + 1]
    end = _onward(slots, words, tokens, place, at + 1, following.gap)
    if end is None and following.optional and at + 2 < len(slots):
        end = _onward(slots, words, tokens, place, at + 2, max(following.gap, slots[at + 2].gap))
    return end


def _onward(
    slots: Sequence[_Slot], words: Sequence[str], tokens: Sequence[Token], place: int, at: int, gap: int
) -> int | None:
    """The end of the phrase that goes on with slot `at`, at most `gap` words further on. Never over a sentence's end."""
    sentence, slot = tokens[place].sentence, slots[at]
    for ahead in range(place + 1, min(place + 2 + gap, len(tokens))):
        if tokens[ahead].sentence != sentence:
            return None
        if slot.takes(words[ahead], tokens[ahead].is_number):
            end = _match(slots, words, tokens, ahead, at)
            if end is not None:
                return end
    return None
