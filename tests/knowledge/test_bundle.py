"""All knowledge is loaded at once, or not at all with file and line of what is wrong."""

import shutil
from pathlib import Path

import pytest

from knowledge.bundle import Knowledge, load_knowledge
from knowledge.errors import KnowledgeError
from tests.knowledge.packs import KNOWLEDGE


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    return load_knowledge()


def test_every_region_with_units_has_a_routine_and_the_other_way_round(shipped: Knowledge) -> None:
    assert {unit.region for unit in shipped.directory.units} == set(shipped.registry.regions)


def test_every_channel_a_unit_says_it_receives_is_in_a_routine_of_its_region(shipped: Knowledge) -> None:
    for unit in shipped.directory.units:
        channels = {c.id for pack in shipped.registry.packs if pack.region == unit.region for c in pack.channels}
        assert set(unit.receives) <= channels, unit.id


@pytest.mark.parametrize("part", ["packs/orebro.yaml", "texts/sv/facts.yaml", "lexicon/urgency.yaml"])
def test_an_unreadable_file_stops_the_loading_and_is_named_with_its_line(part: str, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / part
    path.write_text(path.read_text(encoding="utf-8") + "\nx: [1\n", encoding="utf-8")

    with pytest.raises(KnowledgeError, match=rf"{path.name}:\d+: "):
        load_knowledge(folder)
