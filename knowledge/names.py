"""Names as data: first names, surnames and the words around them, from `names/names.yaml`. Finds nothing in text."""

from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from knowledge.data_file import read_model
from knowledge.errors import DataErrors


class Names(BaseModel):
    """Lower-case words. A file may write each list as one block of words or as a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: frozenset[str]
    """First names that are nothing else."""
    first_also_words: frozenset[str]
    """First names that are common words too: they count only beside a surname or after a word that presents a person."""
    surnames: frozenset[str]
    surname_endings: tuple[str, ...]
    """Endings that make an unknown word after a first name a surname, even in lower case."""
    particles: frozenset[str]
    """Words inside a name: von, af, el …"""
    presents: frozenset[str]
    """Words right before a name: heter, dottern, fru …"""
    presents_surely: frozenset[str]
    """Those of them after which any capitalised word is a name."""
    naming: frozenset[str]
    """Those of them that say it outright: heter, efternamn … Any word after them is a name, also one all in capitals."""
    nobility: frozenset[str]
    """Particles that begin a surname: von Essen."""
    roles: frozenset[str]
    """Words in brackets after a name that tell who it is: (pat), (maken) …"""
    institutions: frozenset[str]
    """Words that make what follows the name of a place: vårdcentralen, avdelning …"""
    not_names: frozenset[str]
    """Words that are no part of a person's name though they are capitalised beside one."""
    places: frozenset[str]
    """Words after a name that make it the name of a place, an illness or an institution: syndrom, gatan …"""

    @field_validator(
        "first",
        "first_also_words",
        "surnames",
        "particles",
        "presents",
        "presents_surely",
        "naming",
        "nobility",
        "roles",
        "institutions",
        "not_names",
        "places",
        mode="before",
    )
    @classmethod
    def _words(cls, value: object) -> object:
        return value.lower().split() if isinstance(value, str) else value

    @field_validator("surname_endings", mode="before")
    @classmethod
    def _endings(cls, value: object) -> object:
        return tuple(value.lower().split()) if isinstance(value, str) else value

    @cached_property
    def any_first(self) -> frozenset[str]:
        return self.first | self.first_also_words

    def is_surname(self, word: str) -> bool:
        """Whether a lower-case word is a surname: in the list, or by its ending."""
        return word in self.surnames or (
            len(word) > 4 and word.endswith(self.surname_endings) and word not in self.not_names
        )


def load_names(path: Path) -> Names:
    """Raises DataErrors with everything that is wrong in the file."""
    names, _, errors = read_model(path, Names)
    if errors or names is None:
        raise DataErrors(errors)
    return names


def name_file(folder: Path) -> Path:
    """Where the names lie in a knowledge folder."""
    return folder / "names" / "names.yaml"
