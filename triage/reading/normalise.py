"""Text → tokens in the lexicon's spelling, each with its place in the text as it was written. Understands nothing."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:/]\d+)*)"
    r"|(?P<word>[^\W\d_](?:[^\W_]|[\u0300-\u036f]|[:'’-](?=[^\W\d_]))*)"
    r"|(?P<sign>[🚑🆘🚨])"
    r"|(?P<break>[.!?\n;]+)|(?P<comma>[,()–—]|(?<=\s)-(?=\s))"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_LONGEST = 20_000
"""Characters that are read; what comes after in a longer text is left unread."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number. `word` is in the lexicon's spelling; `start` and `end` are offsets in the text as written."""

    word: str
    written: str
    start: int
    end: int
    clause: int
    """Counts up at commas, brackets and sentence ends."""
    sentence: int
    is_number: bool

    @property
    def number(self) -> float | None:
        found = _NUMBER.fullmatch(self.word)
        return float(self.word.replace(",", ".")) if found else None


def tokenise(text: str, spoken: Mapping[str, str]) -> tuple[Token, ...]:
    """The words and numbers of a text, and the few signs that cry for help. Everything else only divides clauses and sentences."""
    tokens: list[Token] = []
    clause = sentence = 0
    for match in _TOKEN.finditer(text[:_LONGEST]):
        kind = match.lastgroup
        if kind == "comma":
            clause += 1
        elif kind == "break":
            if match.group() == "." and _is_abbreviation(tokens, match.start()):
                continue
            clause += 1
            sentence += 1
        else:
            written = match.group()
            number = kind == "number"
            word = written if number else spelling(written, spoken)
            tokens.append(Token(word, written, match.start(), match.end(), clause, sentence, number))
    return tuple(tokens)


def spelling(written: str, spoken: Mapping[str, str]) -> str:
    """One written word in the lexicon's spelling: composed, lower case, no hyphens, the common form of what staff shorten."""
    word = unicodedata.normalize("NFC", written).lower()
    word = word.replace("-", "").replace(":", "").replace("'", "").replace("’", "").replace("é", "e").replace("è", "e")
    return spoken.get(word, word)


_SHORTENED = frozenset(
    [
        "t",
        "ex",
        "bl",
        "fr",
        "o",
        "m",
        "a",
        "ca",
        "kl",
        "nr",
        "resp",
        "ev",
        "pga",
        "mm",
        "mfl",
        "dvs",
        "enl",
        "inkl",
        "exkl",
        "tel",
        "tfn",
        "ang",
        "avd",
        "mott",
        "pat",
        "ordf",
        "forts",
        "tex",
        "ggr",
        "jfr",
        "obs",
        "st",
        "mg",
        "ml",
        "tim",
        "dr",
        "leg",
        "ssk",
        "usk",
        "dsk",
        "läk",
        "beh",
        "med",
        "prel",
        "max",
        "min",
        "sek",
        "kap",
        "f",
        "v",
    ]
)


def _is_abbreviation(tokens: list[Token], place: int) -> bool:
    """Whether the full stop belongs to a shortened word right before it."""
    return bool(tokens) and tokens[-1].end == place and tokens[-1].written.lower() in _SHORTENED
