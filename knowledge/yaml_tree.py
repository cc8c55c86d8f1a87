"""YAML → a tree in which every value knows its file and line. Checks the notation only; what the values mean is for others.

Stricter than YAML: no key twice, no aliases, and only `true`, `false`, `null` and whole numbers are anything but text. So `1.0`,
`08:00`, `nej` and `2024-02-01` stay as they are written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from knowledge.errors import DataError

Plain = str | int | bool | None
_SAFE: Final[type[yaml.SafeLoader] | type[yaml.CSafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SAFE):  # type: ignore[misc, valid-type]
    """Builds nodes alone. What a plain scalar is, is for `_plain`: YAML's own patterns for it are not tried on every one."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:  # noqa: ARG002
        return ""

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


_WHOLE_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_WORDS: Final[Mapping[str, Plain]] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int

    def error(self, message: str) -> DataError:
        return DataError(self.file, self.line, message)


@dataclass(frozen=True, slots=True)
class Scalar:
    value: Plain
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple["Tree", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    entries: Mapping[str, "Tree"]
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)
    """Where each key stands."""

    def get(self, key: str) -> "Tree | None":
        return self.entries.get(key)

    def text(self, key: str) -> str | None:
        found = self.entries.get(key)
        return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None

    def with_entries(self, entries: Mapping[str, "Tree"]) -> "Table":
        return Table(entries, self.place, self.keys)


Tree = Scalar | Listing | Table


def read_tree(path: Path) -> tuple[Tree | None, tuple[DataError, ...]]:
    """The file's tree and every error in its notation. The tree is None where nothing can be read."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return None, (DataError(file, 1, f"Filen går inte att öppna ({error.strerror})."),)
    except UnicodeDecodeError:
        return None, (DataError(file, 1, "Filen är inte sparad som UTF-8. Spara om den med den teckenkodningen."),)
    return parse_tree(text, file)


def parse_tree(text: str, file: str) -> tuple[Tree | None, tuple[DataError, ...]]:
    """As `read_tree`, from text that is already read."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, (DataError(file, line, f"Här går filen inte att läsa som YAML. {_advice(error.problem)}"),)
    except yaml.YAMLError as error:
        return None, (DataError(file, 1, f"Filen går inte att läsa som YAML: {error}."),)
    finally:
        loader.dispose()
    if node is None:
        return None, (DataError(file, 1, "Filen är tom."),)
    builder = _Builder(file)
    return builder.build(node), tuple(builder.errors)


_ADVICE: Final[Mapping[str, str]] = {
    "mapping values are not allowed": "Står det ett kolon i en text? Sätt citattecken runt hela texten.",
    "cannot start any token": "Raden börjar med ett tecken som inte får stå där, ofta en tabb. Använd mellanslag, och citattecken runt text.",
    "tab character": "Raden börjar med en tabb. Använd mellanslag.",
    "expected ',' or": "En hak- eller klammerparentes är inte stängd, eller så saknas ett kommatecken.",
    "could not find expected ':'": "Det saknas ett kolon efter ett fältnamn, eller så är indraget fel.",
    "did not find expected key": "Indraget stämmer inte med raden ovanför, eller så saknas ett fältnamn.",
    "expected <block end>": "Indraget stämmer inte med raden ovanför.",
    "did not find expected '-' indicator": "Indraget stämmer inte, eller så saknas ett bindestreck i listan.",
    "found unexpected end of stream": "Ett citattecken är inte avslutat.",
    "undefined alias": "Sätt citattecken runt en text som börjar med en stjärna.",
    "another document": "Filen får bara ha ett stycke: ta bort raden med tre bindestreck.",
}
"""What the notation's own words mean for the one who wrote the file."""


def _advice(problem: str | None) -> str:
    words = problem or ""
    return next((advice for part, advice in _ADVICE.items() if part in words), f"Läsaren säger: {words}.")


class _Builder:
    """Turns YAML nodes into trees and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()
        self._places: dict[int, Place] = {}
        self.errors: list[DataError] = []

    def build(self, node: yaml.Node) -> Tree:
        place = self._place(node)
        if isinstance(node, yaml.ScalarNode):
            return Scalar(_plain(node), place)
        if id(node) in self._seen:
            self.errors.append(place.error("Alias (*namn) används inte här. Skriv ut texten där den behövs."))
            return Scalar(None, place)
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return Listing(tuple(self.build(item) for item in node.value), place)
        return self._table(node, place)

    def _place(self, node: yaml.Node) -> Place:
        line = node.start_mark.line + 1
        place = self._places.get(line)
        if place is None:
            place = self._places[line] = Place(self._file, line)
        return place

    def _table(self, node: yaml.Node, place: Place) -> Table:
        entries: dict[str, Tree] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.errors.append(key_place.error("Ett fältnamn måste vara ett enkelt ord."))
                continue
            key = str(key_node.value)
            if key in entries:
                self.errors.append(
                    key_place.error(f"”{key}” står två gånger (först på rad {keys[key].line}). Behåll bara det ena.")
                )
                continue
            entries[key], keys[key] = self.build(value_node), key_place
        return Table(entries, place, keys)


def _plain(node: yaml.ScalarNode) -> Plain:
    text = str(node.value)
    if node.style:  # quoted or block text; plain is None or "" depending on the parser
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def plain(tree: Tree) -> object:
    """The values alone, as dicts, lists and scalars."""
    match tree:
        case Scalar(value=value):
            return value
        case Listing(items=items):
            return [plain(item) for item in items]
        case Table(entries=entries):
            return {key: plain(value) for key, value in entries.items()}


def place_of(tree: Tree, loc: Sequence[str | int]) -> Place:
    """The place of the deepest part of `loc` that stands in the file."""
    place = tree.place
    for step in loc:
        if isinstance(tree, Table) and isinstance(step, str) and step in tree.entries:
            place = tree.keys.get(step, tree.entries[step].place)
            tree = tree.entries[step]
        elif isinstance(tree, Listing) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
            place = tree.place
        else:
            break
    return place


def walk_texts(tree: Tree, prefix: str = "") -> Iterator[tuple[str, str, Place]]:
    """Every text with its dotted key and place. What is no text is left to the caller's own checks."""
    if isinstance(tree, Table):
        for key, value in tree.entries.items():
            yield from walk_texts(value, f"{prefix}.{key}" if prefix else key)
    elif isinstance(tree, Scalar) and isinstance(tree.value, str):
        yield prefix, tree.value, tree.place
