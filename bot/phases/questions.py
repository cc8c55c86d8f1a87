"""Questions about the routines: answered from their own knowledge with the source, or honestly not. Takes no matter further.

Words can be a question or a matter. Whichever Lots takes them for, the other is one tap away.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Matter, Phase
from bot.phases.desk import Desk, channel_label, hints_at_hurry, said, with_matter
from bot.phases.reasons import short_source
from bot.phases.screens import Option, beside, offer, reply, small, t
from bot.phases.typed import asks_why, word_list
from bot.replies import Text, Weight
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from triage.answer import Answer
from triage.choices import plain
from triage.consult import Matter as Question
from triage.consult import consult
from triage.content import speaks_of_hurry
from triage.decide import Ask, Decided
from triage.likeness import words_of
from triage.queries import in_force
from triage.reading import Context, Reading
from triage.working_time import STOCKHOLM

FEW_WORDS: Final = 7
"""Words; fewer are like too much for a likeness to mean anything."""
SHORT: Final = 12
LONGEST: Final = 45
MOST_SENTENCES: Final = 2
"""Words and sentences; more than this is told, not asked."""

_SENTENCE: Final = re.compile(r"[^.!?\n]*\w[^.!?\n]*")


def asks(text: str, reading: Reading, tools: Tools) -> bool:
    """Whether the words ask about the routine: as the reader takes them, or as such questions begin.

    "Skicka bild till vårdcentralen" names whom it is for and has no form of a question: it is told, whatever it is like.
    """
    if reading.kind == "question_about_routine" and (reading.recipient is None or "?" in text):
        return True
    short = len(text.split()) <= LONGEST and len(_SENTENCE.findall(text)) <= MOST_SENTENCES
    return short and bool(_openings(text, tools).search(text))


def is_short(text: str) -> bool:
    """Short enough to be nothing but a question; more than that tells something too."""
    return len(text.split()) <= SHORT


def _openings(text: str, tools: Tools) -> re.Pattern[str]:
    texts = tools.knowledge.texts
    marked = word_list("chat.words.asks_with_a_mark", texts) if "?" in text else ()
    return _opening((*word_list("chat.words.asks", texts), *marked))


@lru_cache(maxsize=4)
def _opening(words: tuple[str, ...]) -> re.Pattern[str]:
    """The first words of a question, at the beginning of a clause."""
    ways = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?:^|(?<=[.,;:!?\n]))\s*(?:{ways})\b", re.IGNORECASE)


def asked_about(text: str, context: Context, tools: Tools) -> Reading:
    """What is asked about, without the question's first words: "hur snabbt" is no hurry."""
    return tools.reader.read(_openings(text, tools).sub(" ", text), context)


def answer(text: str, pack: Pack, conversation: Conversation, tools: Tools) -> Answer:
    """From the person's own pack, or the region she names. "Gäller samma i Örebro?" goes on from what she asked before."""
    others = in_force(tools.knowledge.registry, tools.now.astimezone(STOCKHOLM).date())
    before = last_question(conversation)
    if before and other_region(text, pack, tools) and _goes_on(text, tools):
        return tools.answerer.answer(pack, f"{before} {text}", others)
    return tools.answerer.answer(pack, text, others)


def last_question(conversation: Conversation) -> str:
    """What was asked last: beside the matter in hand, or as long as its answer is on the screen."""
    if conversation.matter is not None and conversation.matter.question:
        return conversation.matter.question
    asked = (o.action.extra for o in conversation.offered if o.action.name is Act.AS_MATTER)
    return next(asked, "")


def other_region(text: str, pack: Pack, tools: Tools) -> str | None:
    """Another region than the person's own that the words name."""
    words = set(words_of(text))
    named = (region for region, names in tools.knowledge.faq.regions.items() if words.intersection(names))
    return next((region for region in named if region != pack.region), None)


def _goes_on(text: str, tools: Tools) -> bool:
    openings = word_list("chat.words.same_elsewhere", tools.knowledge.texts)
    return any(f"{plain(text)} ".startswith(f"{plain(opening)} ") for opening in openings)


def lines(found: Answer) -> tuple[Text, ...]:
    """The answer, and where it stands."""
    told = t("chat.literal", text=found.text)
    documents: dict[str, list[str]] = {}
    for source in found.sources:
        documents.setdefault(source.document, []).append(source.section)
    sources = (
        small(t("chat.answer.source", document=document, sections=", ".join(sections)))
        for document, sections in documents.items()
    )
    return (told, *sources)


def show(
    conversation: Conversation, text: str, found: Answer, others: Sequence[Option], lead: tuple[Text, ...] = ()
) -> Turn:
    """The answer when nothing is in hand. Was it a matter after all, that is a tap."""
    clean = replace(conversation, matter=None, phase=Phase.MATTER)
    as_matter = Option(Act.AS_MATTER, t("chat.choice.as_matter"), extra=text)
    return offer(clean, [reply(*lead, *lines(found))], [as_matter, *others])


def about_hurry(text: str, about: Reading) -> tuple[Text, ...]:
    """What goes before an answer where the words may hint at hurry without saying it. A few words are like too much."""
    hints = hints_at_hurry(about) and len(text.split()) > FEW_WORDS
    return (t("chat.ask.danger"),) if hints else ()


def aside(here: Desk, text: str, reading: Reading, tools: Tools) -> Turn | None:
    """The answer to a question asked in the middle of a matter; None: it is none."""
    about = asked_about(text, Context(here.pack, here.profile.unit_type, here.recipient), tools)
    if speaks_of_hurry(about):
        return None
    region, before = other_region(text, here.pack, tools), here.matter.question
    if region is not None and _goes_on(text, tools) and not before:
        elsewhere = _matter_elsewhere(here, here.decided, region, tools) if here.decided else (t("chat.answer.whole"),)
        return beside(here.conversation, *elsewhere)
    if not asks(text, reading, tools):
        return None
    found = answer(text, here.pack, here.conversation, tools)
    of_lots = reading.kind in ("question_about_routine", "question_about_lots")
    told_apart = of_lots and is_short(text) and _begins_as_one(text, tools)
    if not found.answered and not told_apart and ("?" not in text or _says_something(about)):
        return None
    asked = with_matter(here.conversation, question=f"{before} {text}" if before and region else text)
    return beside(asked, *about_hurry(text, about), *lines(found))


def _begins_as_one(text: str, tools: Tools) -> bool:
    """Whether it begins as a question does; "varför" asks for the reason of what is on the screen."""
    return bool(_openings(text, tools).search(text)) and not asks_why(text, tools.knowledge.texts)


def _says_something(about: Reading) -> bool:
    return about.recipient is not None or any(known.evidence for known in about.facts.known.values())


def _matter_elsewhere(here: Desk, decided: Decided, region: str, tools: Tools) -> tuple[Text, ...]:
    """What another region's routine says of this very matter."""
    pack = tools.knowledge.registry.in_force(region, tools.now.astimezone(STOCKHOLM).date())
    if pack is None:
        return (t("chat.answer.no_routine_there"),)
    question = Question(pack, here.profile.unit_type, here.recipient, said(here.matter), here.matter.answers)
    there = consult(tools.reader, question).decision
    if isinstance(there, Decided):
        key = "chat.answer.same" if there.channel.label == decided.channel.label else "chat.answer.other"
        label = channel_label(there.channel)
        why = t("chat.literal", text=there.row.reason)
        return t(key, region=pack.name, channel=label), why, small(short_source(pack, there.row))
    if isinstance(there, Ask):
        return (t("chat.answer.depends", region=pack.name, question=t(f"question.{there.fact}")),)
    return (t("chat.answer.no_routine_there"),)


def only_asked(matter: Matter) -> tuple[Option, ...]:
    """The tap that says that it was a question and no matter, until something more is known of the matter."""
    if not matter.may_be_question or matter.answers or matter.units:
        return ()
    return (Option(Act.AS_QUESTION, t("chat.choice.as_question"), weight=Weight.QUIET),)
