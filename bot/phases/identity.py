"""Who the message is about: a checked personal number on a trusted client; elsewhere the secure page, never the chat."""

from dataclasses import replace

from bot.conversation import Conversation, Phase
from bot.phases.desk import with_matter
from bot.phases.guard import person_in
from bot.phases.results import Again, Onward, Result
from bot.phases.screens import offer, reply, t
from bot.tools import Tools, Turn
from triage.identity import NUMBERS, identify


def enter(conversation: Conversation, tools: Tools) -> Turn:
    return show(replace(conversation, phase=Phase.IDENTITY), tools)


def show(conversation: Conversation, _tools: Tools) -> Turn:
    return offer(conversation, [reply(t("chat.identity.ask"))])


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """A number that holds, with a name beside it if one was written. One that does not is said to be wrong, and not kept."""
    spans = tuple(span for span in identify(text, tools.names) if span.kind in NUMBERS)
    if not spans:
        return Again(conversation, (t("chat.identity.no_number"),))
    if len(spans) > 1:
        return Again(conversation, (t("chat.identity.one_only"),))
    person = person_in(text, spans[0], tools)
    if person is None:
        return Again(conversation, (t("chat.identity.wrong"),))
    name = " ".join(f"{text[: spans[0].start]} {text[spans[0].end :]}".split()).strip(" ,.;:-")
    return Onward(with_matter(conversation, person=replace(person, name=name[:120] or None)))
