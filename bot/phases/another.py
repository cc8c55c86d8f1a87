"""Whether what is told on an open card is a new matter: danger is said first, and nothing of the old matter is carried over unasked."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.phases import asking
from bot.phases.desk import Desk, alarms, desk, hints_at_hurry, read, with_matter
from bot.phases.results import Again, Begin, Decide, Result
from bot.phases.screens import Option, no, offer, reply, t, yes
from bot.replies import Link, Tone
from bot.tools import Tools, Turn
from knowledge.vocabulary import Fact, Urgency
from triage.content import SURE, speaks_of_hurry
from triage.reading import Reading

FEW_WORDS: Final = 5
"""No more words than this are an answer or a correction, never a matter of their own."""


def may_be_another(here: Desk, text: str, reading: Reading, tools: Tools) -> bool:
    """More than a few words on an open card that speak of danger to life, or in plain words of something else than the matter did."""
    if here.conversation.phase is not Phase.CARD or not here.matter.text or asking.corrects(text, tools):
        return False
    if here.matter.another:
        return True
    tells_another = _is_grave(reading) or (not speaks_of_hurry(reading) and _has_another_topic(here, reading))
    return len(text.split()) > FEW_WORDS and tells_another


def _is_grave(reading: Reading) -> bool:
    unclear = reading.facts.unclear.get(Fact.URGENCY)
    likely = unclear.likely if unclear else (reading.facts.value(Fact.URGENCY),)
    return speaks_of_hurry(reading) and likely[:1] == (str(Urgency.LIFE_THREATENING),)


def _has_another_topic(here: Desk, reading: Reading) -> bool:
    topic = reading.facts.known.get(Fact.TOPIC)
    plain = topic is not None and any(one.weight >= SURE for one in topic.evidence)
    before = here.facts.value(Fact.TOPIC)
    return topic is not None and plain and before is not None and topic.value != before


def ask(here: Desk, text: str, tools: Tools) -> Turn:
    """The words are kept until she has said whose they are."""
    return show(with_matter(here.conversation, another=asking.added(here.matter.another, text)), tools)


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    words = here.matter.another if here else ""
    hurries = here is None or hints_at_hurry(read(words, here, tools))
    lines = [*([t("chat.ask.danger")] if hurries else []), t("chat.another.ask", text=words)]
    options: list[Option] = [
        yes(Act.ANOTHER, "new", label=t("chat.another.new")),
        no(Act.ANOTHER, "same", label=t("chat.another.same")),
    ]
    call = (Link(t("chat.emergency.link"), "tel:112"),) if hurries else ()
    return offer(conversation, [reply(*lines, tone=Tone.CARD, links=call)], options)


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    matter = conversation.matter
    if matter is None or not matter.another:
        return Again(conversation)
    if action.value == "new":
        return Begin(replace(conversation, matter=None), matter.another, as_matter=True)
    same = with_matter(conversation, another="")
    here = desk(conversation, tools)
    hurries = here is not None and alarms(read(matter.another, here, tools), matter.another, matter)
    told = asking.tell(same, matter.another, tools) or same
    return Decide(asking.keep_asking(told, tools) if hurries else told, (t("chat.card.heard"),))
