"""Figures → PNG pictures: harm, confusion of channels, right by group. Needs matplotlib (`lots[report]`); writes no files.

Every picture also stands as a table on the page: nothing is told by colour or shape alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from triage.report.figures import Cell, Counts, Figures, measures
from triage.report.words import Words

NOW, BEFORE, INK, GRID = "#0b5a63", "#b9a26a", "#10282c", "#d5dfdf"
_WRONG: Final = "wrong"
HARMS: Final[tuple[str, ...]] = (
    "danger_missed",
    "alarm_danger_missed",
    "against_consent",
    _WRONG,
    "false_alarms",
    "alarm_false_alarms",
    "taken_for_talk",
    "calm_asked",
    "alarm_calm_asked",
    "needless_questions",
)
"""The bars, worst first. `wrong` is told by the measure of right ones."""
_DPI: Final = 130


def pictures(figures: Figures, old: Figures | None, words: Words) -> dict[str, bytes]:
    """Every picture by its file name. What there are no cases for is left out."""
    found = {"harm.png": harm(figures, old, words)}
    if figures.total.cases:
        found["confusion.png"] = confusion(figures, old, words)
        found["groups.png"] = groups(figures, old, words)
    return found


def harm(figures: Figures, old: Figures | None, words: Words) -> bytes:
    """Horizontal bars: how often each harm happened, of the cases it could happen to, beside the older measurement."""
    now = _harms(figures)
    before = _harms(old) if old else {}
    names = [words.say("harm.wrong_channel") if key == _WRONG else words.say(f"measure.{key}") for key in now]
    drawing = Drawing(figsize=(8, 1.2 + 0.5 * len(now)), layout="constrained")
    axes = drawing.subplots()
    bars = Bars(
        names=names,
        now=[part / whole * 100 for part, whole in now.values()],
        before=[100 * before[key][0] / before[key][1] if key in before else 0 for key in now] if before else None,
        labels=[words.say("of", part=part, whole=whole) for part, whole in now.values()],
    )
    _draw(axes, bars, words)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(words.say("plot.harm"), loc="left", color=INK)
    return _png(drawing)


def _harms(figures: Figures) -> dict[str, tuple[int, int]]:
    """Each harm's cases and those it could happen to, worst harm first."""
    found = {measure.key: (measure.parts[0], measure.per or measure.parts[1]) for measure in measures(figures)}
    if figures.total.cases:
        found[_WRONG] = (figures.total.wrong, figures.total.cases)
    return {key: found[key] for key in HARMS if key in found}


def groups(figures: Figures, old: Figures | None, words: Words) -> bytes:
    """The share of right channels per pack, per channel and per author group."""
    parts: list[tuple[str, dict[str, Counts], dict[str, Counts], Mapping[str, str]]] = [
        ("by_pack", figures.by_pack, old.by_pack if old else {}, words.packs),
        ("by_channel", figures.by_channel, old.by_channel if old else {}, words.channels),
        ("by_voice", figures.by_voice, old.by_voice if old else {}, {}),
    ]
    heights = [len(now) + 1.6 for _, now, _, _ in parts]
    drawing = Drawing(figsize=(8, 0.24 * sum(heights) + 1), layout="constrained")
    for axes, (key, now, before, names) in zip(
        drawing.subplots(len(parts), 1, gridspec_kw={"height_ratios": heights}), parts, strict=True
    ):
        ids = sorted(now, key=lambda one: (now[one].right_share, one))
        bars = Bars(
            names=[names.get(one, one) for one in ids],
            now=[now[one].right_share for one in ids],
            before=[before[one].right_share if one in before else 0 for one in ids] if before.keys() & now else None,
            labels=[words.say("of", part=now[one].right, whole=now[one].cases) for one in ids],
        )
        _draw(axes, bars, words)
        axes.set_xlim(0, 1.15)
        axes.set_xticks([0, 0.5, 1], [words.percent(value) for value in (0, 0.5, 1)])
        axes.set_title(words.say(f"heading.{key}"), loc="left", color=INK)
    drawing.suptitle(words.say("plot.groups"), x=0.01, ha="left", color=INK)
    return _png(drawing)


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a name, and beside it that of the older measurement if there is one."""

    names: Sequence[str]
    now: Sequence[float]
    before: Sequence[float] | None
    labels: Sequence[str]


def _draw(axes: Axes, bars: Bars, words: Words) -> None:
    places = range(len(bars.names))
    thick, aside = (0.38, 0.19) if bars.before else (0.66, 0.0)
    drawn = axes.barh([place - aside for place in places], bars.now, thick, color=NOW, label=words.say("now"))
    axes.bar_label(drawn, bars.labels, padding=3, color=INK, fontsize=8)
    if bars.before:
        below = [place + aside for place in places]
        axes.barh(below, bars.before, thick, color=BEFORE, hatch="///", edgecolor="white", label=words.say("before"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8, frameon=False)
    axes.set_yticks(places, bars.names, fontsize=8)
    axes.margins(x=0.14)
    axes.set_ylim(len(bars.names) - 0.4, -0.6)
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def confusion(figures: Figures, old: Figures | None, words: Words) -> bytes:
    """A heat map of the right channel against the one that came out; two of them, one under the other, when compared."""
    order = [
        channel
        for channel in (*words.channels, *_others(figures, old, words))
        if any(channel in (cell.wanted, cell.got) for part in (figures, old) if part for cell in part.confusion)
    ]
    shown = [(words.say("now"), figures)] + ([(words.say("before"), old)] if old else [])
    side = 0.62 * len(order) + 2.6
    drawing = Drawing(figsize=(side + 0.6, (side - 0.4) * len(shown)), layout="constrained")
    panes = drawing.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, (when, part) in zip(panes, shown, strict=True):
        _heat(axes, part.confusion, order, words)
        axes.set_title(words.say("plot.confusion", when=when), loc="left", color=INK)
    return _png(drawing)


def _others(figures: Figures, old: Figures | None, words: Words) -> list[str]:
    ids = {i for part in (figures, old) if part for cell in part.confusion for i in (cell.wanted, cell.got)}
    return sorted(ids - set(words.channels))


def _heat(axes: Axes, cells: Sequence[Cell], order: Sequence[str], words: Words) -> None:
    counts = {(cell.wanted, cell.got): cell.cases for cell in cells}
    totals = {wanted: sum(n for (w, _), n in counts.items() if w == wanted) for wanted in order}
    shares = [[counts.get((w, g), 0) / max(totals[w], 1) for g in order] for w in order]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.2)
    names = [words.channel(channel) for channel in order]
    axes.set_xticks(range(len(order)), names, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(order)), names, fontsize=8)
    for row, wanted in enumerate(order):
        for column, got in enumerate(order):
            number = counts.get((wanted, got), 0)
            if number:
                ink = "white" if shares[row][column] > 0.6 else "#a3201a" if wanted != got else INK
                weight = "bold" if wanted != got else "normal"
                axes.text(column, row, str(number), ha="center", va="center", color=ink, weight=weight, fontsize=9)
    axes.spines[:].set_visible(False)
    axes.set_xticks([n - 0.5 for n in range(1, len(order))], minor=True)
    axes.set_yticks([n - 0.5 for n in range(1, len(order))], minor=True)
    axes.grid(which="minor", color=GRID)
    axes.tick_params(which="minor", length=0)


def _png(drawing: Drawing) -> bytes:
    """The same figures give the same bytes: no time and no program name is written into the picture."""
    out = BytesIO()
    drawing.savefig(out, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    return out.getvalue()
