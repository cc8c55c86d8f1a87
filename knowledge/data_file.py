"""One data file → one pydantic value, every error with file and line. Knows no particular data."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from knowledge.errors import DataError
from knowledge.messages import describe
from knowledge.yaml_tree import Tree, parse_tree, place_of, plain, read_tree

M = TypeVar("M", bound=BaseModel)


def read_model(path: Path, model: type[M]) -> tuple[M | None, Tree | None, tuple[DataError, ...]]:
    """The file's value, or None with every error; the tree tells where each part stands."""
    return _value(*read_tree(path), model)


def parse_model(text: str, file: str, model: type[M]) -> tuple[M | None, Tree | None, tuple[DataError, ...]]:
    """As `read_model`, from text that is already read; `file` is what its errors call it."""
    return _value(*parse_tree(text, file), model)


def _value(
    tree: Tree | None, errors: tuple[DataError, ...], model: type[M]
) -> tuple[M | None, Tree | None, tuple[DataError, ...]]:
    if tree is None:
        return None, None, errors
    try:
        return model.model_validate(plain(tree)), tree, errors
    except ValidationError as error:
        told = (place_of(tree, problem["loc"]).error(describe(problem, tree)) for problem in error.errors())
        return None, tree, (*errors, *told)


def yaml_files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.yaml"))
