"""Every rule of every pack, on cases with all facts given: decided as the routine says, by the plain evaluator and by the walk."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

import knowledge
from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.registry import Registry
from knowledge.vocabulary import Fact, UnitType, Value
from triage.decide import Decided, decide
from triage.facts import answered
from triage.reach import BOX_FACTS, first_hit

CASES = Path(__file__).parents[1] / "cases" / "rules.jsonl"
REGISTRY = Registry(load_packs(Path(knowledge.__path__[0]) / "packs"))


@dataclass(frozen=True)
class Case:
    id: str
    pack: str
    sender: UnitType
    recipient: UnitType
    facts: dict[Fact, Value]
    channel: str
    rule: str
    text: str = ""


def case(line: str) -> Case:
    raw = json.loads(line)
    facts = {Fact(name): value for name, value in raw.pop("facts").items()}
    sender, recipient = UnitType(raw.pop("sender")), UnitType(raw.pop("recipient"))
    return Case(sender=sender, recipient=recipient, facts=facts, **raw)


ALL = tuple(case(line) for line in CASES.read_text(encoding="utf-8").splitlines())
EACH = pytest.mark.parametrize("case", ALL, ids=lambda c: f"{c.id}-{c.rule}")


@EACH
def test_a_full_case_is_decided_by_the_rule_and_channel_the_routine_names(case: Case) -> None:
    pack = REGISTRY.pack(case.pack)
    full = {**case.facts, Fact.RECIPIENT_TYPE: str(case.recipient)}
    assert full.keys() == set(BOX_FACTS)

    row = first_hit(pack, case.sender, full)
    decision = decide(pack, case.sender, case.recipient, answered(case.facts))

    assert (row.id, row.channel) == (case.rule, case.channel)
    assert isinstance(decision, Decided)
    assert (decision.row, decision.channel.id) == (row, case.channel)


@pytest.mark.parametrize("pack", REGISTRY.packs, ids=lambda pack: pack.id)
def test_every_row_of_the_pack_decides_at_least_one_case(pack: Pack) -> None:
    cases = [c for c in ALL if c.pack == pack.id]
    deciding = [first_hit(pack, c.sender, {**c.facts, Fact.RECIPIENT_TYPE: str(c.recipient)}) for c in cases]
    idle = [row for row in pack.rows if row not in deciding]
    assert not idle, [(row.id, dict(row.when)) for row in idle]
