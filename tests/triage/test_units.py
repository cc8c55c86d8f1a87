"""Units found by what staff call them, on the shipped directory; and laws over any query."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.directory import Directory, Unit, load_directory
from knowledge.vocabulary import UnitType
from triage.units import UnitFinder, UnitHit, choice, normalise

FOLDER = Path(__file__).parents[2] / "knowledge" / "directory"


@cache
def directory() -> Directory:
    return load_directory(FOLDER)


@cache
def finder() -> UnitFinder:
    return UnitFinder(directory().units)


def transposed(word: str, at: int) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


@pytest.mark.parametrize(
    ("query", "unit_id"),
    [
        pytest.param("Vårdcentralen Ekliden", "halland-vc-ekliden", id="the whole name"),
        pytest.param("vc ekliden", "halland-vc-ekliden", id="abbreviated"),
        pytest.param("EKLIDENS VC", "halland-vc-ekliden", id="capitals and genitive"),
        pytest.param("eklid", "halland-vc-ekliden", id="half a name"),
        pytest.param("elkiden", "halland-vc-ekliden", id="two letters swapped"),
        pytest.param("vårdcentralne ekliden", "halland-vc-ekliden", id="misspelt type"),
        pytest.param("hemsjukvården strandengen", "halland-hemsjukvard-falkenberg", id="misspelt name"),
        pytest.param("strand ängen", "halland-hemsjukvard-falkenberg", id="written apart"),
        pytest.param("hemtjänsten i falkenberg", "halland-hemtjanst-falkenberg", id="type and place"),
        pytest.param("biståndet i Timrå", "vasternorrland-bistand-timra", id="biståndet i Timrå"),
        pytest.param("biståndshandläggaren i Sundsvall", "vasternorrland-bistand-sundsvall", id="by profession"),
        pytest.param("hc övik", "vasternorrland-hc-ankarviken", id="a nickname of a town"),
        pytest.param("psyk halmstad", "halland-psyk-oppen-halmstad", id="psyk"),
        pytest.param("palliativa teamet i halmstad", "halland-palliativ-halmstad", id="a team"),
        pytest.param("såromläggning falkenberg", "halland-hemsjukvard-falkenberg", id="by what it does"),
        pytest.param("rullator i halmstad", "halland-kommunrehab-halmstad", id="by what it lends"),
        pytest.param("kan du ringa skolsköterskan i Hjo", "vastra-gotaland-skola-vassruggen", id="in a sentence"),
    ],
)
def test_a_unit_is_found_by_what_staff_call_it_without_a_question(query: str, unit_id: str) -> None:
    sure = choice(finder().find(query))
    assert isinstance(sure, UnitHit)
    assert sure.unit_id == unit_id


def test_one_nickname_in_four_regions_is_a_short_choice_and_one_within_a_region() -> None:
    everywhere = choice(finder().find("hemsjukv centrum"))
    assert isinstance(everywhere, tuple)
    assert {directory().unit(hit.unit_id).region for hit in everywhere} == {
        "halland",
        "orebro",
        "vasternorrland",
        "vastra-gotaland",
    }
    here = choice(finder().find("hemsjukv centrum", region="halland"))
    assert isinstance(here, UnitHit)
    assert here.unit_id == "halland-hemsjukvard-halmstad"


def test_a_type_alone_gives_its_units_in_the_region_to_choose_among() -> None:
    several = choice(finder().find("vårdcentralen", region="halland"))
    assert isinstance(several, tuple)
    assert {directory().unit(hit.unit_id).type for hit in several} == {UnitType.PRIMARY_CARE}


def test_a_wanted_type_leaves_out_every_other_unit() -> None:
    hits = finder().find("falkenberg", unit_type=UnitType.NEEDS_ASSESSOR)
    assert [hit.unit_id for hit in hits] == ["halland-bistand-falkenberg"]


@pytest.mark.parametrize("query", ["", "   ", "!?", "xyzzy qwrtp", "och för till", "😀😀", "؟؟"])
def test_a_query_like_no_unit_finds_none(query: str) -> None:
    hits = finder().find(query)
    assert hits == ()
    assert choice(hits) == ()


@pytest.mark.parametrize("unit", [unit for unit in load_directory(FOLDER).units if unit.demo], ids=lambda unit: unit.id)
def test_every_unit_is_found_by_its_name_by_half_of_it_and_with_a_typo(unit: Unit) -> None:
    own = max(unit.name.split()[1:], key=len)
    for query in (unit.name, unit.name.lower(), f"{unit.name.split()[0]} {own[:-2]}", transposed(own, len(own) // 2)):
        found = [hit.unit_id for hit in finder().find(query, region=unit.region)]
        assert unit.id in found[: 1 if query.lower() == unit.name.lower() else 3], query


@given(st.text(max_size=400), st.integers(1, 10))
def test_hits_are_at_most_as_many_as_asked_for_best_first_and_between_0_and_100(query: str, limit: int) -> None:
    hits = finder().find(query, limit=limit)
    assert len(hits) <= limit
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score <= 100 for hit in hits)
    assert len({hit.unit_id for hit in hits}) == len(hits)


@pytest.mark.parametrize("written", ["VÅRDCENTRALEN", "vårdcentral", "va\u030ardcentralens", "Vc"])
def test_case_ending_composition_and_abbreviation_do_not_matter(written: str) -> None:
    assert normalise(written) == normalise("Vårdcentralen")


def test_an_empty_directory_finds_nothing() -> None:
    assert UnitFinder(()).find("vc ekliden") == ()
