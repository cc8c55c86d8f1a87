"""Whether what is said in practice or a live exercise is about a real person: "på riktigt" leaves at once, and words of danger are asked about first."""

import re
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Live, Phase, Practice
from bot.phases.desk import pack_of
from bot.phases.results import Again, Begin, Result
from bot.phases.screens import Option, headline, offer, t
from bot.phases.typed import word_list
from bot.replies import Link, Reply, Tone, Weight
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from triage.choices import plain
from triage.content import speaks_of_hurry
from triage.reading import Context

REAL: Final = "real"
EXERCISE: Final = "exercise"
ALONE: Final = 2
"""Words beside "på riktigt" that tell nothing by themselves: "nu", "ja det"."""


Spoken = Practice | Live
"""Where words are kept that may be about a real person."""


def leaves(conversation: Conversation, spoken: Spoken | None, text: str, tools: Tools) -> Result | None:
    """ "På riktigt", wherever it stands: the words are a real matter. Alone, what was written last is. None: it is not said."""
    said = plain(text)
    ways = sorted(map(plain, word_list("practice.words.real", tools.knowledge.texts)), key=len, reverse=True)
    real = re.compile(rf"(?<!\binte )\b(?:{'|'.join(map(re.escape, ways))})\b")
    if real.search(said) is None:
        return None
    beside = real.sub(" ", said)
    before = spoken.said if spoken is not None else ""
    alone = len(beside.split()) <= ALONE and not is_danger(conversation, beside, tools)
    return begin(conversation, before if alone else _joined(spoken, text))


def _joined(spoken: Spoken | None, text: str) -> str:
    """The words, after those that Lots has just asked about."""
    doubted = spoken.said if spoken is not None and spoken.doubted else ""
    return f"{doubted}\n{text}".strip()


def begin(conversation: Conversation, text: str) -> Result:
    """Practice is over, and the words are read as at work. A seat in a live exercise is kept."""
    left = replace(conversation, phase=Phase.MATTER, practice=None, live=None)
    seat = conversation.live
    if not text:
        return Again(left, (t("chat.live.real_what", code=seat.code) if seat else t("practice.real.what"),))
    lead = t("chat.live.real_left", code=seat.code) if seat else t("practice.real.left")
    return Begin(left, text, as_matter=True, lead=(lead,))


def is_danger(conversation: Conversation, text: str, tools: Tools) -> bool:
    """Whether plain words speak of danger or hurry; naming the way, as "ring 112", does not."""
    profile = conversation.profile
    pack = pack_of(profile, tools) if profile else None
    if profile is None or pack is None or not text.strip():
        return False
    reading = tools.reader.read(_without_ways(text, pack, tools), Context(pack, profile.unit_type))
    return speaks_of_hurry(reading)


def _without_ways(text: str, pack: Pack, tools: Tools) -> str:
    texts = tools.knowledge.texts
    keys = (f"practice.words.channel.{channel}" for channel in pack.channel_by_id)
    named = sorted((word for key in keys if key in texts for word in word_list(key, texts)), key=len, reverse=True)
    return re.sub(rf"\b(?:{'|'.join(map(re.escape, named))})\b", " ", text, flags=re.IGNORECASE) if named else text


def doubt(conversation: Conversation, spoken: Spoken, text: str, tools: Tools) -> Turn:
    """The words are kept, and asked about before anything is graded."""
    said = _joined(spoken, text)
    if isinstance(spoken, Live):
        return show(replace(conversation, live=replace(spoken, said=said, doubted=True)), tools)
    return show(replace(conversation, practice=replace(spoken, said=said, doubted=True)), tools)


def show(conversation: Conversation, _tools: Tools) -> Turn:
    act = Act.LIVE if conversation.phase is Phase.LIVE else Act.PRACTICE
    lines = (headline(t("practice.real.ask")), t("chat.ask.danger"))
    options = [
        Option(act, t("practice.choice.real"), REAL, words="chat.words.yes", weight=Weight.PRIMARY),
        Option(act, t("practice.choice.exercise"), EXERCISE, words="chat.words.no"),
    ]
    call = (Link(t("chat.emergency.link"), "tel:112"),)
    return offer(conversation, [Reply(lines, tone=Tone.EMERGENCY, links=call)], options)
