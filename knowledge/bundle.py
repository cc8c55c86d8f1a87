"""Everything the routines' data holds, loaded once and handed on. Loads and checks; keeps nothing but what ships with Lots."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from knowledge.directory import Directory, load_directory
from knowledge.faq import Faq, load_faq
from knowledge.lexicon import Lexicon, load_lexicon
from knowledge.loader import load_packs
from knowledge.names import Names, load_names, name_file
from knowledge.outage import Outages, load_outages
from knowledge.registry import Registry
from knowledge.scenario import Scenarios, load_scenarios
from knowledge.texts import Catalogue

HERE: Final = Path(__file__).parent
HOME_LANGUAGE: Final = "sv"
"""What staff write in and what every text exists in."""


@dataclass(frozen=True, repr=False)
class Knowledge:
    """Frozen and safe to share between threads and conversations. Shown by its name alone: it holds thousands of lines."""

    registry: Registry
    texts: Catalogue
    lexicon: Lexicon
    directory: Directory
    names: Names
    faq: Faq
    scenarios: Scenarios
    outages: Outages
    languages: Mapping[str, Catalogue]
    """The texts in every language, by its ISO 639-1 code."""

    @property
    def home(self) -> Catalogue:
        """The texts in the language that messages are written in, whoever reads Lots in another."""
        return self.languages[HOME_LANGUAGE]

    def speaking(self, language: str) -> "Knowledge":
        """The same knowledge with another language's texts; its own where that language has none."""
        texts = self.languages.get(language, self.texts)
        return self if texts is self.texts else replace(self, texts=texts)


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """The knowledge in the folder, or that which ships with Lots. Raises KnowledgeError with file and line of what is wrong."""
    return _shipped() if folder is None else _load(folder)


@cache
def _shipped() -> Knowledge:
    """Its files do not change while Lots runs."""
    return _load(HERE)


def _load(root: Path) -> Knowledge:
    languages = load_languages(root / "texts")
    registry = Registry(load_packs(root / "packs"))
    return Knowledge(
        registry=registry,
        texts=languages[HOME_LANGUAGE],
        lexicon=load_lexicon(root / "lexicon"),
        directory=load_directory(root / "directory"),
        names=load_names(name_file(root)),
        faq=load_faq(root / "faq"),
        scenarios=load_scenarios(root / "scenarios"),
        outages=load_outages(root / "outage", registry),
        languages=languages,
    )


def load_languages(folder: Path) -> dict[str, Catalogue]:
    """Every language's texts, each above the home language's. Raises DataErrors."""
    home = Catalogue.load(folder / HOME_LANGUAGE)
    others = sorted(place.name for place in folder.iterdir() if place.is_dir() and place.name != HOME_LANGUAGE)
    return {HOME_LANGUAGE: home, **{name: Catalogue.load(folder / name, home) for name in others}}
