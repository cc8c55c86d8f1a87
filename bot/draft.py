"""Words and a channel's headings → a draft, and what is missing in it. Pure; invents and rewords nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.conversation import Section
from bot.parting import sentences
from knowledge.pack import Channel, Heading

TAKES_QUESTION: Final = "question"
FALLBACKS: Final = ("matter", "background", "agreed", "none")
"""Where plain statements go: the first of these that the channel has a heading for."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text under each heading in the channel's order, and the required headings that are still empty."""

    sections: tuple[Section, ...]
    missing: tuple[Heading, ...]

    def text(self, heading: str) -> str:
        return next((section.text for section in self.sections if section.heading == heading), "")


def compose(channel: Channel, said: str, contact: str, abbreviations: Sequence[str] = ()) -> Draft:
    """What was said, sorted under the headings: questions to the question's heading, the rest to the matter's, in the order they came."""
    told: dict[str, list[str]] = {}
    matter = _heading(channel, FALLBACKS)
    question = _heading(channel, (TAKES_QUESTION,)) or matter
    for sentence in sentences(said, abbreviations):
        target = question if sentence.endswith("?") else matter
        if target is not None:
            told.setdefault(target.id, []).append(sentence)
    contact_heading = _heading(channel, ("contact",))
    if contact_heading is not None and contact:
        told.setdefault(contact_heading.id, []).append(contact)
    return with_missing(channel, {heading: " ".join(words) for heading, words in told.items()})


def _heading(channel: Channel, takes: Sequence[str]) -> Heading | None:
    return next((h for wanted in takes for h in channel.headings if h.takes == wanted), None)


def with_missing(channel: Channel, texts: Mapping[str, str]) -> Draft:
    """A draft of these texts by heading id; headings that the channel does not have are left out."""
    sections = tuple(Section(h.id, texts[h.id].strip()) for h in channel.headings if texts.get(h.id, "").strip())
    written = {section.heading for section in sections}
    return Draft(sections, tuple(h for h in channel.headings if h.required and h.id not in written))


def carry_over(
    channel: Channel, sections: Sequence[Section], said: str, contact: str, abbreviations: Sequence[str] = ()
) -> Draft:
    """A draft for another channel: headings both have keep their text, and what has no place here goes to the matter's heading."""
    if not sections:
        return compose(channel, said, contact, abbreviations)
    known = {heading.id for heading in channel.headings}
    texts = {section.heading: section.text for section in sections if section.heading in known}
    homeless = [section.text for section in sections if section.heading not in known]
    matter = _heading(channel, FALLBACKS)
    if homeless and matter is not None:
        texts[matter.id] = "\n".join(part for part in (texts.get(matter.id, ""), *homeless) if part)
    return with_missing(channel, texts)


def change(channel: Channel, sections: Sequence[Section], heading: str, text: str) -> Draft:
    """The draft with one heading's text replaced; empty text empties it."""
    return with_missing(channel, {**{section.heading: section.text for section in sections}, heading: text})


def sort_in(
    channel: Channel, sections: Sequence[Section], heading: str, text: str, abbreviations: Sequence[str] = ()
) -> Draft:
    """Text told for one heading. Told for the matter, its questions go under the question's heading if that is empty and something is left."""
    written = {section.heading: section.text for section in sections}
    sorted_in = compose(channel, text, "", abbreviations)
    matter, question = _heading(channel, FALLBACKS), _heading(channel, (TAKES_QUESTION,))
    if matter is None or question is None or heading != matter.id or written.get(question.id):
        return change(channel, sections, heading, text)
    if not sorted_in.text(matter.id) or not sorted_in.text(question.id):
        return change(channel, sections, heading, text)
    parts = {section.heading: section.text for section in sorted_in.sections}
    return with_missing(channel, {**written, **parts})


def length(sections: Sequence[Section]) -> int:
    return sum(len(section.text) for section in sections)


def whole_text(sections: Sequence[Section]) -> str:
    return "\n".join(section.text for section in sections)
