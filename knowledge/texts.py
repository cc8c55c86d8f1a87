"""The words staff read, by key, from `knowledge/texts/<language>/*.yaml`. Holds no rules and picks no text by itself."""

import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from knowledge.errors import DataError, DataErrors, UnknownText
from knowledge.yaml_tree import Listing, Scalar, Table, Tree, read_tree, walk_texts

WORD_LIST: Final = ".words."
"""In the key of a text that is a list of words with commas between."""


class Catalogue:
    """Texts with dotted keys. A text that is not there, or a placeholder without a value, is an error, never an empty answer."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)

    @classmethod
    def load(cls, folder: Path, base: "Catalogue | None" = None) -> "Catalogue":
        """Every file of one language. Raises DataErrors with all that is wrong, file by file and line by line.

        `base` is the language of the house: its texts stand where this language has none, and its lists of words that count as
        typed choices go on counting beside this language's own.
        """
        texts: dict[str, str] = {}
        errors: list[DataError] = []
        for path in sorted(folder.glob("*.yaml")):
            tree, problems = read_tree(path)
            errors.extend(problems)
            if tree is not None:
                errors.extend(_take(tree, texts))
        if errors:
            raise DataErrors(errors)
        return cls(texts if base is None else base._with(texts))

    def _with(self, texts: Mapping[str, str]) -> dict[str, str]:
        lists = {
            key: f"{words}, {self._texts[key]}" for key, words in texts.items() if WORD_LIST in key and key in self
        }
        return {**self._texts, **texts, **lists}

    def text(self, key: str, **params: object) -> str:
        """The text with its placeholders filled. Raises UnknownText."""
        try:
            template = self._texts[key]
        except KeyError:
            raise UnknownText(f"Det finns ingen text med nyckeln {key!r}.") from None
        if not params and "{" not in template:
            return template
        try:
            return template.format(**params)
        except (KeyError, IndexError) as error:
            raise UnknownText(f"Texten {key!r} behöver ett värde för {error}.") from None

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def placeholders(self, key: str) -> frozenset[str]:
        """The names of the placeholders in the text, so that a test can fill every one."""
        if key not in self._texts:
            raise UnknownText(f"Det finns ingen text med nyckeln {key!r}.")
        return _placeholders(self._texts[key])


def _placeholders(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _take(tree: Tree, texts: dict[str, str]) -> Iterable[DataError]:
    yield from _not_texts(tree)
    for key, text, place in walk_texts(tree):
        if key in texts:
            yield place.error(f"Nyckeln ”{key}” finns redan i en annan fil. Varje nyckel ska stå en gång.")
        elif not text.strip():
            yield place.error(f"Texten ”{key}” är tom.")
        elif problem := _format_problem(text):
            yield place.error(
                f"Texten ”{key}” har en trasig {{platshållare}}: {problem}. Skriv {{{{ och }}}} för klamrar."
            )
        texts.setdefault(key, text)


def _format_problem(text: str) -> str | None:
    try:
        names = _placeholders(text)
    except ValueError as error:
        return str(error)
    bad = sorted(name for name in names if not name.isidentifier())
    return f"{{{bad[0]}}}" if bad else None


def _not_texts(tree: Tree) -> Iterable[DataError]:
    match tree:
        case Table(entries=entries):
            for value in entries.values():
                yield from _not_texts(value)
        case Listing(place=place):
            yield place.error("Här ska stå text eller fält med text, inte en lista.")
        case Scalar(value=value, place=place) if not isinstance(value, str):
            yield place.error("Här ska stå text. Sätt citattecken om det är ett tal eller true/false.")
