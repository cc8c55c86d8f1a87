"""Two who write in the same place: what stands there now, for whoever wrote last to see beside her own words. Saves nothing."""

from collections.abc import Callable, Mapping

from api.pages.desk import Desk
from knowledge.outage import OutageFact

Name = Callable[[str], str]
CHOICES = frozenset(OutageFact)
NOTHING = "outage.page.now_nothing"


def clash(desk: Desk, mine: Mapping[str, str] | None, stands: Mapping[str, str], label: Name) -> list[tuple[str, str]]:
    """Each field that differs, by its label, with what stands there. `mine` None: nobody else has written."""
    if mine is None:
        return []
    return [(label(name), in_words(desk, name, value)) for name, value in stands.items() if mine.get(name, "") != value]


def in_words(desk: Desk, name: str, value: str) -> str:
    """What a field holds: a choice by its own words."""
    if not value:
        return desk.text(NOTHING)
    return desk.text(f"outage.fact.{name}.{value}") if name in CHOICES else value
