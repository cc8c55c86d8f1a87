"""Facts about the routines in our own words, from `faq/*.yaml`, with the ways people ask for them. Answers nothing itself.

One file a pack, and `common.yaml` for what no routine answers, the words of a refusal and words that mean the same. An entry that is
`silent` is a question the routine says nothing about, known so that it is refused and not mistaken for a neighbour.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from knowledge.data_file import read_model, yaml_files
from knowledge.errors import DataError, DataErrors
from knowledge.pack import Pack
from knowledge.yaml_tree import Tree, place_of

COMMON: Final = "common.yaml"
LONGEST: Final = 500
"""Characters in an answer, at most."""
COPIED: Final = 60
"""A run of this many characters shared with a source is a copy."""

Text = Annotated[str, Field(min_length=1)]
EntryId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _lines(value: object) -> object:
    return tuple(line.strip() for line in value.splitlines() if line.strip()) if isinstance(value, str) else value


class Entry(Model):
    """One fact. In a file `asks` is a block with one way of asking on each line."""

    id: EntryId
    sections: tuple[Text, ...] = ()
    text: Annotated[str, Field(max_length=LONGEST)] | None = None
    asks: Annotated[tuple[Text, ...], Field(min_length=2)]
    tells: tuple[EntryId, ...] = ()
    """The demands that the text meets: a question that asks for a number is not answered by a text without one."""
    silent: bool = False

    _asks = field_validator("asks", mode="before")(_lines)


class Demand(Model):
    """Something certain that a question may ask for: a sum of money, a number to ring, how long …"""

    id: EntryId
    cues: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Words in a row that ask for it, `*` standing for any beginning or ending of a word."""

    _cues = field_validator("cues", mode="before")(_lines)


class _PackFile(Model):
    pack: Text
    about: Text
    more_sections: tuple[Text, ...] = ()
    """Headings of the document that the pack itself does not cite."""
    entries: tuple[Entry, ...]


class _CommonFile(Model):
    about: Text
    refusal: Text
    elsewhere: Text
    beside: Text
    entries: tuple[Entry, ...]
    demands: tuple[Demand, ...]
    regions: Mapping[str, tuple[Text, ...]]
    """Words that name a region."""
    written: Mapping[Text, tuple[Text, ...]]
    """A word or words as they are spelled → how they are written too: short, as they are said, or with a common slip."""
    same: tuple[Text, ...]
    """A line of words that mean the same, the one that stands for them first."""
    soft: frozenset[str]
    """Question words: they tell a little."""
    stop: frozenset[str]
    """Words that say nothing about what is asked."""

    _same = field_validator("same", mode="before")(_lines)

    @field_validator("soft", "stop", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    @field_validator("written", mode="before")
    @classmethod
    def _written(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {full: tuple(forms.split()) if isinstance(forms, str) else forms for full, forms in value.items()}


@dataclass(frozen=True, eq=False)
class Faq:
    """Every entry by pack id, and what is common to all. Frozen and safe to share."""

    by_pack: Mapping[str, tuple[Entry, ...]]
    sections: Mapping[str, tuple[str, ...]]
    """Headings that a pack's file adds to those the pack cites."""
    unanswered: tuple[Entry, ...]
    """What no routine answers."""
    refusal: str
    elsewhere: str
    beside: str
    demands: tuple[Demand, ...]
    regions: Mapping[str, tuple[str, ...]]
    written: Mapping[str, str]
    """A word as it is written too → as it is spelled, in one word or more."""
    same: Mapping[str, str]
    """A word → the one that stands for it."""
    soft: frozenset[str]
    stop: frozenset[str]


def load_faq(folder: Path) -> Faq:
    """Every file of the folder. Raises DataErrors with everything that is wrong in any of them."""
    errors: list[DataError] = []
    files: dict[str, _PackFile] = {}
    trees: dict[str, Tree] = {}
    for file, of_file in _pack_files(folder, errors):
        errors.extend(_entry_errors(file.entries, of_file))
        files[file.pack], trees[file.pack] = file, of_file
    common, tree, problems = read_model(folder / COMMON, _CommonFile)
    errors.extend(problems)
    if common is not None and tree is not None:
        errors.extend(_entry_errors(common.entries, tree))
        known = {demand.id for demand in common.demands}
        errors.extend(
            error for pack, file in files.items() for error in _demand_errors(file.entries, trees[pack], known)
        )
    if errors or common is None:
        raise DataErrors(errors)
    return Faq(
        by_pack={pack: file.entries for pack, file in files.items()},
        sections={pack: file.more_sections for pack, file in files.items()},
        unanswered=common.entries,
        refusal=common.refusal,
        elsewhere=common.elsewhere,
        beside=common.beside,
        demands=common.demands,
        regions=common.regions,
        written={form: full for full, forms in common.written.items() for form in forms},
        same={word: line.split()[0] for line in common.same for word in line.split()},
        soft=common.soft,
        stop=common.stop,
    )


def _pack_files(folder: Path, errors: list[DataError]) -> Iterator[tuple[_PackFile, Tree]]:
    """Each pack's file that can be read; what is wrong with the others is added to `errors`."""
    for path in yaml_files(folder):
        if path.name == COMMON:
            continue
        file, tree, problems = read_model(path, _PackFile)
        errors.extend(problems)
        if file is not None and tree is not None:
            yield file, tree


def _entry_errors(entries: Iterable[Entry], tree: Tree) -> Iterator[DataError]:
    seen: dict[str, str] = {}
    asked: dict[str, str] = {}
    for number, entry in enumerate(entries):
        place = place_of(tree, ("entries", number, "id"))
        if entry.id in seen:
            yield place.error(f"Id ”{entry.id}” används två gånger. Varje svar behöver ett eget id.")
        seen[entry.id] = entry.id
        if not entry.silent and not (entry.text and entry.sections):
            yield place.error(
                f"”{entry.id}” saknar text eller sections. Skriv svaret och rubriken det står under, eller silent: true."
            )
        for ask in entry.asks:
            if ask in asked:
                yield place.error(
                    f"Frågan ”{ask}” står både under ”{asked[ask]}” och ”{entry.id}”. Behåll den där svaret är bäst."
                )
            asked[ask] = entry.id


def _demand_errors(entries: Iterable[Entry], tree: Tree, known: set[str]) -> Iterator[DataError]:
    for number, entry in enumerate(entries):
        for demand in set(entry.tells) - known:
            yield place_of(tree, ("entries", number, "tells")).error(
                f"”{demand}” under ”{entry.id}” finns inte bland demands i {COMMON}. Välj bland {', '.join(sorted(known))}."
            )


def unknown_sections(faq: Faq, pack: Pack) -> tuple[str, ...]:
    """Headings that answers for the pack cite, but that stand neither in its sources nor among the file's own."""
    known = _headings(pack) | set(faq.sections.get(pack.id, ()))
    return tuple(
        f"{entry.id}: {section}"
        for entry in faq.by_pack.get(pack.id, ())
        for section in entry.sections
        if section not in known
    )


def section_errors(folder: Path, packs: Iterable[Pack]) -> tuple[DataError, ...]:
    """The same for every file of the folder, with the line of each answer; and answers for a pack that is not there."""
    by_id = {pack.id: pack for pack in packs}
    errors: list[DataError] = []
    for file, tree in _pack_files(folder, errors):
        errors.extend(_section_errors(file, tree, by_id.get(file.pack)))
    return tuple(errors)


def _section_errors(file: _PackFile, tree: Tree, pack: Pack | None) -> Iterator[DataError]:
    if pack is None:
        yield place_of(tree, ("pack",)).error(f"Rutinen ”{file.pack}” finns inte bland packs. Är den felstavad?")
        return
    known = _headings(pack) | set(file.more_sections)
    for number, entry in enumerate(file.entries):
        for section in entry.sections:
            if section not in known:
                yield place_of(tree, ("entries", number, "sections")).error(
                    f"Rubriken ”{section}” under ”{entry.id}” står inte bland sources i rutinen. "
                    "Rätta den, eller skriv den under more_sections om den finns i dokumentet."
                )


def _headings(pack: Pack) -> set[str]:
    return {section for source in pack.sources for section in source.sections}


def copied_runs(text: str, original: str, length: int = COPIED) -> tuple[str, ...]:
    """Runs of the length that the text shares with an original, case and line breaks aside."""
    text, original = _plain(text), _plain(original)
    return tuple(
        text[at : at + length] for at in range(max(0, len(text) - length + 1)) if text[at : at + length] in original
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
