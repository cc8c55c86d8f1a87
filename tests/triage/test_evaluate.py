"""How cases are read, taken through their questions and judged: the harms, and the same counting as anyone else's."""

import json
from pathlib import Path

import pytest

from knowledge.bundle import Knowledge, load_knowledge
from knowledge.vocabulary import Fact, Provenance, UnitType
from triage.evaluate import AlarmCase, AlarmOutcome, Case, Example, Harm, Outcome, parse, run, run_alarm
from triage.reading import Reader

EXAMPLES = Path(__file__).parents[1] / "cases" / "examples"
FACTS = {
    "urgency": "can_wait", "patient_status": "at_home", "topic": "prescription_renewal", "home_care_enrolled": True, "forum_exists": False,
    "controlled_drug": False, "attachment": False, "sip_ongoing": False, "both_principals": False, "ongoing_exchange": False,
    "recipient_has_access": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def lots() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module")
def reader(lots: Knowledge) -> Reader:
    return Reader(lots.lexicon)


def case(**changes: object) -> Case:
    """A calm renewal to primary care whose right channel is a message."""
    labels = {"facts": {**FACTS, **changes.pop("facts", {})}}  # type: ignore[dict-item]
    given = {
        "id": "d1-001", "pack": "halland-2024", "sender": "municipal_health", "recipient": "primary_care", "text": "Levaxin är slut om två veckor",
        "channel": "message_outside_care_episode",
    }  # fmt: skip
    return Case.model_validate({**given, **labels, **changes})


def outcome(of: Case, *, at_once: str | None, channel: str | None, asked: tuple[Fact, ...] = (), sends: bool = False) -> Outcome:  # fmt: skip
    return Outcome(of, "matter", at_once, asked, channel, sends)


URGENT = {"facts": {"urgency": "urgent"}, "channel": "phone"}
MESSAGE = "message_outside_care_episode"


@pytest.mark.parametrize(
    ("changes", "at_once", "channel", "asked", "harms"),
    [
        pytest.param({}, MESSAGE, MESSAGE, (), (), id="right at once"),
        pytest.param(URGENT, "phone", "phone", (), (), id="urgent and phoned"),
        pytest.param(URGENT, None, "phone", (Fact.URGENCY,), (), id="urgent and asked about"),
        pytest.param(URGENT, MESSAGE, MESSAGE, (), (Harm.DANGER_MISSED, Harm.WRONG_CHANNEL), id="urgent and sent at once"),
        pytest.param(
            URGENT, None, MESSAGE, (Fact.TOPIC,), (Harm.DANGER_MISSED, Harm.WRONG_CHANNEL), id="urgent, another question"
        ),
        pytest.param(URGENT, None, "phone", (Fact.TOPIC,), (), id="urgent, phoned after another question"),
        pytest.param({}, "phone", "phone", (), (Harm.WRONG_CHANNEL, Harm.FALSE_ALARM), id="calm and phoned"),
        pytest.param({"also_ok": ["phone"]}, "phone", "phone", (), (), id="calm, and the phone is right too"),
        pytest.param({}, None, MESSAGE, (Fact.URGENCY,), (Harm.ALARM_QUESTION,), id="calm and asked about hurry"),
        pytest.param(
            {"stated": ["topic"]}, None, MESSAGE, (Fact.TOPIC,), (Harm.NEEDLESS_QUESTION,), id="the text settled what was asked"
        ),
        pytest.param({}, None, None, (Fact.TOPIC, Fact.TOPIC), (Harm.WRONG_CHANNEL,), id="no answer in the end"),
        pytest.param(
            {"stated": ["recipient"]}, None, MESSAGE, (Fact.RECIPIENT_TYPE,), (Harm.NEEDLESS_QUESTION,), id="the recipient was there"
        ),
    ],
)  # fmt: skip
def test_each_harm_is_told_apart(
    changes: dict[str, object],
    at_once: str | None,
    channel: str | None,
    asked: tuple[Fact, ...],
    harms: tuple[Harm, ...],
) -> None:
    assert outcome(case(**changes), at_once=at_once, channel=channel, asked=asked).harms == harms


def test_sending_against_a_refusal_is_a_harm_and_a_path_elsewhere_is_not() -> None:
    refused = case(facts={"consent": "refused"}, channel="own_organisation")

    sent = outcome(refused, at_once=MESSAGE, channel=MESSAGE, sends=True)
    told = outcome(refused, at_once="designated_path", channel="designated_path")

    assert Harm.AGAINST_CONSENT in sent.harms
    assert told.harms == (Harm.WRONG_CHANNEL,)


def test_a_matter_taken_for_small_talk_is_told() -> None:
    assert Harm.TAKEN_FOR_TALK in Outcome(case(), "greeting", MESSAGE, (), MESSAGE, sends=True).harms


def test_a_case_is_answered_from_its_labels_until_there_is_a_channel(lots: Knowledge, reader: Reader) -> None:
    silent = case(text="")

    done = run(lots.registry, reader, silent)

    assert {Fact.URGENCY, Fact.TOPIC} <= set(done.asked)
    assert done.at_once is None
    assert done.channel == MESSAGE


def test_a_question_that_the_labels_do_not_answer_ends_the_case_undecided(lots: Knowledge, reader: Reader) -> None:
    unlabelled = case(text="")
    without_topic = unlabelled.model_copy(update={"facts": {k: v for k, v in unlabelled.facts.items() if k != "topic"}})

    done = run(lots.registry, reader, without_topic)

    assert done.channel is None
    assert done.asked[-1] is Fact.TOPIC


def test_a_misread_fact_is_told_with_its_truth(lots: Knowledge, reader: Reader) -> None:
    mislabelled = case(text="Levaxin är slut om två veckor, går det att förnya receptet?", facts={"topic": "sampling"})

    misread = run(lots.registry, reader, mislabelled).misread

    assert [(one.fact, one.taken_for, one.truth) for one in misread] == [
        (Fact.TOPIC, "prescription_renewal", "sampling")
    ]
    assert misread[0].provenance in {Provenance.STATED, Provenance.INFERRED}


@pytest.mark.parametrize(
    ("text", "urgency", "harms"),
    [
        pytest.param("Hon andas knappt och är blå om läpparna", "life_threatening", (), id="danger heard"),
        pytest.param("Rullatorn behöver nya handtag nån gång i vår", "life_threatening", (Harm.DANGER_MISSED,), id="danger not heard"),
        pytest.param("Rullatorn behöver nya handtag nån gång i vår", "can_wait", (), id="calm left in peace"),
        pytest.param("Hon andas knappt och är blå om läpparna", "can_wait", (Harm.ALARM_QUESTION,), id="calm asked"),
    ],
)  # fmt: skip
def test_a_text_with_only_its_hurry_labelled_is_judged_by_the_first_answer(
    lots: Knowledge, reader: Reader, text: str, urgency: str, harms: tuple[Harm, ...]
) -> None:
    labelled = AlarmCase.model_validate({"id": "du-1", "text": text, "urgency": urgency})

    done = run_alarm(reader, lots.registry.pack("halland-2024"), labelled)

    assert tuple(harm for harm in done.harms if harm is not Harm.FALSE_ALARM) == harms


def test_a_calm_text_that_ends_at_the_phone_is_a_false_alarm() -> None:
    calm = AlarmCase.model_validate({"id": "du-1", "text": "…", "urgency": "can_wait"})

    assert AlarmOutcome(calm, "matter", alarm=True, channel="phone").harms == (Harm.FALSE_ALARM, Harm.ALARM_QUESTION)


EXAMPLE = {
    "id": "telegramstil-001", "voice": "telegramstil", "sender": "municipal_health", "recipient": "primary_care", "text": "Lasix slut fre. Rp tack.",
    "facts": FACTS, "stated": ["urgency"],
}  # fmt: skip


@pytest.mark.parametrize(("pack", "channel"), [("halland-2024", MESSAGE), ("vgr-skaraborg", "designated_path")])
def test_an_example_without_a_routine_gets_the_channel_of_the_pack_it_is_put_to(
    lots: Knowledge, pack: str, channel: str
) -> None:
    made = parse(json.dumps(EXAMPLE), lots.registry.pack(pack))

    assert isinstance(made, Case)
    assert (made.pack, made.channel, made.group) == (pack, channel, "telegramstil")


def test_an_unknown_recipient_counts_as_primary_care(lots: Knowledge) -> None:
    pack = lots.registry.pack("halland-2024")

    open_case = Example.model_validate({**EXAMPLE, "recipient": None}).put_to(pack)

    assert open_case.channel == MESSAGE
    assert open_case.truth(Fact.RECIPIENT_TYPE) == UnitType.PRIMARY_CARE


def test_what_is_no_matter_is_passed_over(lots: Knowledge) -> None:
    greeting = {**EXAMPLE, "kind": "greeting", "facts": {"urgency": None, "topic": None}}

    assert parse(json.dumps(greeting), lots.registry.packs[0]) is None


def test_a_line_with_hurry_alone_is_told_by_its_keys(lots: Knowledge) -> None:
    line = json.dumps({"id": "du-1", "text": "x", "urgency": "urgent", "trap": "place"})

    assert isinstance(parse(line, lots.registry.packs[0]), AlarmCase)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"id": "x-1"}', id="labels missing"),
        pytest.param(json.dumps({**EXAMPLE, "facts": {**FACTS, "topic": "weather"}}), id="an unknown topic"),
        pytest.param(json.dumps({**EXAMPLE, "facts": {**FACTS, "mood": "good"}}), id="an unknown fact"),
        pytest.param(json.dumps({**EXAMPLE, "facts": {k: v for k, v in FACTS.items() if k != "attachment"}}), id="a fact missing"),
        pytest.param("[1]", id="no object"),
        pytest.param("{", id="no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_labelled_case_is_refused(lots: Knowledge, line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(line, lots.registry.packs[0])


def test_every_example_of_the_project_makes_a_case_in_every_pack(lots: Knowledge) -> None:
    for path in sorted(EXAMPLES.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            made = parse(line, lots.registry.packs[number % len(lots.registry.packs)])
            assert made is None or made.group == path.stem
