"""The unit directory: what the shipped data must hold, and that every error names its file and line."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from knowledge.directory import Directory, Unit, UnknownUnit, load_directory
from knowledge.errors import DataErrors
from knowledge.vocabulary import UnitType

FOLDER = Path(__file__).parents[2] / "knowledge" / "directory"
REGIONS = ("halland", "orebro", "vasternorrland", "vastra-gotaland")
RESERVED = re.compile(
    r"031-390 06 [0-4]\d|040-628 04 [0-4]\d|08-465 004 \d\d|0980-319 2\d\d|070-174 06 (0[5-9]|[1-9]\d)"
)
"""The number series that Post- och telestyrelsen keeps for books and films."""

VALID = """
about: prov
region: halland
demo: true
units:
  - id: halland-vc-prov
    name: Vårdcentralen Prov
    type: primary_care
    organisation: Region Halland
    phone: 031-390 06 00
    opening_text: vardagar 8–17
    opening_hours:
      - {days: weekdays, opens: '08:00', closes: '17:00'}
    on_call_note: Ingen jour är känd.
"""


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory(FOLDER)


def from_text(folder: Path, text: str) -> Directory:
    (folder / "prov.yaml").write_text(text, encoding="utf-8")
    return load_directory(folder)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_demo_units_of_all_ten_types(directory: Directory, region: str) -> None:
    demo = [unit for unit in directory.of_region(region) if unit.demo]
    assert len(demo) >= 18
    assert {unit.type for unit in demo} == set(UnitType)
    assert any(not unit.has_access for unit in demo)
    assert any(unit.on_call_phone is None for unit in demo)
    assert any(unit.on_call_phone for unit in demo)


def test_made_up_units_have_only_numbers_kept_for_fiction(directory: Directory) -> None:
    numbers = [n for unit in directory.units if unit.demo for n in (unit.phone, unit.on_call_phone) if n]
    assert [n for n in numbers if not RESERVED.fullmatch(n)] == []
    assert len(set(numbers)) == len(numbers)


def test_the_real_switchboards_of_vasternorrland_are_no_demo_and_sundsvall_is_to_be_verified(
    directory: Directory,
) -> None:
    real = [unit for unit in directory.units if not unit.demo]
    assert {unit.region for unit in real} == {"vasternorrland"}
    assert {unit.phone for unit in real} == {
        "0611-800 00",
        "060-16 31 00",
        "0690-25 01 00",
        "0660-880 00",
        "060-19 10 00",
        "0612-800 00",
        "0611-34 80 00",
        "0620-68 20 00",
    }
    assert [unit.municipality for unit in real if unit.verify] == ["Sundsvall"]
    assert all(unit.receives == ("phone",) for unit in real)


def test_one_unit_in_vastra_gotaland_takes_renewals_by_care_request(directory: Directory) -> None:
    takers = [unit for unit in directory.units if unit.takes_renewals_by_care_request]
    assert [unit.region for unit in takers] == ["vastra-gotaland"]


def test_in_halland_2021_only_habilitering_and_palliative_teams_take_part_among_specialists(
    directory: Directory,
) -> None:
    specialists = directory.of_region("halland", UnitType.SPECIALIST_OUTPATIENT)
    part_2021 = {unit.name.split()[0] for unit in specialists if unit.takes_part("halland-2021")}
    assert part_2021 == {"Habiliteringen", "Palliativa"}
    assert len([u for u in specialists if u.takes_part("halland-2024")]) > len(
        [u for u in specialists if u.takes_part("halland-2021")]
    )


def test_a_unit_is_found_by_its_id_and_an_unknown_id_says_so(directory: Directory) -> None:
    assert directory.unit("halland-hemsjukvard-falkenberg").name == "Hemsjukvården Strandängen"
    with pytest.raises(UnknownUnit, match="halland-finns-inte"):
        directory.unit("halland-finns-inte")


@pytest.mark.parametrize(
    ("moment", "free_day", "expected"),
    [
        pytest.param("2027-02-01 08:00", False, True, id="monday at opening"),
        pytest.param("2027-02-01 17:00", False, False, id="monday at closing"),
        pytest.param("2027-02-06 10:00", False, False, id="saturday"),
        pytest.param("2027-01-06 10:00", True, False, id="epiphany, a wednesday"),
    ],
)
def test_opening_hours_follow_the_week_and_a_holiday_is_a_sunday(
    tmp_path: Path, moment: str, free_day: bool, expected: bool
) -> None:
    unit = from_text(tmp_path, VALID).unit("halland-vc-prov")
    assert unit.open_at(datetime.fromisoformat(moment), free_day=free_day) is expected


def unit_open(opens: str, closes: str, days: str) -> Unit:
    hours = [{"days": days, "opens": opens, "closes": closes}]
    return Unit.model_validate(
        {
            "id": "a-b",
            "name": "A",
            "type": "ambulance",
            "region": "a",
            "organisation": "A",
            "phone": "112",
            "opening_text": "x",
            "opening_hours": hours,
        }
    )


@pytest.mark.parametrize("clock", ["00:00", "03:00", "12:00", "23:59"])
def test_midnight_to_midnight_is_round_the_clock(clock: str) -> None:
    assert unit_open("00:00", "00:00", "every_day").open_at(datetime.fromisoformat(f"2027-02-03 {clock}"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("2027-02-05 23:00", True), ("2027-02-06 06:00", True), ("2027-02-06 08:00", False), ("2027-02-08 03:00", False)],
)
def test_hours_past_midnight_belong_to_the_day_they_began(moment: str, expected: bool) -> None:
    assert unit_open("21:00", "07:00", "weekdays").open_at(datetime.fromisoformat(moment)) is expected


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        pytest.param("type: primary_care", "type: vårdcentral", 8, "värdet finns inte", id="unknown type"),
        pytest.param("phone: 031-390 06 00", "phone: 031 390600", 10, "fel form", id="phone in another form"),
        pytest.param("    name: Vårdcentralen Prov\n", "", 6, "saknas", id="no name"),
        pytest.param("name: Vårdcentralen Prov", "nam: Vårdcentralen Prov", 7, "felstavat", id="misspelt field"),
        pytest.param("days: weekdays", "days: [måndag]", 13, "värdet finns inte", id="unknown weekday"),
        pytest.param("opens: '08:00'", "opens: åtta", 13, "klockslaget", id="no clock time"),
        pytest.param(
            "    on_call_note: Ingen jour är känd.\n", "", 6, "on_call_note", id="nowhere to turn when closed"
        ),
        pytest.param("id: halland-vc-prov", "id: Vårdcentralen", 6, "fel form", id="id in another form"),
        pytest.param(
            "    name: Vårdcentralen Prov\n", "    name: A\n    name: B\n", 8, "två gånger", id="a field twice"
        ),
    ],
)
def test_a_broken_file_is_told_with_line_and_what_to_do(
    tmp_path: Path, before: str, after: str, line: int, words: str
) -> None:
    assert before in VALID
    with pytest.raises(DataErrors) as raised:
        from_text(tmp_path, VALID.replace(before, after))
    assert any(
        error.file.endswith("prov.yaml") and error.line == line and words in error.message
        for error in raised.value.errors
    ), str(raised.value)


def test_one_id_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(VALID, encoding="utf-8")
    with pytest.raises(DataErrors, match=r"prov\.yaml:6: .*first\.yaml rad 6"):
        from_text(tmp_path, VALID)
