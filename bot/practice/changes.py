"""What is otherwise in a routine since the version before it, and which practised steps get another answer by it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from knowledge.bundle import Knowledge
from knowledge.pack import Channel, Pack
from knowledge.registry import Registry
from knowledge.scenario import Scenarios
from triage.scenarios import Question, changed

BEFORE_WORDS: Final = ("practice.changed.tempting", "practice.changed.wrong")


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence of the routine's about a channel that is new or otherwise. Empty: not said, or said no more."""

    channel: str
    before: str
    after: str


def version_before(pack: Pack, registry: Registry) -> Pack | None:
    """The region's version that was in force last before this one."""
    earlier = [
        other
        for other in registry.packs
        if other.region == pack.region and other.validity.last_day and _ends_before(other, pack)
    ]
    return max(earlier, key=lambda other: str(other.validity.last_day), default=None)


def _ends_before(other: Pack, pack: Pack) -> bool:
    last, first = other.validity.last_day, pack.validity.first_day
    return last is not None and first is not None and last < first


def changed_steps(pack: Pack, knowledge: Knowledge) -> tuple[tuple[str, int], ...]:
    """The old version's steps, by scenario and number, whose channel is another now."""
    before = version_before(pack, knowledge.registry)
    return () if before is None else _changed_steps(_Pair(before, pack, knowledge.scenarios))


class _Pair:
    """Two packs and the scenarios as a cache key: by identity, since none of them is ever changed."""

    __slots__ = ("after", "before", "scenarios")

    def __init__(self, before: Pack, after: Pack, scenarios: Scenarios) -> None:
        self.before, self.after, self.scenarios = before, after, scenarios

    def __hash__(self) -> int:
        return hash((id(self.before), id(self.after), id(self.scenarios)))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Pair) and other.before is self.before and other.after is self.after
        return same and isinstance(other, _Pair) and other.scenarios is self.scenarios


@lru_cache(maxsize=16)
def _changed_steps(pair: _Pair) -> tuple[tuple[str, int], ...]:
    return tuple(
        (scenario.id, number)
        for scenario in pair.scenarios.of(pair.before.id)
        for number in range(len(scenario.steps))
        if changed(pair.before, pair.after, scenario, number, ("-", "-")) is not None
    )


def changed_question(pack: Pack, scenario_id: str, number: int, knowledge: Knowledge) -> Question | None:
    """The step as it is put in the new version."""
    scenario, before = knowledge.scenarios.by_id.get(scenario_id), version_before(pack, knowledge.registry)
    if scenario is None or before is None or number >= len(scenario.steps):
        return None
    tempting, wrong = (knowledge.texts.text(key, version=before.version) for key in BEFORE_WORDS)
    return changed(before, pack, scenario, number, (tempting, wrong))


def what_changed(pack: Pack, knowledge: Knowledge) -> tuple[Change, ...]:
    """What the two versions say of the channels they share: times, and what is kept out."""
    before = version_before(pack, knowledge.registry)
    if before is None:
        return ()
    pairs = ((before.channel_by_id[c.id], c) for c in pack.channels if c.id in before.channel_by_id)
    return tuple(change for old, new in pairs for change in _between(old, new))


def _between(old: Channel, new: Channel) -> Iterator[Change]:
    was = old.service_level.text if old.service_level else ""
    now = new.service_level.text if new.service_level else ""
    if was != now:
        yield Change(new.label, was or "–", now or "–")
    before = {content.check: content for content in old.forbidden}
    after = {content.check: content for content in new.forbidden}
    for check in dict.fromkeys((*before, *after)):
        one, other = before.get(check), after.get(check)
        if (one and one.action) != (other and other.action):
            yield Change(new.label, one.text if one else "–", other.text if other else "–")
