"""One measurement, and an older one to compare with → the files of the report by name. Needs matplotlib; writes nothing."""

from collections.abc import Mapping

from triage.report.figures import Figures
from triage.report.page import page
from triage.report.plots import pictures
from triage.report.words import Words

FIGURES, PAGE = "figures.json", "index.html"


def build(figures: Figures, old: Figures | None, texts: Mapping[str, str], words: Words) -> dict[str, bytes]:
    """`texts` are the cases' words by id, for the page alone."""
    drawn = pictures(figures, old, words)
    return {
        FIGURES: figures.model_dump_json(indent=1).encode() + b"\n",
        PAGE: page(figures, old, drawn, texts, words).encode(),
        **drawn,
    }
