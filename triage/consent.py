"""What an answer in own words to "Har personen sagt ja?" says: read as consent is read everywhere, with the question it leaves out. Pure; records nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.texts import Catalogue
from knowledge.vocabulary import ConsentState, Fact
from triage.choices import plain
from triage.content import SURE, speaks_of_hurry
from triage.reading import Context, Reader, Reading

FEW_WORDS: Final = 5
AN_ANSWER: Final = 16
"""Words; more than this tells something besides the yes."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an answer leaves out because the question has said it: "ja" *till att vi delar det*, "vill inte" *att vi delar det*."""

    after_yes_or_no: str
    after_will_not: str
    yes_or_no: tuple[str, ...]
    will_not: tuple[str, ...]
    was_fine: tuple[str, ...]
    takes_back: tuple[str, ...]


def left_out(texts: Catalogue) -> Left:
    return Left(
        texts.text("chat.consent.left_out.yes_or_no"),
        texts.text("chat.consent.left_out.will_not"),
        _words(texts, "chat.words.consent.yes_or_no"),
        _words(texts, "chat.words.consent.will_not"),
        _words(texts, "chat.words.consent.was_fine"),
        _words(texts, "chat.words.consent.takes_back"),
    )


def _words(texts: Catalogue, key: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in texts.text(key).split(","))


def answer(reader: Reader, text: str, context: Context, left: Left) -> ConsentState | None:
    """Given, refused or unable. None: the words say nothing of it, or two things at once."""
    for words in (text, _completed(text, left)):
        value = reader.read(words, context).facts.value(Fact.CONSENT)
        if value is not None:
            return ConsentState(str(value))
    return None


def is_plain_yes(text: str, left: Left) -> bool:
    """ "Ja det har hon": a few words that begin with the yes and take nothing back."""
    said = plain(text).split()
    yes, *no = left.yes_or_no
    takes_back = any(f" {word} " in f" {plain(text)} " for word in (*no, *left.will_not))
    return 0 < len(said) <= FEW_WORDS and said[0] == yes and not takes_back


def says_it_was_fine(text: str, left: Left) -> bool:
    """ "Hon sa att det gick bra när jag var där": what the person said to it, with nothing that takes it back."""
    said = f" {plain(text)} "
    fine = any(f" {plain(words)} " in said for words in left.was_fine)
    return fine and len(said.split()) <= AN_ANSWER and not any(f" {word} " in said for word in left.takes_back)


def _completed(text: str, left: Left) -> str:
    said = _after(text, left.yes_or_no, left.after_yes_or_no)
    return _after(said, left.will_not, left.after_will_not)


def _after(text: str, words: Sequence[str], more: str) -> str:
    """The text with what was left out put in after each of the words, unless it goes on so already."""
    ways, next_word = "|".join(map(re.escape, words)), re.escape(more.split(maxsplit=1)[0])
    return re.sub(rf"\b({ways})\b(?!\s+(?:{next_word}|att)\b)", rf"\1 {more}", text, flags=re.IGNORECASE)


def says_only_consent(reading: Reading) -> bool:
    """Whether the words name nothing else of a matter in plain words."""
    known = (k.evidence for fact, k in reading.facts.known.items() if fact is not Fact.CONSENT)
    return reading.recipient is None and not any(one.weight >= SURE for found in known for one in found)


def danger_beside(reading: Reading) -> bool:
    """Whether plain words speak of danger or hurry, besides those that say who can give consent: "kan inte säga ja" is no stroke."""
    facts = reading.facts
    if not speaks_of_hurry(reading):
        return False
    own = facts.known[Fact.CONSENT].evidence if Fact.CONSENT in facts else ()
    urgency = facts.unclear.get(Fact.URGENCY) or facts.known[Fact.URGENCY]
    alarms = (one for one in urgency.evidence if one.weight >= SURE)
    return any(not any(one.start < words.end and words.start < one.end for words in own) for one in alarms)
