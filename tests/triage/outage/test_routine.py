"""The outage routine as data and its tables: every rule of its "afterwards" part is a case, and no case falls between them."""

import json
from itertools import product
from pathlib import Path

import pytest

from knowledge.bundle import Knowledge, load_knowledge
from knowledge.errors import DataErrors
from knowledge.outage import FACT_VALUES, NoOutageRoutine, OutageFact, OutageRoutine, UnknownRole, load_outages
from knowledge.vocabulary import UnitType
from tests.knowledge.packs import KNOWLEDGE
from triage.outage.afterwards import after, patient_done, unit_tasks
from triage.outage.during import may_discharge, role_of, steps, ticks, words_of

CASES = [json.loads(line) for line in (Path(__file__).parents[2] / "cases" / "outage.jsonl").read_text().splitlines()]
SOURCE = Path(__file__).parents[4] / "shared" / "sources" / "vasternorrland-avbrott.txt"


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module")
def routine(shipped: Knowledge) -> OutageRoutine:
    return shipped.outages.routine("vasternorrland")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_is_done_afterwards_is_what_the_routine_says(case: dict[str, object], routine: OutageRoutine) -> None:
    facts = {OutageFact(name): value for name, value in dict(case["facts"]).items()}  # type: ignore[call-overload]
    found = after(routine, routine.role(str(case["role"])), facts)
    assert found.outcome == case["outcome"], case["note"]
    assert sorted(row.id for row in found.do) == case["do"], case["note"]
    assert sorted(row.id for row in found.leave) == case["leave"], case["note"]


def test_every_rule_of_the_afterwards_part_is_met_by_a_case(routine: OutageRoutine) -> None:
    told = {name for case in CASES for name in (*case["do"], *case["leave"])}
    assert told == {row.id for row in routine.afterwards}
    assert {case["outcome"] for case in CASES} == {row.outcome for row in routine.registration}
    assert {case["role"] for case in CASES} == set(routine.role_by_id)


def test_every_combination_of_facts_has_an_answer_that_never_both_does_and_leaves_the_same(
    routine: OutageRoutine,
) -> None:
    for role in routine.roles:
        for values in product(*FACT_VALUES.values()):
            facts = dict(zip(FACT_VALUES, values, strict=True))
            found = after(routine, role, facts)
            within = facts[OutageFact.ADMITTED] == facts[OutageFact.DISCHARGED] == "during"
            assert (found.outcome == "nothing") == within
            assert not within or {row.id for row in found.do} <= {"send_sip_call"}
            assert not {row.id for row in found.do} & {row.id for row in found.leave}
            assert not found.do or not patient_done(found, ())


def test_a_ward_is_somatic_unless_its_name_or_work_says_psychiatry(shipped: Knowledge, routine: OutageRoutine) -> None:
    for unit, wanted in (
        ("vasternorrland-avd-medicin-sundsvall", "ward_somatic"),
        ("vasternorrland-avd-psykiatri-sundsvall", "ward_psychiatric"),
        ("vasternorrland-bistand-timra", "municipality"),
        ("vasternorrland-hc-bergsbranten", "outpatient"),
        ("vasternorrland-psyk-oppen-sundsvall", "outpatient"),
    ):
        found = shipped.directory.unit(unit)
        role = role_of(routine, found.type, words_of(found))
        assert role is not None
        assert role.id == wanted
    assert role_of(routine, UnitType.AMBULANCE) is None


def test_a_ward_calls_the_municipality_first_by_its_own_switchboard(shipped: Knowledge, routine: OutageRoutine) -> None:
    units = shipped.directory.of_region("vasternorrland")
    found = steps(routine, routine.role("ward_somatic"), units, "Timrå")
    assert [step.call.id for step in found] == ["call_municipality", "call_primary", "call_psychiatry"]
    assert [n.phone for n in found[0].numbers] == ["060-16 31 00"]
    assert found[1].numbers[0].name == "Hälsocentralen Laxtrappan"
    assert found[1].numbers[-1].phone == "0611-800 00"


def test_every_municipality_is_named_and_a_doubtful_number_is_marked(routine: OutageRoutine) -> None:
    found = steps(routine, routine.role("outpatient"), ())[1].numbers
    assert len(found) == 7
    assert [n.name for n in found if n.verify] == ["Sundsvalls kommun"]


def test_nobody_is_discharged_before_those_who_take_over_are_reached(routine: OutageRoutine) -> None:
    ward = routine.role("ward_somatic")
    assert not may_discharge(ward, ["call_municipality", "say_discharged"])
    assert may_discharge(ward, ["call_municipality", "call_primary"])
    assert len(ticks(ward)) == len(set(ticks(ward))) == 8


def test_each_role_has_tasks_of_its_unit_and_every_role_acknowledges_messages(routine: OutageRoutine) -> None:
    for role in routine.roles:
        counted = [task.counts for task in unit_tasks(routine, role)]
        assert "late_messages" in counted
        assert "unsent" in counted


def test_a_region_without_a_routine_is_lent_nobody_elses(shipped: Knowledge) -> None:
    assert {pack.id for pack in shipped.registry.packs if shipped.outages.of(pack.id)} == {"vasternorrland"}
    with pytest.raises(NoOutageRoutine, match="vasternorrland"):
        shipped.outages.routine("halland-2024")


def test_an_unknown_role_is_told_with_those_there_are(routine: OutageRoutine) -> None:
    with pytest.raises(UnknownRole, match="ward_somatic, ward_psychiatric, municipality, outpatient"):
        routine.role("ward")


BROKEN = {
    "an unknown section": ("section: Kallelser till SIP}", "section: Kallelser}", "finns inte i källan"),
    "a role that is not there": ("roles: [outpatient], outcomes", "roles: [clinic], outcomes", "Rollen ”clinic”"),
    "a value that is not there": ("discharged: [after]", "discharged: [later]", "”later” är inget värde"),
    "an outcome that is not there": ("outcomes: [register]", "outcomes: [enter]", "Utfallet ”enter”"),
    "a tick that stands twice": ("id: say_ready", "id: say_services", "två gånger"),
    "a doubtful number without a note": (
        "    note: Dokumentets text",
        "    name2: Dokumentets text",
        "känns inte igen",
    ),
    "a pack that is not there": ("pack: vasternorrland", "pack: norrland", "finns inte bland packs"),
    "no last row": ("id: unchanged, outcome", "id: unchanged, when: {ready: ['no']}, outcome", "utan when"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_in_the_file_is_told_with_file_and_line(fault: str, shipped: Knowledge, tmp_path: Path) -> None:
    right, wrong, words = BROKEN[fault]
    text = (KNOWLEDGE / "outage" / "vasternorrland.yaml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "x.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(DataErrors, match=words) as caught:
        load_outages(tmp_path, shipped.registry)
    assert all(error.line >= 1 and error.file.endswith("x.yaml") for error in caught.value.errors)


@pytest.mark.skipif(not SOURCE.exists(), reason="the source document is not here")
def test_no_run_of_sixty_characters_comes_from_the_source() -> None:
    source = " ".join(SOURCE.read_text(encoding="utf-8").split())
    text = " ".join((KNOWLEDGE / "outage" / "vasternorrland.yaml").read_text(encoding="utf-8").split())
    sections = {
        "Blankett för registrering vid driftstopp – öppenvård/primärvården",
        "Öppenvårdens/Primärvårdens ansvar vid driftstopp i Lifecare SP",
    }
    for section in sections:
        text = text.replace(section, "")
    assert [text[n : n + 60] for n in range(len(text) - 60) if text[n : n + 60] in source] == []
