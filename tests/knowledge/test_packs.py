"""The five shipped packs: sound, honest about their sources, in our own words, and with the duties the routines name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.check import cited_grounds, missing_sections
from knowledge.loader import COMMON, load_packs
from knowledge.pack import Pack
from knowledge.registry import Registry
from knowledge.vocabulary import SENDING_KINDS, Basis, ConsentState, Fact, PackStatus, UnitType, Value
from knowledge.yaml_tree import Listing, Scalar, Table, Tree, read_tree
from tests.knowledge.packs import PACKS
from triage.decide import Decided, decide
from triage.facts import answered
from triage.review import review_folder

REGISTRY = Registry(load_packs(PACKS))
EACH_PACK = pytest.mark.parametrize("pack", REGISTRY.packs, ids=lambda pack: pack.id)
SOURCES = Path(__file__).parents[3] / "shared" / "sources"
WITH_SOURCES = pytest.mark.skipif(not SOURCES.is_dir(), reason="the source documents are not beside the project")
LONGEST_ECHO = 40
"""Characters. A heading or a name may be longer; a sentence of ours may share no longer run with a source."""


def test_the_shipped_packs_are_sound_and_only_vasternorrland_lacks_paths() -> None:
    review = review_folder(PACKS)

    assert not review.errors
    assert [Path(notice.file).name for notice in review.notices] == ["vasternorrland.yaml"]
    assert "26 ämnen" in review.notices[0].message


@pytest.mark.parametrize(
    ("pack_id", "status"),
    [
        ("orebro", PackStatus.UNDATED),
        ("halland-2021", PackStatus.ADOPTED),
        ("halland-2024", PackStatus.ADOPTED),
        ("vasternorrland", PackStatus.NOT_ADOPTED),
        ("vgr-skaraborg", PackStatus.PRESENTATION),
    ],
)
def test_a_pack_says_what_standing_its_routine_has(pack_id: str, status: PackStatus) -> None:
    assert REGISTRY.pack(pack_id).status is status


@EACH_PACK
def test_a_pack_cites_its_own_document_and_no_other_regions(pack: Pack) -> None:
    for _, grounds in cited_grounds(pack):
        assert grounds.source in {None, *pack.source_by_id}
        if grounds.basis is Basis.ROUTINE:
            assert grounds.source
            assert grounds.section


@EACH_PACK
def test_the_baseline_of_lots_is_never_dressed_as_a_routine(pack: Pack) -> None:
    first = next(rule for rule in pack.rules if rule.id == "C1")
    assert (first.grounds.basis, first.grounds.source) == (Basis.LOTS_BASELINE, None)


@WITH_SOURCES
@EACH_PACK
def test_every_section_a_pack_names_is_a_heading_in_the_document(pack: Pack) -> None:
    for source in pack.sources:
        text = (SOURCES / f"{source.id}.txt").read_text(encoding="utf-8")
        assert not missing_sections(pack, source.id, text)


def test_a_section_that_is_not_in_the_document_is_found() -> None:
    pack = REGISTRY.pack("halland-2024")
    text = "\n".join(section for section in pack.sources[0].sections if section != "Avgränsning")

    assert [finding.message for finding in missing_sections(pack, "halland-2024", text)] == [
        "Rubriken ”Avgränsning” står inte i källan ”Informationsöverföring i Lifecare SP utanför vårdtillfälle”."
    ]


def words_of(tree: Tree, key: str = "") -> Iterator[tuple[str, str]]:
    match tree:
        case Table(entries=entries):
            for name, value in entries.items():
                yield from words_of(value, name)
        case Listing(items=items):
            for item in items:
                yield from words_of(item, key)
        case Scalar(value=str(text)):
            yield key, text


@WITH_SOURCES
@pytest.mark.parametrize("path", sorted(PACKS.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_staff_read_is_in_our_own_words(path: Path) -> None:
    documents = " ".join(" ".join(p.read_text(encoding="utf-8").split()).lower() for p in sorted(SOURCES.glob("*.txt")))
    tree, _ = read_tree(path)
    assert tree is not None
    for key, text in words_of(tree):
        if key in {"section", "sections", "title", "url", "label"}:
            continue
        ours = " ".join(text.split()).lower()
        runs = (ours[at : at + LONGEST_ECHO] for at in range(len(ours) - LONGEST_ECHO + 1))
        assert not [run for run in runs if run in documents], text


@pytest.mark.parametrize("path", sorted(PACKS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shorthand_of_this_project_is_never_shown(path: Path) -> None:
    tree, _ = read_tree(path)
    assert tree is not None
    shown = [text.lower().split() for key, text in words_of(tree) if key not in {"id", "source"}]
    assert not [words for words in shown if "muv" in words]


@EACH_PACK
def test_every_text_of_a_card_fits_a_phone(pack: Pack) -> None:
    for rule in pack.rules:
        assert len(rule.reason) <= 160, rule.reason
    for duty in pack.duties:
        assert len(duty.text) <= 190, duty.text


def duties(pack_id: str, sender: str, recipient: str, **facts: Value) -> set[str]:
    values: dict[Fact, Value] = {Fact.URGENCY: "can_wait", Fact.PATIENT_STATUS: "at_home", Fact.CONSENT: "given"}
    values |= {Fact(name): value for name, value in facts.items()}
    decided = decide(REGISTRY.pack(pack_id), UnitType(sender), UnitType(recipient), answered(values))
    assert isinstance(decided, Decided)
    return {duty.id for duty in decided.duties}


NURSE, CENTRE, WARD, CLINIC = "municipal_health", "primary_care", "inpatient_ward", "specialist_outpatient"


@pytest.mark.parametrize(
    ("found", "expected", "not_expected"),
    [
        pytest.param(
            lambda: duties("orebro", NURSE, CENTRE, topic="information", consent="not_asked"),
            {"consent_not_asked", "every_message_answered", "no_mailbox"},
            {"consent_unable", "secrecy_assessment_deceased"},
            id="not-asked-waits-and-every-message-is-answered",
        ),
        pytest.param(
            lambda: duties("orebro", NURSE, CENTRE, topic="information", consent="unable"),
            {"consent_unable", "consent_shown_to_recipient"},
            {"consent_not_asked"},
            id="unable-needs-an-assessment-that-the-receiver-sees",
        ),
        pytest.param(
            lambda: duties("vgr-skaraborg", NURSE, CENTRE, urgency="urgent", consent="refused"),
            {"weigh_secrecy_before_call"},
            {"call_then_care_request"},
            id="an-urgent-call-weighs-a-refusal-and-nothing-is-written-after",
        ),
        pytest.param(
            lambda: duties("vgr-skaraborg", NURSE, WARD, urgency="urgent"),
            {"call_then_care_request"},
            {"call_then_mvo", "weigh_secrecy_before_call"},
            id="call-first-then-care-request-inward",
        ),
        pytest.param(
            lambda: duties("vgr-skaraborg", CENTRE, NURSE, urgency="life_threatening"),
            {"call_then_mvo"},
            {"call_then_care_request", "own_alarm_routine"},
            id="call-first-then-mvo-outward",
        ),
        pytest.param(
            lambda: duties("orebro", WARD, NURSE, urgency="life_threatening"),
            {"own_alarm_routine"},
            set(),
            id="a-ward-uses-its-own-alarm",
        ),
        pytest.param(
            lambda: duties("orebro", NURSE, CENTRE, topic="death_notice", sip_ongoing=True, patient_status="deceased"),
            {"secrecy_assessment_deceased"},
            set(),
            id="a-death-needs-a-secrecy-assessment",
        ),
        pytest.param(
            lambda: duties("orebro", NURSE, "regional_rehab", topic="assistive_device"),
            {"visam_devices"},
            set(),
            id="only-devices-of-the-agreement",
        ),
        pytest.param(
            lambda: duties("orebro", NURSE, CENTRE, topic="simple_question", ongoing_exchange=True),
            {"dialogue_suggests_call"},
            set(),
            id="a-dialogue-suggests-a-call",
        ),
        pytest.param(
            lambda: duties("halland-2024", CENTRE, NURSE, topic="home_care_start"),
            {"home_care_manuals", "home_care_receivers", "no_typed_dose", "read_twice"},
            set(),
            id="home-visits-have-manuals-and-a-list-of-receivers",
        ),
        pytest.param(
            lambda: duties(
                "halland-2024",
                NURSE,
                CENTRE,
                topic="prescription_renewal",
                controlled_drug=True,
                home_care_enrolled=True,
            ),
            {"controlled_drug_not_mentioned"},
            set(),
            id="a-controlled-drug-is-warned-about-in-2024",
        ),
        pytest.param(
            lambda: duties("halland-2021", NURSE, CLINIC, topic="booking", home_care_enrolled=True),
            {"specialists_with_access", "only_non_urgent_booking"},
            set(),
            id="only-two-specialist-teams-in-2021",
        ),
        pytest.param(
            lambda: duties("vgr-skaraborg", NURSE, CLINIC, topic="prescription_renewal", consent="not_asked"),
            {"renewal_line", "consent_not_asked_phone"},
            {"weigh_secrecy_before_call"},
            id="a-clinics-renewal-line",
        ),
        pytest.param(
            lambda: duties("vasternorrland", WARD, NURSE, topic="information", system_down=True),
            {"outage_no_discharge_unconfirmed", "outage_ward_tells", "outage_way_in_to_municipality"},
            {"outage_primary_calls", "outage_municipality_answers"},
            id="the-wards-part-of-an-outage",
        ),
        pytest.param(
            lambda: duties("vasternorrland", CENTRE, NURSE, topic="sip_call", system_down=True),
            {"outage_sip_by_phone", "outage_sip_form", "after_outage_sip", "outage_primary_calls"},
            {"outage_ward_tells"},
            id="a-sip-is-called-by-phone-in-an-outage",
        ),
        pytest.param(
            lambda: duties("vasternorrland", NURSE, CENTRE, topic="information"),
            set(),
            {"outage_form", "outage_own_record", "not_adopted"},
            id="no-outage-no-outage-duties",
        ),
        pytest.param(
            lambda: duties("orebro", WARD, NURSE, topic="sip_call", patient_status="admitted", consent="refused"),
            {"consent_refused"},
            set(),
            id="a-refusal-gates-even-a-sip-for-someone-admitted",
        ),
    ],
)
def test_the_duties_of_a_matter(found: object, expected: set[str], not_expected: set[str]) -> None:
    assert callable(found)
    ids = found()

    assert expected <= ids
    assert not not_expected & ids


@EACH_PACK
def test_someone_who_died_in_home_care_counts_as_enrolled_only_in_halland_2024(pack: Pack) -> None:
    facts = answered({Fact.TOPIC: "death_notice", Fact.CONSENT: "given"})
    decision = decide(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, facts)

    assert (decision.facts.value(Fact.HOME_CARE_ENROLLED) is True) == (pack.id == "halland-2024")


@EACH_PACK
def test_a_sip_that_may_be_going_on_is_asked_about_and_not_assumed_away_when_someone_died(pack: Pack) -> None:
    facts = answered({Fact.TOPIC: "death_notice", Fact.CONSENT: "given"})
    decision = decide(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, facts)

    assert Fact.SIP_ONGOING not in decision.facts


@EACH_PACK
def test_every_sending_channel_has_a_gate_for_each_state_of_consent_but_given(pack: Pack) -> None:
    for channel in pack.channels:
        if channel.kind in SENDING_KINDS:
            states = {
                state
                for duty in pack.duties
                if duty.kind == "gate"
                and set(duty.when) == {Fact.CONSENT}
                and channel.id in (*duty.channels, channel.id)
                for state in duty.when[Fact.CONSENT]
            }
            assert states >= {ConsentState.NOT_ASKED, ConsentState.REFUSED, ConsentState.UNABLE}


def test_the_doubtful_switchboard_is_marked_as_to_be_verified() -> None:
    doubtful = [number for number in REGISTRY.pack("vasternorrland").numbers if number.verify]

    assert [(number.name, number.phone) for number in doubtful] == [("Sundsvalls kommuns växel", "060-19 10 00")]
    assert doubtful[0].note
    assert "060-19 15 65" in doubtful[0].note


@pytest.mark.parametrize(
    ("pack_id", "readings", "earliest", "within"),
    [("halland-2021", None, 48, 7), ("halland-2024", 2, None, 3), ("orebro", None, None, None)],
)
def test_the_service_level_is_what_the_routine_promises(
    pack_id: str, readings: int | None, earliest: int | None, within: int | None
) -> None:
    level = REGISTRY.pack(pack_id).channel_by_id["message_outside_care_episode"].service_level
    found = (
        (level.readings_per_weekday, level.earliest_answer_hours, level.answer_within_days) if level else (None,) * 3
    )

    assert found == (readings, earliest, within)


def test_the_common_part_is_no_pack_of_its_own() -> None:
    assert (PACKS / COMMON).exists()
    assert "common" not in {pack.id for pack in REGISTRY.packs}
