"""What the walk tells of a pack, and how packs are laid out, compared and replayed."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.registry import Registry
from knowledge.vocabulary import Fact, UnitType, Value
from tests.knowledge.packs import PACKS, changed, sound, write
from triage.compare import ORDINARY, Example, decision_table, diff, replay
from triage.explain import all_leaves
from triage.reach import first_hit, whole_space
from triage.review import review_file, walk_findings

REGISTRY = Registry(load_packs(PACKS))


def notices(folder: Path, *changes: tuple[str, str]) -> list[str]:
    review = review_file(write(folder, changed(*changes)))
    assert not review.errors
    return [notice.message for notice in review.notices]


def test_topics_that_end_elsewhere_without_a_path_are_listed(tmp_path: Path) -> None:
    message = next(m for m in notices(tmp_path) if "paths" in m)

    assert "Receptförnyelse (prescription_renewal)" in message
    assert "(referral)" not in message, "it has a path"
    assert "(information)" not in message, "it is sent"
    assert "(deviation)" not in message, "it has a channel of its own"


def test_a_channel_that_no_rule_leads_to_is_a_notice(tmp_path: Path) -> None:
    found = notices(tmp_path, ("  - id: phone\n", "  - id: phone\n  - id: referral\n"))

    assert "Ingen regel leder till kanalen Remiss (referral)." in found


def test_a_duty_that_can_never_be_shown_is_a_notice(tmp_path: Path) -> None:
    found = notices(tmp_path, ("    channels: [note]\n", "    channels: [own_organisation]\n    rules: [T2]\n"))

    assert any(message.startswith("Plikten tidy visas aldrig") for message in found)


def test_the_walk_is_not_taken_through_a_pack_that_is_broken(tmp_path: Path) -> None:
    review = review_file(write(tmp_path, changed(("C7, T1, T2]", "C7, T2, T1]"))))

    assert review.errors
    assert not review.notices


@pytest.mark.parametrize("pack", REGISTRY.packs, ids=lambda pack: pack.id)
def test_the_decision_table_accounts_for_every_case(pack: Pack) -> None:
    table = decision_table(pack)

    assert [row.rule for row in table.rows] == list(pack.rows)
    assert sum(row.share for row in table.rows) == pytest.approx(1)
    assert all(row.cases for row in table.rows)
    assert table.leaves == sum(len(all_leaves(pack, sender)) for sender in UnitType)
    assert not [finding for finding in walk_findings(pack) if finding.is_error]


def test_a_pack_does_not_differ_from_itself() -> None:
    pack = REGISTRY.pack("orebro")
    found = diff(pack, pack)

    assert (found.added, found.removed, found.changed, found.moved, found.channels) == ((), (), (), (), ())
    assert found.cases_changed == 0
    assert found.cases == decision_table(pack).cases


def test_the_difference_of_two_packs_counts_exactly_the_cases_with_another_channel(tmp_path: Path) -> None:
    before = sound(tmp_path)
    after = sound(tmp_path, ("[information, simple_question]", "[information, booking]"))

    found = diff(before, after)

    assert [change.id for change in found.changed] == ["T1"]
    assert found.changed[0].decides_otherwise
    assert {(c.before, c.after, c.rules) for c in found.channels} == {
        ("note", "designated_path", ("T1", "T2")),
        ("designated_path", "note", ("T2", "T1")),
    }
    # each topic: 10 senders × 10 recipients × everything that stops neither C rule (at home or dead, consent not refused, access)
    free = 2**6  # home care, forum, controlled drug, attachment, SIP, both principals …
    exchange, states, consents = 2, 2, 3
    assert found.cases_changed == 2 * 100 * free * exchange * states * consents
    plainest = found.channels[0].examples[0]
    assert (plainest.unusual, plainest.facts) == (0, ())


def test_every_example_of_a_difference_is_a_case_that_really_differs() -> None:
    before, after = REGISTRY.pack("halland-2021"), REGISTRY.pack("halland-2024")
    seen = 0
    for change in diff(before, after).channels:
        for example in change.examples:
            case = full(example)
            assert first_hit(before, example.sender, case).channel == change.before
            assert first_hit(after, example.sender, case).channel == change.after
            seen += 1
    assert seen


def full(example: Example) -> dict[Fact, Value]:
    units = {Fact.RECIPIENT_TYPE: example.recipient, Fact.TOPIC: example.topic}
    return {**ORDINARY, **units, **dict(example.facts)}


def test_a_moved_rule_and_new_topics_are_told(tmp_path: Path) -> None:
    before = sound(tmp_path)
    after = sound(
        tmp_path,
        ("C5, C6, C7, T1, T2]", "C6, C5, C7, T1, T2]"),
        ("paths:\n", "topics:\n  - {id: interpreter, label: Tolk, plain: Boka tolk}\n\npaths:\n"),
    )

    found = diff(before, after)

    assert set(found.moved) == {"C6", "C5", "C7"}
    assert (found.topics_added, found.topics_removed) == (("interpreter",), ())
    assert found.cases < decision_table(after).cases


def test_other_words_alone_are_a_change_that_decides_nothing_otherwise(tmp_path: Path) -> None:
    found = diff(sound(tmp_path), sound(tmp_path, ("En lapp räcker.", "En lapp räcker gott.")))

    assert [(change.id, change.decides_otherwise) for change in found.changed] == [("T1", False)]
    assert not found.channels


@dataclass(frozen=True)
class Case:
    facts: dict[str, Value]
    right: frozenset[str]
    sender: UnitType = UnitType.MUNICIPAL_HEALTH
    recipient: UnitType | None = UnitType.PRIMARY_CARE


def test_cases_are_replayed_against_another_version_and_what_changes_is_told() -> None:
    facts: dict[str, Value] = {"topic": "information", "urgency": "can_wait", "patient_status": "at_home"}
    cases = (
        Case(facts | {"home_care_enrolled": True}, frozenset({"designated_path"})),
        Case(facts, frozenset({"designated_path"})),
        Case(facts | {"topic": "interpreter"}, frozenset({"designated_path"})),
        Case({"topic": "death_notice", "patient_status": "at_home"}, frozenset({"phone"})),
    )

    before = replay(REGISTRY.pack("halland-2021"), cases)
    after = replay(REGISTRY.pack("halland-2024"), cases)

    assert [one.is_same for one in before] == [True, True, False, False]
    assert [(one.channel, one.rule, one.asks, one.unknown) for one in after] == [
        ("message_outside_care_episode", "K8", None, ()),
        (None, None, Fact.HOME_CARE_ENROLLED, ()),
        (None, None, None, ("topic: interpreter",)),
        (None, None, None, ()),
    ]


def test_a_case_with_a_fact_that_does_not_exist_is_told_and_not_guessed() -> None:
    (one,) = replay(REGISTRY.pack("orebro"), (Case({"weather": "rain"}, frozenset({"phone"})),))

    assert one.unknown == ("weather",)
    assert not one.is_same


def test_a_death_notice_is_only_about_someone_who_died() -> None:
    boxes = whole_space(REGISTRY.pack("orebro"))

    assert {frozenset(box[Fact.PATIENT_STATUS]) for box in boxes if "death_notice" in box[Fact.TOPIC]} == {
        frozenset({"deceased"})
    }
