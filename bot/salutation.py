"""Takes greetings, addresses and signatures off a draft: "Hej vårdcentralen!" is nothing that the message is about. Rewords nothing else."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bot.parting import sentences
from triage.choices import plain, says

SIGNATURE: Final = 5
"""Words in a signature at most: "Mvh Dana på hemsjukvården"."""
_HEAD: Final = re.compile(r"^[^,:!?.–]*[,:!–]\s+|^[^,:!?.–]*[,:!.–]?\s*$")
_NOT_A_WORD: Final = re.compile(r"^[\s,.!:;–-]+")


@dataclass(frozen=True, slots=True)
class Courtesies:
    """Words that greet, lead to an address ("till"), and end a letter or say no more than that it can wait."""

    greetings: tuple[str, ...]
    addressing: tuple[str, ...]
    signatures: tuple[str, ...]
    nothing_more: tuple[str, ...]


def without_salutation(
    said: str, courtesies: Courtesies, addressee: Collection[str], abbreviations: Sequence[str] = ()
) -> str:
    """What was said without "Hej", "Till vårdcentralen Ekliden:" and "Mvh Dana". `addressee`: the words of the recipient's name."""
    kept = (_stripped(sentence, courtesies, frozenset(addressee)) for sentence in sentences(said, abbreviations))
    return "\n".join(sentence for sentence in kept if sentence)


def _stripped(sentence: str, courtesies: Courtesies, addressee: frozenset[str]) -> str:
    rest = _unaddressed(_ungreeted(sentence, courtesies.greetings), courtesies, addressee)
    if rest != sentence:
        rest = rest[:1].upper() + rest[1:]
    words = plain(rest)
    signed = f"{words} ".startswith(tuple(f"{plain(signature)} " for signature in courtesies.signatures))
    if not words or says(rest, courtesies.nothing_more) or (signed and len(words.split()) <= SIGNATURE):
        return ""
    return rest


def _ungreeted(sentence: str, greetings: Sequence[str]) -> str:
    ways = "|".join(re.escape(word) for word in sorted(greetings, key=len, reverse=True))
    found = re.match(rf"(?:(?:{ways})\b[\s,.!–-]*)+", sentence, re.IGNORECASE)
    return sentence[found.end() :] if found else sentence


def _unaddressed(sentence: str, courtesies: Courtesies, addressee: frozenset[str]) -> str:
    """The sentence without the address before its first comma or colon, or all of it where it is nothing but an address."""
    head = _HEAD.match(sentence)
    said = plain(head[0]).split() if head else []
    leads = frozenset(plain(word) for word in courtesies.addressing)
    if head is None or not said or not set(said) <= addressee | leads or not set(said) & addressee:
        return sentence
    return _NOT_A_WORD.sub("", sentence[head.end() :])
