"""What stands in a text that a routine keeps out of a channel, or that sounds like hurry. Pure: one check for the chat and for the pages; rewords nothing."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from knowledge.pack import Channel, ForbiddenContent
from knowledge.texts import Catalogue
from knowledge.vocabulary import Fact, Urgency, Value
from triage.reading import Reading

NEW_PRESCRIPTION: Final = "new_prescription"
READ_FROM_WORDS: Final = ("controlled_drug", "attachment", NEW_PRESCRIPTION)
"""What is found by reading: the person may say that it is not so. A typed dose is there or not."""
SURE: Final = 1.0


def dose_words(texts: Catalogue) -> tuple[str, ...]:
    return tuple(word.strip() for word in texts.text("chat.words.dose_units").split(","))


def kept_out(
    channel: Channel, text: str, facts: Mapping[Fact, Value], doses: tuple[str, ...]
) -> tuple[ForbiddenContent, ...]:
    """What the routine keeps out of this channel and that the text seems to hold. `facts` are what the text's own words say."""
    return tuple(content for content in channel.forbidden if _holds(content.check, text, facts, doses))


def speaks_of_hurry(reading: Reading) -> bool:
    """Whether plain words, not a mere likeness, speak of danger or hurry."""
    unclear = reading.facts.unclear.get(Fact.URGENCY)
    hinted = unclear is not None and any(found.weight >= SURE for found in unclear.evidence)
    return hinted or reading.facts.value(Fact.URGENCY) in (Urgency.LIFE_THREATENING, Urgency.URGENT)


def _holds(check: str, text: str, facts: Mapping[Fact, Value], doses: tuple[str, ...]) -> bool:
    match check:
        case "controlled_drug":
            return facts.get(Fact.CONTROLLED_DRUG) is True
        case "attachment":
            return facts.get(Fact.ATTACHMENT) is True
        case "new_prescription":
            return facts.get(Fact.TOPIC) == NEW_PRESCRIPTION
        case _:
            return bool(_dose(doses).search(text))


@lru_cache(maxsize=4)
def _dose(units: tuple[str, ...]) -> re.Pattern[str]:
    """ "5 mg", "1 tablett", "2x3", "1+0+1": a typed dose. The units are the catalogue's."""
    words = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    return re.compile(
        rf"\b\d+(?:[.,]\d+)?\s?(?:{words})\b|\b\d\s?[x×]\s?\d\b|\b\d\s?\+\s?\d(?:\s?\+\s?\d)+\b", re.IGNORECASE
    )
