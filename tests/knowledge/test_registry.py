"""Which version holds: by id as it stands, by region and day, and a gap is a gap."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError, UnknownPack
from knowledge.loader import load_packs
from knowledge.registry import Registry
from tests.knowledge.packs import PACKS, sound


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(load_packs(PACKS))


@pytest.mark.parametrize(
    ("region", "day", "pack_id"),
    [
        pytest.param("halland", date(2021, 6, 21), None, id="the-day-before-the-first-routine"),
        pytest.param("halland", date(2021, 6, 22), "halland-2021", id="its-first-day"),
        pytest.param("halland", date(2024, 2, 1), "halland-2021", id="its-last-day"),
        pytest.param("halland", date(2024, 2, 2), "halland-2024", id="the-revision"),
        pytest.param("halland", date(2040, 1, 1), "halland-2024", id="open-end"),
        pytest.param("orebro", date(2001, 1, 1), "orebro", id="undated-holds-until-replaced"),
        pytest.param("vasternorrland", date(2025, 10, 1), None, id="before-the-outage-routine"),
        pytest.param("vasternorrland", date(2025, 10, 2), "vasternorrland", id="the-outage-routine"),
        pytest.param("vastra-gotaland", date(2025, 1, 1), "vgr-skaraborg", id="skaraborg"),
        pytest.param("gotland", date(2025, 1, 1), None, id="a-region-without-a-routine"),
    ],
)
def test_the_routine_in_force_in_a_region_on_a_day(
    registry: Registry, region: str, day: date, pack_id: str | None
) -> None:
    found = registry.in_force(region, day)

    assert (found.id if found else None) == pack_id


def test_a_version_out_of_force_is_still_found_by_its_id(registry: Registry) -> None:
    assert registry.pack("halland-2021").validity.last_day == date(2024, 2, 1)


def test_an_unknown_id_says_which_there_are(registry: Registry) -> None:
    with pytest.raises(UnknownPack, match="halland-2024"):
        registry.pack("halland")


def test_the_regions_are_those_of_the_packs(registry: Registry) -> None:
    assert registry.regions == ("halland", "orebro", "vasternorrland", "vastra-gotaland")


def test_two_packs_with_one_id_are_refused(tmp_path: Path) -> None:
    pack = sound(tmp_path)
    with pytest.raises(KnowledgeError, match="samma id"):
        Registry((pack, pack))


def test_two_versions_on_one_day_are_refused(tmp_path: Path) -> None:
    pack = sound(tmp_path)
    later = sound(tmp_path, ("id: sound\n", "id: later\n"), ("first_day: 2024-01-01,", "first_day: 2024-12-31,"))
    with pytest.raises(KnowledgeError, match="later"):
        Registry((pack, later))


def test_versions_that_meet_from_one_day_to_the_next_are_fine(tmp_path: Path) -> None:
    pack = sound(tmp_path)
    later = sound(
        tmp_path,
        ("id: sound\n", "id: later\n"),
        ("first_day: 2024-01-01, last_day: 2024-12-31", "first_day: 2025-01-01"),
    )
    registry = Registry((pack, later))

    assert [registry.in_force("testlandet", date(year, 6, 1)) for year in (2024, 2025)] == [pack, later]
