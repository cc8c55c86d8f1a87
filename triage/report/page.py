"""Figures, pictures and the texts of what went wrong → one self-contained page. Fills a template; measures nothing, writes no files."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from triage.report.figures import Figures, Miss, measures
from triage.report.words import Words

SHOWN_MISSES: Final = 60
"""The page tells this many cases, worst first; the rest stand in figures.json."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of measures, in words."""

    name: str
    value: str
    target: str
    met: bool | None
    old: str
    change: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of the cases that went from wrong to right and the other way between two measurements."""

    mended: tuple[str, ...]
    broken: tuple[str, ...]


def page(
    figures: Figures, old: Figures | None, pictures: Mapping[str, bytes], texts: Mapping[str, str], words: Words
) -> str:
    """The report as HTML. `texts` are the cases' own words by id; they stand only on this page."""
    surroundings = Environment(
        loader=PackageLoader("triage.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return surroundings.get_template("report.html").render(
        figures=figures,
        old=old,
        lines=lines(figures, old, words),
        changes=changes(figures, old) if old else None,
        misses=figures.misses[:SHOWN_MISSES],
        more=len(figures.misses) - SHOWN_MISSES,
        pictures={name: base64.b64encode(data).decode("ascii") for name, data in pictures.items()},
        texts=texts,
        words=words,
        say=words.say,
    )


def lines(figures: Figures, old: Figures | None, words: Words) -> tuple[Line, ...]:
    """The table of measures beside the older ones, for the page and for the terminal."""
    before = {measure.key: measure for measure in measures(old)} if old else {}
    return tuple(
        Line(
            name=words.name(measure),
            value=words.shown(measure),
            target=words.target(measure),
            met=measure.is_met,
            old=words.shown(before[measure.key]) if measure.key in before else "",
            change=measure.against(before[measure.key]) if measure.key in before else "",
        )
        for measure in measures(figures)
    )


def changes(figures: Figures, old: Figures) -> Changes:
    """Among the cases of both: one counts as wrong while its channel is, or while a danger in it is missed."""
    both = frozenset(figures.ids) & frozenset(old.ids)
    now, before = _wrong(figures.misses) & both, _wrong(old.misses) & both
    return Changes(mended=tuple(sorted(before - now)), broken=tuple(sorted(now - before)))


def _wrong(misses: tuple[Miss, ...]) -> frozenset[str]:
    return frozenset(miss.id for miss in misses if GRAVE & set(miss.harms))


GRAVE: Final = frozenset({"danger_missed", "against_consent", "wrong_channel", "false_alarm"})
