"""Loading packs: the common part woven in, every error told at once, and a new region as data alone."""

import re
from pathlib import Path

import pytest

from knowledge.errors import PackErrors
from knowledge.loader import load_pack, load_packs
from knowledge.vocabulary import ChannelKind, Fact, UnitType
from tests.knowledge.packs import PACKS, changed, sound, write
from triage.decide import Ask, Decided, decide
from triage.facts import answered
from triage.review import review_file


def test_a_pack_gets_the_common_rules_duties_topics_and_labels_without_writing_them(tmp_path: Path) -> None:
    pack = sound(tmp_path)

    assert {f"C{n}" for n in range(1, 8)} <= {rule.id for rule in pack.rules}
    assert "death_notice" in pack.topic_by_id
    assert pack.unit_labels[UnitType.HOME_HELP] == "Hemtjänst"
    assert {"consent_not_asked", "tidy"} <= {duty.id for duty in pack.duties}


def test_a_pack_may_give_a_common_rule_its_own_reason_and_grounds(tmp_path: Path) -> None:
    rule = next(rule for rule in sound(tmp_path).rules if rule.id == "C2")

    assert rule.reason == "Det brådskar."
    assert rule.grounds.section == "När det brådskar"
    assert rule.when == {Fact.URGENCY: ("urgent",)}


def test_a_common_channel_is_completed_and_its_own_fields_stand(tmp_path: Path) -> None:
    pack = sound(tmp_path, ("  - id: phone\n", "  - id: phone\n    label: Ring bara\n"))

    phone = pack.channel_by_id["phone"]
    assert (phone.label, phone.kind) == ("Ring bara", ChannelKind.PHONE)


def test_a_pack_has_only_the_channels_that_it_lists(tmp_path: Path) -> None:
    assert "sip" not in sound(tmp_path).channel_by_id


def test_the_consent_gates_follow_a_new_message_channel_by_its_kind(tmp_path: Path) -> None:
    gate = next(duty for duty in sound(tmp_path).duties if duty.id == "consent_not_asked")

    assert gate.channels == ("note",)


def test_a_packs_own_assumption_comes_before_the_common_one(tmp_path: Path) -> None:
    own = "  - {fact: urgency, value: urgent, when: {topic: [referral]}, text: Remisser brådskar.}\n"

    pack = sound(tmp_path, ("assumptions:\n", f"assumptions:\n{own}"))

    urgency = [(a.value, dict(a.when)) for a in pack.assumptions if a.fact is Fact.URGENCY]
    assert urgency == [("urgent", {Fact.TOPIC: ("referral",)}), ("can_wait", {})]


def test_another_regions_function_mailbox_is_added_as_data_alone(tmp_path: Path) -> None:
    """A topic, a channel and a rule that no other pack has; the engine knows none of them."""
    path = write(
        tmp_path,
        changed(
            ("channels:\n  - id: emergency_112\n", f"topics:\n{TOPIC}channels:\n{MAILBOX}  - id: emergency_112\n"),
            ("C7, T1, T2]", "C7, T3, T1, T2]"),
            ("rules:\n  - id: T1", f"rules:\n{MAILBOX_RULE}  - id: T1"),
        ),
    )

    pack = load_pack(path)
    facts = answered({Fact.TOPIC: "interpreter", Fact.URGENCY: "can_wait"})
    decision = decide(pack, UnitType.PRIMARY_CARE, UnitType.MUNICIPAL_HEALTH, facts)

    assert not review_file(path).errors
    assert not isinstance(decision, Ask)
    assert isinstance(decision, Decided)
    assert (decision.channel.id, decision.row.id) == ("function_mailbox", "T3")
    assert "consent_not_asked" in {duty.id for duty in decision.duties}


TOPIC = "  - {id: interpreter, label: Tolk, plain: Boka tolk}\n"
MAILBOX = """  - id: function_mailbox
    label: Funktionsbrevlåda
    system: Säker e-post
    kind: message
    summary: Skriv till funktionsbrevlådan.
    recipients: one
    reply_policy: confirm
    headings: [{id: subject, label: Ärende, hint: Vad gäller det?, required: true, takes: matter}]
"""
MAILBOX_RULE = """  - id: T3
    when: {topic: [interpreter]}
    channel: function_mailbox
    reason: Tolkar bokas i brevlådan.
    grounds: {basis: routine, source: rutinen, section: Så gör vi}
"""


def test_every_error_is_told_at_once_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, changed(("status: adopted", "status: kanske"), ("kind: message", "kind: brev")), "one.yaml")
    write(tmp_path, changed(("name: Testlandet\n", "name: A\nname: B\n"), ("C7, T1, T2]", "C7, T2]")), "two.yaml")

    with pytest.raises(PackErrors) as caught:
        load_packs(tmp_path)

    told = {(Path(error.file).name, error.line) for error in caught.value.errors}
    assert len(told) == 4
    assert {name for name, _ in told} == {"one.yaml", "two.yaml"}
    assert all(re.match(r".+\.yaml:\d+: ", line) for line in str(caught.value).splitlines())


def test_a_fault_in_the_common_part_is_told_on_its_line_in_that_file(tmp_path: Path) -> None:
    path = write(tmp_path, changed())
    common = tmp_path / "common.yaml"
    text = common.read_text(encoding="utf-8").replace("  home_help: Hemtjänst\n", "  home_help: ''\n")
    common.write_text(text, encoding="utf-8")

    with pytest.raises(PackErrors) as caught:
        load_pack(path)

    line = text[: text.index("home_help: ''")].count("\n") + 1
    assert [(Path(e.file).name, e.line) for e in caught.value.errors] == [("common.yaml", line)]


@pytest.mark.parametrize(
    ("field", "start"),
    [
        pytest.param("rules", "rules:\n  - id: T1", id="rules"),
        pytest.param("channels", "channels:\n  - id: emergency_112\n", id="channels"),
        pytest.param("duties", "duties:\n", id="duties"),
        pytest.param("assumptions", "assumptions:\n", id="assumptions"),
        pytest.param("common_rules", "common_rules:\n", id="common-rules"),
    ],
)
def test_text_where_fields_or_a_list_should_be_is_an_error_and_no_crash(field: str, start: str, tmp_path: Path) -> None:
    text = changed()
    body = text[text.index(start) :].split("\n\n", 1)
    path = write(tmp_path, text[: text.index(start)] + f"{field}: bara text\n\n" + "".join(body[1:]))

    with pytest.raises(PackErrors):
        load_pack(path)


@pytest.mark.parametrize("text", ["", "[]", "bara text", "- id: x\n", "{}", "id: x\n"])
def test_a_file_that_is_no_pack_at_all_is_told_and_no_crash(text: str, tmp_path: Path) -> None:
    with pytest.raises(PackErrors) as caught:
        load_pack(write(tmp_path, text))

    assert caught.value.errors


def test_a_pack_without_the_common_part_beside_it_is_told_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "alone.yaml"
    path.write_text(changed(), encoding="utf-8")

    with pytest.raises(PackErrors) as caught:
        load_pack(path)

    assert any("fältet saknas" in error.message for error in caught.value.errors)


def test_the_shipped_packs_load_in_the_order_of_their_files() -> None:
    ids = [pack.id for pack in load_packs(PACKS)]

    assert ids == ["halland-2021", "halland-2024", "orebro", "vasternorrland", "vgr-skaraborg"]
