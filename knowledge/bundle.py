"""Everything the routines' data holds, loaded once and handed on. Loads and checks; keeps no state of its own."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Knowledge:
    """Frozen and safe to share between threads and conversations."""

    registry: Registry
    texts: Catalogue
    lexicon: Lexicon
    directory: Directory
    names: Names
    faq: Faq
    scenarios: Scenarios
    outages: Outages


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """The knowledge in the folder, or that which ships with Lots. Raises KnowledgeError with file and line of what is wrong."""
    root = folder or HERE
    registry = Registry(load_packs(root / "packs"))
    return Knowledge(
        registry=registry,
        texts=Catalogue.load(root / "texts" / "sv"),
        lexicon=load_lexicon(root / "lexicon"),
        directory=load_directory(root / "directory"),
        names=load_names(name_file(root)),
        faq=load_faq(root / "faq"),
        scenarios=load_scenarios(root / "scenarios"),
        outages=load_outages(root / "outage", registry),
    )
