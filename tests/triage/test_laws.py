"""The safety laws, proved on the leaves of every pack: disjoint boxes whose sizes add up to every case that can be."""

import random
from collections.abc import Iterator
from itertools import combinations
from math import prod
from pathlib import Path

import pytest

from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.vocabulary import (
    DEATH_NOTICE,
    NEVER_ASKED,
    SENDING_KINDS,
    ConsentState,
    Fact,
    PatientStatus,
    Provenance,
    UnitType,
    Urgency,
    Value,
)
from triage.decide import Ask, Conflict, Decided, decide
from triage.explain import all_leaves, what_would_change, why_not
from triage.facts import Facts, Known
from triage.reach import BOX_FACTS, Leaf, first_hit, live_facts, reach, whole_space

PACKS = load_packs(Path(__file__).parents[2] / "knowledge" / "packs")
EACH_PACK = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
RANDOM_PER_PACK = 20_000


def leaves(pack: Pack) -> Iterator[tuple[UnitType, Leaf]]:
    for sender in UnitType:
        for leaf in all_leaves(pack, sender):
            yield sender, leaf


def known(values: dict[Fact, Value]) -> Facts:
    return Facts({fact: Known(value, Provenance.ANSWERED) for fact, value in values.items()})


def random_case(pack: Pack, chance: random.Random) -> dict[Fact, Value]:
    case = {fact: chance.choice(pack.values(fact)) for fact in BOX_FACTS}
    if case[Fact.TOPIC] == DEATH_NOTICE:
        case[Fact.PATIENT_STATUS] = str(PatientStatus.DECEASED)
    return case


def decide_full(pack: Pack, sender: UnitType, case: dict[Fact, Value]) -> Decided | Ask | Conflict:
    recipient = UnitType(str(case[Fact.RECIPIENT_TYPE]))
    return decide(pack, sender, recipient, known({f: v for f, v in case.items() if f is not Fact.RECIPIENT_TYPE}))


@EACH_PACK
def test_the_leaves_are_disjoint_and_cover_every_case_that_can_be(pack: Pack) -> None:
    space = sum(prod(len(values) for values in box.values()) for box in whole_space(pack))
    for sender in UnitType:
        table = all_leaves(pack, sender)
        assert sum(leaf.size for leaf in table) == space
        for one, other in combinations(table, 2):
            assert any(one.box[fact].isdisjoint(other.box[fact]) for fact in BOX_FACTS)


@EACH_PACK
def test_danger_to_life_is_always_112_whatever_else_is_known(pack: Pack) -> None:
    for _, leaf in leaves(pack):
        if Urgency.LIFE_THREATENING in leaf.box[Fact.URGENCY]:
            assert leaf.channel == "emergency_112"
            assert leaf.box[Fact.URGENCY] == {Urgency.LIFE_THREATENING}


@EACH_PACK
def test_an_urgent_matter_is_always_phoned_whatever_else_is_known(pack: Pack) -> None:
    for _, leaf in leaves(pack):
        if Urgency.URGENT in leaf.box[Fact.URGENCY]:
            assert leaf.channel == "phone"


@EACH_PACK
def test_a_refused_consent_never_leads_to_sending_unless_the_person_is_admitted(pack: Pack) -> None:
    for _, leaf in leaves(pack):
        if ConsentState.REFUSED in leaf.box[Fact.CONSENT] and leaf.box[Fact.PATIENT_STATUS] - {PatientStatus.ADMITTED}:
            assert pack.channel_by_id[leaf.channel].kind not in SENDING_KINDS


@EACH_PACK
def test_an_outage_is_never_answered_with_a_message(pack: Pack) -> None:
    for _, leaf in leaves(pack):
        if True in leaf.box[Fact.SYSTEM_DOWN]:
            assert pack.channel_by_id[leaf.channel].kind not in SENDING_KINDS


@EACH_PACK
def test_every_rule_decides_some_case(pack: Pack) -> None:
    deciding = {leaf.row.id for _, leaf in leaves(pack)}
    assert deciding == set(pack.order)


@EACH_PACK
def test_full_random_cases_are_decided_as_the_plain_evaluator_does(pack: Pack) -> None:
    chance = random.Random(f"full {pack.id}")  # noqa: S311
    for _ in range(RANDOM_PER_PACK // 2):
        sender, case = chance.choice(list(UnitType)), random_case(pack, chance)
        decision = decide_full(pack, sender, case)
        assert isinstance(decision, Decided)
        assert decision.row is first_hit(pack, sender, case)


@EACH_PACK
def test_partial_random_cases_reach_every_completion_and_a_decision_is_stable_under_each(pack: Pack) -> None:
    chance = random.Random(f"partial {pack.id}")  # noqa: S311
    for _ in range(RANDOM_PER_PACK // 2):
        sender, case = chance.choice(list(UnitType)), random_case(pack, chance)
        facts = known({fact: value for fact, value in case.items() if chance.random() < 0.7})
        reached = reach(pack, sender, facts)
        for leaf in chance.sample(reached.leaves, min(3, len(reached.leaves))):
            assert first_hit(pack, sender, drawn_from(leaf, chance)) is leaf.row
        if any(all(case[fact] in leaf.box[fact] for fact in BOX_FACTS) for leaf in reached.leaves):
            assert first_hit(pack, sender, case).channel in reached.channels


def drawn_from(leaf: Leaf, chance: random.Random) -> dict[Fact, Value]:
    return {fact: chance.choice(sorted(leaf.box[fact], key=str)) for fact in BOX_FACTS}


@EACH_PACK
def test_asking_ends_and_only_live_facts_are_asked(pack: Pack) -> None:
    chance = random.Random(f"asking {pack.id}")  # noqa: S311
    for _ in range(400):
        sender, case = chance.choice(list(UnitType)), random_case(pack, chance)
        facts = known({fact: value for fact, value in case.items() if chance.random() < 0.3})
        asked: list[Fact] = []
        while isinstance(decision := decide(pack, sender, None, facts), Ask):
            assert decision.fact not in asked
            assert decision.fact not in NEVER_ASKED
            assert decision.fact in live_facts(reach(pack, sender, decision.facts).leaves)
            assert len(decision.choices) > 1
            asked.append(decision.fact)
            answer = case[decision.fact] if case[decision.fact] in decision.choices else chance.choice(decision.choices)
            facts = facts.with_known(decision.fact, answer, Provenance.ANSWERED)
        assert isinstance(decision, Decided)


@EACH_PACK
def test_what_would_change_the_answer_does_change_it_when_tried(pack: Pack) -> None:
    chance = random.Random(f"change {pack.id}")  # noqa: S311
    for _ in range(40):
        sender, case = chance.choice(list(UnitType)), random_case(pack, chance)
        decision = decide_full(pack, sender, case)
        assert isinstance(decision, Decided)
        for change in what_would_change(pack, sender, decision.facts, decision.channel.id):
            assert first_hit(pack, sender, {**case, change.fact: change.value}).channel == change.channel


@EACH_PACK
def test_why_not_names_differences_that_lead_to_the_other_channel(pack: Pack) -> None:
    chance = random.Random(f"why not {pack.id}")  # noqa: S311
    for _ in range(40):
        sender, case = chance.choice(list(UnitType)), random_case(pack, chance)
        decision = decide_full(pack, sender, case)
        assert isinstance(decision, Decided)
        for channel in pack.channels:
            answer = why_not(pack, sender, decision.facts, channel.id)
            if channel.id == decision.channel.id:
                assert not answer.differences
            elif answer.row is not None:
                tried = {**case, **{fact: min(values, key=str) for fact, values in answer.differences}}
                assert first_hit(pack, sender, tried).channel == channel.id


@EACH_PACK
def test_a_death_notice_about_someone_at_home_is_a_conflict_and_nothing_is_chosen(pack: Pack) -> None:
    facts = known({Fact.TOPIC: DEATH_NOTICE, Fact.PATIENT_STATUS: str(PatientStatus.AT_HOME)})
    assert isinstance(decide(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, facts), Conflict)
