"""Who the message is about: a checked personal number on a trusted client; elsewhere the secure page, never the chat."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Phase
from bot.phases.desk import with_matter
from bot.phases.guard import either_in, person_in
from bot.phases.results import Again, Onward, Result
from bot.phases.screens import Option, offer, reply, t
from bot.tools import Tools, Turn
from triage.choices import plain
from triage.identity import NUMBERS, identify

YEAR: Final = 4


def enter(conversation: Conversation, tools: Tools) -> Turn:
    return show(replace(conversation, phase=Phase.IDENTITY), tools)


def show(conversation: Conversation, _tools: Tools) -> Turn:
    either = conversation.matter.either if conversation.matter else ()
    if not either:
        return offer(conversation, [reply(t("chat.identity.ask"))])
    older, younger = (person.id[:YEAR] for person in either)
    options = [Option(Act.BORN, t("chat.identity.born", year=year), year) for year in (older, younger)]
    return offer(conversation, [reply(t("chat.identity.which", older=older, younger=younger))], options)


def on_choice(conversation: Conversation, year: str) -> Result:
    """Which of the two it is."""
    either = conversation.matter.either if conversation.matter else ()
    person = next((one for one in either if one.id.startswith(year)), None)
    return Again(conversation) if person is None else Onward(with_matter(conversation, person=person, either=()))


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """A number that holds, with a name beside it if one was written. One that does not is said to be wrong, and not kept."""
    either = conversation.matter.either if conversation.matter else ()
    years = [one.id[:YEAR] for one in either if one.id[:YEAR] in plain(text).split()]
    if len(years) == 1:
        return on_choice(conversation, years[0])
    spans = tuple(span for span in identify(text, tools.names) if span.kind in NUMBERS)
    if not spans:
        return Again(conversation, (t("chat.identity.no_number"),))
    if len(spans) > 1:
        return Again(conversation, (t("chat.identity.one_only"),))
    person = person_in(text, spans[0], tools)
    if person is None:
        return Again(conversation, (t("chat.identity.wrong"),))
    name = " ".join(f"{text[: spans[0].start]} {text[spans[0].end :]}".split()).strip(" ,.;:-")
    both = tuple(replace(one, name=name[:120] or None) for one in either_in(text, spans[0], tools))
    if both:
        return Again(with_matter(conversation, either=both))
    return Onward(with_matter(conversation, person=replace(person, name=name[:120] or None), either=()))
