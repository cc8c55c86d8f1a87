"""Which scenarios a trainer may take into a session: the house's and her organisation's own, narrowed by routine, way and level. Stores nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.registry import Registry, UnknownPack
from knowledge.scenario import Level, Scenario


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty is any."""

    pack: str = ""
    channel: str = ""
    level: str = ""

    def lets(self, scenario: Scenario) -> bool:
        return (
            scenario.pack == self.pack
            and self.level in ("", scenario.level)
            and (not self.channel or self.channel in channels(scenario))
        )


def channels(scenario: Scenario) -> frozenset[str]:
    """The ways that are right at some step."""
    answers = (step.answer for step in scenario.steps)
    return frozenset(answer.channel for answer in answers if answer is not None and answer.channel is not None)


def chosen(scenarios: Iterable[Scenario], ids: Sequence[str]) -> tuple[Scenario, ...]:
    """Those named, in the order they are listed."""
    wanted = frozenset(ids)
    return tuple(scenario for scenario in scenarios if scenario.id in wanted)


def packs(registry: Registry) -> list[tuple[str, str]]:
    """(id, name and version), for a list to choose from."""
    return [(pack.id, f"{pack.name}, {pack.version}") for pack in registry.packs]


def channel_labels(registry: Registry, pack_id: str) -> list[tuple[str, str]]:
    try:
        pack = registry.pack(pack_id)
    except UnknownPack:
        return []
    used = {row.channel for row in pack.rows}
    return [(channel.id, channel.label) for channel in pack.channels if channel.id in used]


LEVELS = tuple(str(level) for level in Level)
