"""Renewals by vårdbegäran: the rule that keeps them out does not hold towards a unit whose directory entry says it takes them."""

from pathlib import Path

from knowledge.loader import load_packs
from knowledge.vocabulary import ConsentState, Fact, UnitType
from triage.decide import Decided, decide
from triage.facts import answered

PACKS = {pack.id: pack for pack in load_packs(Path(__file__).parents[2] / "knowledge" / "packs")}
RENEWAL = answered({Fact.TOPIC: "prescription_renewal", Fact.CONSENT: str(ConsentState.GIVEN)})


def channel(*, takes_renewals: bool) -> str:
    pack = PACKS["vgr-skaraborg"].towards(takes_renewals_by_care_request=takes_renewals)
    decision = decide(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, RENEWAL)
    assert isinstance(decision, Decided)
    return decision.channel.id


def test_a_renewal_goes_another_way_where_the_unit_takes_none() -> None:
    assert channel(takes_renewals=False) == "designated_path"


def test_a_renewal_is_a_care_request_to_a_unit_that_takes_them() -> None:
    assert channel(takes_renewals=True) == "care_request"


def test_new_medicines_go_another_way_even_there() -> None:
    pack = PACKS["vgr-skaraborg"].towards(takes_renewals_by_care_request=True)
    facts = answered({Fact.TOPIC: "new_prescription", Fact.CONSENT: str(ConsentState.GIVEN)})
    decision = decide(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, facts)
    assert isinstance(decision, Decided)
    assert decision.channel.id == "designated_path"


def test_packs_without_such_rows_are_the_same_towards_everyone() -> None:
    orebro = PACKS["orebro"]
    assert orebro.towards(takes_renewals_by_care_request=True).rows == orebro.rows
