"""Scenarios against the engine: our own all hold, broken ones are told in words, and the key is what staff are told at work."""

import shutil
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from bot.practice.models import model_faults
from knowledge.bundle import HERE, Knowledge, load_knowledge
from knowledge.errors import DataError, DataErrors
from knowledge.scenario import Kind, Level, Scenario, Scenarios, load_scenarios, read_scenarios
from knowledge.vocabulary import DERIVED, ChannelKind, Fact, UnitType
from triage.decide import Ask, Decided
from triage.exchange import DecisionRequest, respond
from triage.reading import Reader
from triage.scenario_faults import check_scenarios, faults, review_scenarios
from triage.scenarios import (
    changed,
    decision_at,
    explanation,
    label,
    question,
    read_freely,
    recipient_at,
    source_of,
    whom,
)

BROKEN = Path(__file__).parent / "broken_scenarios"
FILES = tuple(path for path in sorted(BROKEN.glob("*.yaml")) if path.name != "sound.yaml")


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


@cache
def reader() -> Reader:
    return Reader(knowledge().lexicon)


def every() -> Scenarios:
    return knowledge().scenarios


def steps() -> list[tuple[Scenario, int]]:
    return [(scenario, number) for scenario in every().all for number in range(len(scenario.steps))]


def errors_of(folder: Path) -> list[DataError]:
    found, errors = read_scenarios(folder)
    report = review_scenarios(found, knowledge().registry, knowledge().names)
    return [*errors, *report.errors]


# ── our own ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_scenario_of_ours_says_what_the_engine_says() -> None:
    report = check_scenarios(every(), knowledge().registry, knowledge().names)
    assert report.count >= 60
    assert all(count >= 10 for count in report.by_pack.values())
    assert sum(report.by_pack.values()) == len(every().all)


def test_every_channel_of_every_pack_is_the_right_answer_somewhere() -> None:
    assert review_scenarios(every(), knowledge().registry, knowledge().names).unused == ()


def test_every_kind_of_question_that_matters_and_every_level_is_there_in_each_pack() -> None:
    for pack in knowledge().registry.packs:
        own = every().of(pack.id)
        asked = {step.question for scenario in own for step in scenario.steps}
        assert {Kind.CHANNEL, Kind.INCLUDE, Kind.CALL} <= asked, pack.id
        assert {scenario.level for scenario in own} == set(Level), pack.id
    assert {step.question for scenario in every().all for step in scenario.steps} == set(Kind)


def test_every_draft_of_ours_passes_the_check_that_a_participants_draft_goes_through() -> None:
    assert [str(error) for error in model_faults(every(), knowledge(), reader())] == []


@pytest.mark.parametrize("pack_id", [pack.id for pack in load_knowledge().registry.packs])
def test_the_key_is_what_post_decisions_answers_to_the_same_facts(pack_id: str) -> None:
    """Put as a request from outside, without a word of text, with what the card would show: the same channel and rule."""
    for scenario in every().of(pack_id):
        for number, step in enumerate(scenario.steps):
            if step.question is not Kind.CHANNEL:
                continue
            shown = decision_at(knowledge().registry.pack(pack_id), scenario, number).facts.values()
            facts = {fact: value for fact, value in shown.items() if fact not in DERIVED}
            request = DecisionRequest(
                pack=pack_id,
                sender=scenario.unit_type,
                recipient=recipient_at(scenario, number),
                facts={str(fact): value for fact, value in facts.items()},
                date=scenario.day,
            )
            out = respond(request, knowledge().registry, reader(), knowledge().texts, scenario.day)
            assert step.answer is not None
            assert (out.status, out.channel, out.rule) == ("decided", step.answer.channel, step.answer.rule), (
                scenario.id
            )


def test_no_scenario_copies_a_run_of_words_from_another() -> None:
    """Each is its own story."""
    stories = [(scenario.id, step.story) for scenario in every().all for step in scenario.steps]
    runs: dict[str, str] = {}
    for owner, story in stories:
        words = story.split()
        for place in range(len(words) - 11):
            run = " ".join(words[place : place + 12])
            assert runs.setdefault(run, owner) == owner, run


# ── what is wrong is told ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_scenario_that_the_broken_ones_are_made_from_is_sound(tmp_path: Path) -> None:
    shutil.copy(BROKEN / "sound.yaml", tmp_path)
    assert errors_of(tmp_path) == []
    assert [scenario.id for scenario in load_scenarios(tmp_path).all] == ["prov"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_scenario_is_told_in_words_with_file_and_line(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8").splitlines()
    says, line = text[0].removeprefix("# must say: "), int(text[1].removeprefix("# on line: "))
    shutil.copy(path, tmp_path)
    found = errors_of(tmp_path)
    matching = [error for error in found if says in error.message]
    assert matching, [str(error) for error in found]
    assert line in [error.line for error in matching], [str(error) for error in matching]


def test_everything_wrong_is_told_at_once_and_an_id_may_stand_once(tmp_path: Path) -> None:
    shutil.copy(BROKEN / "wrong_key.yaml", tmp_path / "a.yaml")
    shutil.copy(BROKEN / "unknown_rule.yaml", tmp_path / "b.yaml")
    shutil.copy(BROKEN / "field_misspelt.yaml", tmp_path / "c.yaml")
    told = errors_of(tmp_path)
    assert {Path(error.file).name for error in told} == {"a.yaml", "b.yaml", "c.yaml"}
    assert any("används redan" in error.message for error in told)
    with pytest.raises(DataErrors):
        load_scenarios(tmp_path)


def test_a_trainers_own_scenario_is_judged_without_a_file() -> None:
    """As LIVE saves them: from JSON, by the same check."""
    own = Scenario.model_validate_json(every().all[0].model_dump_json())
    pack = knowledge().registry.pack(own.pack)
    assert faults(own, pack, knowledge().names) == ()
    changed_key = own.model_copy(update={"steps": (own.steps[0].model_copy(update={"to": UnitType.HOME_HELP}),)})
    assert any(
        "Rutinen säger designated_path" in fault.message for fault in faults(changed_key, pack, knowledge().names)
    )


# ── the question that a participant meets ───────────────────────────────────────────────────────────────────────────────


def test_a_question_shows_each_choice_once_in_words_with_one_right_and_an_id_that_tells_nothing() -> None:
    for scenario, number in steps():
        pack = knowledge().registry.pack(scenario.pack)
        asked = question(pack, scenario, number, "seed")
        assert asked is not None
        labels = [label(option.choice, pack, knowledge().texts) for option in asked.options]
        assert len(set(labels)) == len(labels), (scenario.id, labels)
        assert [option.id for option in asked.options] == [str(place) for place in range(1, len(labels) + 1)]
        rights = [option for option in asked.options if option.right]
        assert len(rights) == (0 if scenario.steps[number].question is Kind.WRITE else 1), scenario.id
        assert all(why.text for why in explanation(pack, asked, knowledge().texts)), scenario.id


def test_the_order_of_choices_follows_from_the_seed_alone_and_the_right_one_stands_anywhere() -> None:
    scenario = every().all[0]
    pack = knowledge().registry.pack(scenario.pack)
    one, same = (question(pack, scenario, 0, "a") for _ in range(2))
    assert one == same
    places = {q.right.id for n in range(40) if (q := question(pack, scenario, 0, str(n))) is not None and q.right}
    assert places == {"1", "2", "3"}


def test_every_learning_point_shows_where_it_stands() -> None:
    for scenario in every().all:
        pack = knowledge().registry.pack(scenario.pack)
        for point in scenario.learn:
            why = source_of(pack, point)
            assert why.document is not None or why.basis == "lots_baseline", (scenario.id, point.text)


def test_whom_to_call_is_112_in_danger_the_recipient_when_it_hurries_and_nobody_when_it_is_written() -> None:
    kinds = {}
    for scenario, number in steps():
        pack = knowledge().registry.pack(scenario.pack)
        decision = decision_at(pack, scenario, number)
        if isinstance(decision, Decided):
            kinds.setdefault(decision.channel.kind, set()).update(whom(pack, decision))
    assert kinds[ChannelKind.EMERGENCY] == {"number:112"}
    assert "unit:primary_care" in kinds[ChannelKind.PHONE]
    assert kinds[ChannelKind.MESSAGE] == set()


def test_what_became_unclear_is_asked_about_and_what_is_said_anew_replaces_what_was() -> None:
    scenario = every().by_id["h24-tryck-over-brostet"]
    pack = knowledge().registry.pack(scenario.pack)
    first, then, last = (decision_at(pack, scenario, number) for number in range(3))
    assert isinstance(first, Ask)
    assert first.fact is Fact.URGENCY
    assert isinstance(then, Decided)
    assert isinstance(last, Decided)
    assert (then.row.id, last.row.id) == ("C1", "C6")


# ── in one's own words ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        pytest.param("Blodtrycken ligger bra, kan vi sluta mäta?", "message_outside_care_episode", id="matter"),
        pytest.param("Hon andas inte, kom genast", "emergency_112", id="danger"),
        pytest.param("Jag vill kalla till SIP om hennes blodtryck", "sip", id="sip"),
        pytest.param("asdf qwer", None, id="no-words"),
        pytest.param("hej", None, id="greeting"),
        pytest.param("", None, id="empty"),
    ],
)
def test_free_words_become_the_channel_that_they_would_have_led_to(said: str, channel: str | None) -> None:
    scenario = every().by_id["h24-blodtryckslistan"]
    pack = knowledge().registry.pack(scenario.pack)
    found = read_freely(reader(), pack, scenario, 0, said)
    assert (found.channel.id if isinstance(found, Decided) else None) == channel


# ── a changed routine ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_routine_asks_only_what_has_another_answer_now_with_the_old_one_as_what_tempts() -> None:
    before, after = (knowledge().registry.pack(pack) for pack in ("halland-2021", "halland-2024"))
    found = [
        one
        for scenario in every().of("halland-2021")
        for number in range(len(scenario.steps))
        if (one := changed(before, after, scenario, number, ("Förr.", "Inte nu.")))
    ]
    assert "h21-bara-en-fraga" in {one.scenario.id for one in found}
    assert "h21-svarar-inte" not in {one.scenario.id for one in found}
    for one in found:
        old = decision_at(before, one.scenario, one.number)
        assert isinstance(old, Decided)
        assert one.before == old.channel.id != one.key.channel
        assert one.right is not None
        assert one.right.choice.channel == one.key.channel
        tempting = [option.choice.channel for option in one.options if not option.right]
        assert one.before in tempting
        assert len(set(tempting)) == len(tempting)


def test_the_folder_that_ships_is_the_one_that_is_loaded() -> None:
    assert set(chain(load_scenarios(HERE / "scenarios").by_id)) == set(every().by_id)
