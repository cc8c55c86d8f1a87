"""Where names of persons stand in a text, by lists, endings, capitals and the words around. Pure; knows no numbers' forms.

A name may be written in any case. The less a word is a name and nothing else, the more must speak for it: a surname beside it, a word
that presents a person, or a personal number right next to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from knowledge.names import Names

Span = tuple[int, int]

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LONGEST: Final = 5
"""Words in a name, at most."""
_SHORTENED: Final = frozenset({"pat", "ang", "anh", "avs"})
"""Words that present a person with a full stop between."""
_ALONE: Final = 4
"""Letters of a first name in lower case that stands alone after a word that presents a person."""
_STRONG_ENDING: Final = 4
"""Letters of an ending that make a surname of a word in lower case."""


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    lower: str
    capital: bool

    @staticmethod
    def of(match: re.Match[str]) -> "_Word":
        text = match.group()
        return _Word(match.start(), match.end(), text, text.lower().replace("’", "'"), text[0].isupper())

    @property
    def shouted(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


class _Reader:
    """One text with its words. Made for one call."""

    def __init__(self, text: str, names: Names, numbers: tuple[Span, ...]) -> None:
        self.text, self.names, self.numbers = text, names, numbers
        taken = [m for m in _WORD.finditer(text) if not any(s <= m.start() < e for s, e in numbers)]
        self.words = tuple(map(_Word.of, taken))

    def gap(self, index: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.words[index - 1].end : self.words[index].start] if 0 < index < len(self.words) else "\n"

    def joined(self, index: int) -> bool:
        """Whether a word follows the one before it with nothing but space between."""
        gap = self.gap(index)
        if gap in {".", ". "} and len(self.words[index - 1].text) == 1:  # an initial
            return True
        return 0 < len(gap) <= 2 and gap.strip(" \u00a0") == ""

    def is_first(self, word: _Word, *, also_words: bool = False) -> bool:
        known = self.names.any_first if also_words else self.names.first
        forms = (word.lower, word.lower.removesuffix("s"))
        if any(form in known for form in forms):
            return True
        parts = forms[1].split("-")
        return len(parts) > 1 and all(part in self.names.any_first for part in parts)

    def is_surname(self, word: _Word) -> bool:
        forms = (word.lower, word.lower.removesuffix("s"))
        if word.capital:
            return any(self.names.is_surname(form) for form in forms) or word.lower.startswith(
                ("al-", "el-", "von-", "mc")
            )
        endings = tuple(ending for ending in self.names.surname_endings if len(ending) >= _STRONG_ENDING)
        listed = any(form in self.names.surnames and len(form) > _STRONG_ENDING for form in forms)
        return word.lower not in self.names.not_names and (listed or any(form.endswith(endings) for form in forms))

    def may_be_name(self, word: _Word, *, named: bool = False) -> bool:
        """A capitalised word that is not known to be something else. All in capitals it must be known, unless it is `named` outright."""
        forms = {word.lower, word.lower.removesuffix("s")}
        if not word.capital or forms & self.names.not_names:
            return False
        parts_small = not all(part[:1].isupper() for part in re.split(r"[-'’]", word.text))
        if parts_small and not self.is_first(word, also_words=True):
            return False
        return named or not word.shouted or self.is_known(word)

    def is_known(self, word: _Word) -> bool:
        """Whether the lists alone make it a name."""
        endings = tuple(ending for ending in self.names.surname_endings if len(ending) >= _STRONG_ENDING)
        by_ending = word.lower not in self.names.not_names and word.lower.endswith(endings)
        return self.is_first(word, also_words=True) or word.lower in self.names.surnames or by_ending

    def has_role(self, last: int) -> bool:
        """Whether a word in brackets or between commas tells who it is: "Vera (pat)"."""
        follows = last + 1 < len(self.words) and re.fullmatch(r"\s?\(\s?|, ", self.gap(last + 1)) is not None
        return follows and self.words[last + 1].lower in self.names.roles

    def is_called(self, last: int) -> bool:
        """Whether "i förnamn" or "i efternamn" follows."""
        following = [word.lower for word in self.words[last + 1 : last + 3]]
        return len(following) == 2 and following[0] == "i" and following[1] in self.names.naming

    def presented(self, index: int) -> str | None:
        """The word that presents a person right before, if there is one."""
        if index == 0 or not re.fullmatch(r"[\s:.,(]{1,3}", self.gap(index)):
            return None
        word = self.words[index - 1].lower
        if "." in self.gap(index) and word not in _SHORTENED:
            return None
        return word if word in self.names.presents else None

    def beside_number(self, first: int, last: int) -> bool:
        start, end = self.words[first].start, self.words[last].end
        return any(
            _is_seam(self.text[end:number_start]) or _is_seam(self.text[number_end:start])
            for number_start, number_end in self.numbers
        )

    def in_institution(self, index: int) -> bool:
        return index > 0 and self.words[index - 1].lower in self.names.institutions and self.joined(index)

    def is_place(self, last: int) -> bool:
        """Whether the name is only part of another: "Sjögrens syndrom"."""
        follows = (
            last + 1 < len(self.words) and self.joined(last + 1) and self.words[last + 1].lower in self.names.places
        )
        return follows and self.words[last].lower.endswith("s")


def _is_seam(between: str) -> bool:
    return re.fullmatch(r"[\s,.:;(\-–]{1,4}", between) is not None


def name_spans(text: str, names: Names, numbers: tuple[Span, ...] = ()) -> Iterator[Span]:
    """Spans of names, in order and apart. `numbers` are personal numbers found before: a name often stands beside one."""
    reader = _Reader(text, names, numbers)
    index = 0
    while index < len(reader.words):
        last = _name_from(reader, index)
        if last is None:
            index += 1
            continue
        yield reader.words[index].start, _end(reader, last)
        index = last + 1


def _end(reader: _Reader, last: int) -> int:
    """The name's end, with the full stop of an initial."""
    word = reader.words[last]
    return word.end + (len(word.text) == 1 and reader.text[word.end : word.end + 1] == ".")


def _name_from(reader: _Reader, index: int) -> int | None:
    """The index of the last word of a name that begins here, or None."""
    word = reader.words[index]
    if reader.in_institution(index):
        return None
    last = _by_nobility(reader, index, word)
    if last is None:
        last = _by_lists(reader, index, word)
    if last is None:
        last = _by_company(reader, index, word)
    if last is None or reader.is_place(last):
        return None
    return last


def _by_nobility(reader: _Reader, index: int, word: _Word) -> int | None:
    """ "von Essen", without a first name before it."""
    if word.lower not in reader.names.nobility or index + 1 >= len(reader.words) or not reader.joined(index + 1):
        return None
    surname = reader.words[index + 1]
    if surname.shouted or not reader.may_be_name(surname):
        return None
    sure = word.lower != "de" or reader.presented(index) is not None or surname.lower in reader.names.surnames
    return _extend(reader, index + 1, capital=True) if sure else None


def _by_lists(reader: _Reader, index: int, word: _Word) -> int | None:
    """A name that the lists know: a first name with what follows it, or surname and first name."""
    if word.capital and reader.is_surname(word) and _reversed(reader, index):
        return _extend(reader, index + 1, capital=True)
    if word.lower in reader.names.not_names or not reader.is_first(word, also_words=True):
        return None
    written_as_name = word.capital and not word.shouted and not _begins_sentence(reader, index)
    sure = written_as_name or reader.is_first(word)
    last = _extend(reader, index, capital=word.capital)
    with_surname = any(_is_surname_at(reader, at) for at in range(index + 1, last + 1))
    presented = reader.presented(index)
    if sure:
        alone = presented is not None and len(word.text) >= _ALONE
        return last if word.capital or with_surname or alone or reader.beside_number(index, last) else None
    told = presented or with_surname or reader.has_role(last) or (last > index and reader.beside_number(index, last))
    if word.capital and told:
        return last
    return last if with_surname and not word.capital else None


def _reversed(reader: _Reader, index: int) -> bool:
    """ "Andersson, Nils"."""
    if index + 1 >= len(reader.words) or reader.gap(index + 1) not in {", ", ","}:
        return False
    follower = reader.words[index + 1]
    return follower.capital and reader.is_first(follower, also_words=True)


def _is_surname_at(reader: _Reader, at: int) -> bool:
    return reader.is_surname(reader.words[at]) or reader.words[at - 1].lower in reader.names.nobility


def _extend(reader: _Reader, index: int, *, capital: bool) -> int:
    """As far as the name that begins here goes on."""
    last = index
    for at in range(index + 1, min(index + _LONGEST, len(reader.words))):
        word = reader.words[at]
        if not reader.joined(at):
            break
        if word.lower in reader.names.particles:
            continue
        noble = at - 1 > index and reader.words[at - 1].lower in reader.names.nobility
        known = noble and len(word.text) >= _ALONE and word.lower not in reader.names.not_names
        if not (known or (_goes_on_capital(reader, word) if capital else _goes_on_lower(reader, word))):
            break
        last = at
    return last


def _goes_on_capital(reader: _Reader, word: _Word) -> bool:
    if word.capital:
        return reader.may_be_name(word)
    return reader.is_surname(word) and word.lower not in reader.names.not_names


def _goes_on_lower(reader: _Reader, word: _Word) -> bool:
    return word.lower not in reader.names.not_names and (reader.is_first(word) or reader.is_surname(word))


def _by_company(reader: _Reader, index: int, word: _Word) -> int | None:
    """A name that no list knows, by what stands around it."""
    if not word.capital:
        return None
    presented = reader.presented(index)
    if not reader.may_be_name(word, named=presented in reader.names.naming):
        return None
    last = _extend(reader, index, capital=True)
    several = last > index
    if len(word.text) == 1 and not several:
        return None
    if presented in reader.names.presents_surely or reader.is_called(last):
        return last
    if several and (presented is not None or reader.beside_number(index, last) or _is_full_name(reader, index, last)):
        return last
    plain = word.lower.endswith(("sson", "ssons", "sdotter"))
    known = reader.is_surname(word) and (presented is not None or reader.beside_number(index, index))
    return last if plain or known else None


def _is_full_name(reader: _Reader, index: int, last: int) -> bool:
    """Whether one of several capitalised words is a surname or first name by itself: "Nguyen Thi Lan"."""
    if reader.words[index].lower in reader.names.surnames:
        return True
    if _begins_sentence(reader, index):
        return False
    return reader.is_surname(reader.words[last]) or any(
        reader.words[at].lower in reader.names.surnames for at in range(index, last + 1)
    )


def _begins_sentence(reader: _Reader, index: int) -> bool:
    return index == 0 or bool(re.search(r"[.!?:\n]", reader.gap(index)))
