"""A corpus of broken packs. The first lines of each say what the error must say, and on which line; the words are for a routine owner."""

import shutil
from pathlib import Path

import pytest

import knowledge
from knowledge.loader import COMMON
from triage.review import Review, review_folder

BROKEN = Path(__file__).parent / "broken"
SOUND = BROKEN / "sound.yaml"
SHIPPED = Path(knowledge.__path__[0]) / "packs"
FILES = tuple(path for path in sorted(BROKEN.glob("*.yaml")) if path != SOUND)


def review_beside_common(folder: Path, *packs: Path) -> Review:
    for path in (SHIPPED / COMMON, *packs):
        shutil.copy(path, folder)
    return review_folder(folder)


def told(path: Path, line: int, prefix: str) -> str:
    text = path.read_text(encoding="utf-8").splitlines()[line]
    assert text.startswith(prefix), f"{path.name}, line {line + 1}, must begin with {prefix!r}"
    return text.removeprefix(prefix)


def test_the_pack_that_the_broken_ones_are_made_from_is_sound(tmp_path: Path) -> None:
    review = review_beside_common(tmp_path, SOUND)

    assert not review.errors
    assert [pack.id for pack in review.packs] == ["sound"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_pack_is_told_in_words_with_file_and_line(path: Path, tmp_path: Path) -> None:
    words = told(path, 0, "# must say: ")
    line = int(told(path, 1, "# on line: "))

    errors = review_beside_common(tmp_path, SOUND, path).errors

    matching = [error for error in errors if words in error.message]
    assert matching, [str(error) for error in errors]
    assert line in [error.line for error in matching if Path(error.file).name == path.name], matching


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(FILES) >= 25
