"""Words that leave consent in doubt: triage never asks about it, so the answer is as if nobody had been asked yet."""

from pathlib import Path

import pytest

import knowledge
from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.vocabulary import ConsentState, Fact, PatientStatus, Provenance, UnitType, Urgency
from triage.decide import Ask, Decided, decide
from triage.facts import Facts, Unclear

PACKS = load_packs(Path(knowledge.__path__[0]) / "packs")
RENEWAL = {
    Fact.URGENCY: str(Urgency.CAN_WAIT),
    Fact.PATIENT_STATUS: str(PatientStatus.AT_HOME),
    Fact.TOPIC: "prescription_renewal",
}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_doubt_about_consent_is_left_to_the_consent_step(pack: Pack) -> None:
    facts = Facts({}, {Fact.CONSENT: Unclear((str(ConsentState.REFUSED), str(ConsentState.UNABLE)))})
    for fact, value in RENEWAL.items():
        facts = facts.with_known(fact, value, Provenance.STATED)

    while isinstance(decision := decide(pack, UnitType.PSYCHIATRIC_OUTPATIENT, None, facts), Ask):
        assert decision.fact is not Fact.CONSENT
        facts = facts.with_known(decision.fact, decision.choices[0], Provenance.ANSWERED)

    assert isinstance(decision, Decided)
    assert decision.facts.value(Fact.CONSENT) == ConsentState.NOT_ASKED
