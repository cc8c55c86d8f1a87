"""A draft written to practise, checked as a real one would be: headings, limits, one matter, a clear question, nothing forbidden, no identity. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from bot.conversation import Section
from bot.draft import Draft, compose, length, whole_text, with_missing
from bot.phases.screens import t
from bot.phases.typed import word_list
from bot.replies import Text
from knowledge.bundle import Knowledge
from knowledge.pack import Channel, Pack
from knowledge.scenario import Step
from knowledge.vocabulary import UnitType
from triage.content import dose_words, kept_out
from triage.identity import identify
from triage.reading import Context, Reader

LONG: Final = 1_500
"""Characters after which a message is seldom read to its end, where the channel has no limit of its own."""


def sorted_in(
    channel: Channel, before: Sequence[Section], text: str, heading: str | None, contact: str, knowledge: Knowledge
) -> Draft:
    """The draft with new words in it: under the headings they name ("Ärende: …"), else under the one that is asked for, else as at work."""
    texts = {section.heading: section.text for section in before}
    named = _named(channel, text)
    if named:
        return with_missing(channel, {**texts, **named})
    if heading is not None:
        return with_missing(channel, {**texts, heading: text.strip()})
    abbreviations = word_list("chat.words.abbreviations", knowledge.texts)
    fresh = compose(channel, text, contact, abbreviations)
    return with_missing(channel, {**texts, **{section.heading: section.text for section in fresh.sections}})


def _named(channel: Channel, text: str) -> dict[str, str]:
    """ "Ärende: … Kontakt: …": the parts of a text that name their heading themselves."""
    labels = {heading.label.casefold(): heading.id for heading in channel.headings}
    ways = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    parts = re.split(rf"(?im)(?:^|(?<=[.!?]\s))\s*({ways})\s*:", text) if ways else [text]
    if len(parts) < 3 or parts[0].strip():
        return {}
    return {labels[name.casefold()]: words.strip() for name, words in zip(parts[1::2], parts[2::2], strict=True)}


def remarks(
    pack: Pack,
    channel: Channel,
    step: Step,
    sections: Sequence[Section],
    who: tuple[UnitType, UnitType | None],
    knowledge: Knowledge,
    reader: Reader,
) -> tuple[Text, ...]:
    """What is not yet right in it, the gravest first; none: it would do."""
    contact = next((heading.id for heading in channel.headings if heading.takes == "contact"), None)
    told = tuple(section for section in sections if section.heading != contact)
    text = whole_text(told)
    reading = reader.read(text, Context(pack, *who))
    found: list[Text] = []
    if identify(text, knowledge.names):
        found.append(t("practice.write.identity"))
    held = kept_out(channel, text, reading.facts.values(), dose_words(knowledge.texts))
    found.extend(t("practice.write.forbidden", text=content.text) for content in held)
    missing = with_missing(channel, {section.heading: section.text for section in sections}).missing
    found.extend(t("practice.write.missing", heading=heading.label, hint=heading.hint) for heading in missing)
    if reading.matters > 1:
        found.append(t("practice.write.one_matter"))
    if _should_ask(channel, step) and "?" not in text:
        found.append(t("practice.write.no_question"))
    limit = channel.max_characters or LONG
    if length(sections) > limit:
        found.append(t("practice.write.too_long", limit=limit))
    return tuple(found)


def _should_ask(channel: Channel, step: Step) -> bool:
    """Whether the matter needs an answer: the author's own draft asks for one."""
    questions = {heading.id for heading in channel.headings if heading.takes == "question"}
    return any("?" in text for heading, text in step.model.items() if heading in questions)


def model_sections(channel: Channel, step: Step) -> tuple[Section, ...]:
    """The author's own draft, in the channel's order."""
    return with_missing(channel, dict(step.model)).sections
