"""Which answers stand on the screen: the likely few, the groups of topics, or one group. Chooses places; decides nothing."""

from dataclasses import dataclass
from typing import Final

from bot.phases.desk import Desk, said
from knowledge.pack import Pack
from knowledge.vocabulary import Fact, UnitType, Value
from triage.choices import plain
from triage.decide import Ask

LIKELY: Final = 4
"""How many likely answers are shown first."""
FEW: Final = 6
"""As many answers as can stand together without being a list to read through."""
MENU: Final = 1
FIRST_GROUP: Final = 2
"""Pages: 0 the likely answers, 1 the rest or the groups, from 2 on one group of topics each."""


@dataclass(frozen=True, slots=True)
class Page:
    """Answers, groups by their place in the pack, and whether there is more behind them."""

    values: tuple[Value, ...]
    groups: tuple[int, ...] = ()
    more: bool = False


def choice_page(here: Desk, asked: Ask) -> Page:
    if len(asked.choices) <= FEW:
        return Page(asked.choices)
    if asked.fact is Fact.TOPIC:
        return _topics(here.pack, asked, here.matter.page)
    if asked.fact is Fact.RECIPIENT_TYPE:
        return _recipients(here, asked)
    return Page(asked.choices)


def _topics(pack: Pack, asked: Ask, page: int) -> Page:
    unclear = asked.facts.unclear.get(Fact.TOPIC)
    likely = tuple(v for v in (unclear.likely if unclear else ()) if v in asked.choices)[:LIKELY]
    if page == 0 and likely:
        return Page(likely, more=True)
    place = page - FIRST_GROUP
    if 0 <= place < len(pack.topic_groups):
        return Page(_open(pack, place, asked), more=True)
    grouped = {topic for group in pack.topic_groups for topic in group.topics}
    alone = tuple(value for value in asked.choices if value not in grouped)
    return Page(alone, tuple(p for p in range(len(pack.topic_groups)) if _open(pack, p, asked)))


def _open(pack: Pack, place: int, asked: Ask) -> tuple[Value, ...]:
    return tuple(topic for topic in pack.topic_groups[place].topics if topic in asked.choices)


def _recipients(here: Desk, asked: Ask) -> Page:
    """Whom the words mention first, then whom this sender most often writes to."""
    likely = (*_mentioned(here), *here.pack.likely_recipients.get(here.profile.unit_type, ()))
    first = tuple(dict.fromkeys(str(v) for v in likely if v in asked.choices))[:LIKELY]
    rest = tuple(value for value in asked.choices if value not in first)
    if here.matter.page == 0 and first:
        return Page(first, more=True)
    return Page(rest or asked.choices)


def _mentioned(here: Desk) -> tuple[UnitType, ...]:
    """Kinds of unit whose name some word of the text begins with."""
    words = plain(said(here.matter)).split()
    names = {unit_type: plain(label).split()[0] for unit_type, label in here.pack.unit_labels.items()}
    return tuple(u for u, name in names.items() if any(word.startswith(name) for word in words))
