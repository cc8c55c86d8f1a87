"""Errors of the knowledge room: what, where, what to do. Written for a routine owner who is no programmer, in Swedish.

KnowledgeError
├── DataErrors      something is wrong in data files; holds every DataError found
│   └── PackErrors  … in rule packs
├── UnknownPack     no pack with this id
└── UnknownText     no text with this key, or a placeholder without a value
"""

from collections.abc import Iterable
from dataclasses import dataclass


class KnowledgeError(Exception):
    """Something about the routines' data is wrong."""


@dataclass(frozen=True, slots=True, order=True)
class DataError:
    """One thing that is wrong in a data file, with the line to look at. A value: it is collected, never raised."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DataErrors(KnowledgeError):  # noqa: N818 – the shared contract names it
    """Every error found in the data files, in the order of file and line."""

    def __init__(self, errors: Iterable[DataError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(error) for error in self.errors))


class PackErrors(DataErrors):
    """Every error found in one or several rule packs."""


class UnknownPack(KnowledgeError):  # noqa: N818 – the shared contract names it
    """No pack has this id."""

    def __init__(self, pack_id: str, known: Iterable[str]) -> None:
        self.pack_id = pack_id
        super().__init__(f"Det finns ingen rutin med id {pack_id!r}. De som finns: {', '.join(sorted(known))}.")


class UnknownText(KnowledgeError, KeyError):  # noqa: N818 – the shared contract names it
    """No text has this key, or a placeholder in it got no value."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return self.message
