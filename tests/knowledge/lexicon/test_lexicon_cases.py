"""Every lexicon sheet has rows beside it, of the same name, that say what a text is to be read as. The rows are the test."""

from pathlib import Path

import pytest
import yaml

from knowledge.lexicon import load_lexicon
from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.vocabulary import Fact, UnitType
from triage.reading import Context, Reader, Reading

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parents[2] / "knowledge"
MISSES = "known_misses"

Row = dict[str, object]


def rows(name: str) -> list[Row]:
    cases: list[Row] = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))["cases"]
    return cases


def parameters(names: list[str]) -> list[object]:
    return [pytest.param(row, id=f"{name}-{number}") for name in names for number, row in enumerate(rows(name), 1)]


SHEETS = sorted(path.stem for path in HERE.glob("*.yaml") if path.stem != MISSES)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_lexicon(KNOWLEDGE / "lexicon"))


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    return {pack.id: pack for pack in load_packs(KNOWLEDGE / "packs")}


def read(reader: Reader, packs: dict[str, Pack], row: Row) -> Reading:
    recipient = row.get("recipient", "primary_care")
    context = Context(
        packs[str(row.get("pack", "orebro"))],
        UnitType(str(row.get("sender", "municipal_health"))),
        None if recipient is None else UnitType(str(recipient)),
    )
    return reader.read(str(row["text"]), context)


def said(reading: Reading, name: str) -> object:
    """What was read for one name of a row: a value, `asks` where it is unclear, `none` where nothing was read."""
    if name == "kind":
        return reading.kind
    if name == "matters":
        return reading.matters
    if name == "recipient":
        return "none" if reading.recipient is None else str(reading.recipient)
    fact = Fact(name)
    if fact in reading.facts.unclear:
        return "asks"
    value = reading.facts.value(fact)
    return "none" if value is None else value


def as_written(row: Row) -> dict[str, object]:
    wanted = row["reads"]
    assert isinstance(wanted, dict)
    return wanted


@pytest.mark.parametrize("row", parameters(SHEETS))
def test_a_text_is_read_as_its_row_says(reader: Reader, packs: dict[str, Pack], row: Row) -> None:
    reading = read(reader, packs, row)

    assert {name: said(reading, name) for name in as_written(row)} == as_written(row)


@pytest.mark.parametrize("row", parameters([MISSES]))
def test_a_known_miss_is_still_missed(reader: Reader, packs: dict[str, Pack], row: Row) -> None:
    reading = read(reader, packs, row)

    assert {name: said(reading, name) for name in as_written(row)} != as_written(row), (
        "move the row to its sheet's file"
    )


def test_every_lexicon_sheet_has_rows_of_the_same_name() -> None:
    sheets = {path.stem for path in (KNOWLEDGE / "lexicon").glob("*.yaml")}

    assert sheets <= set(SHEETS)
