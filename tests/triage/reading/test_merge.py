"""The laws of merging what is known with what was just read."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.vocabulary import FIXED_VALUES, Fact, Provenance, Value
from triage.facts import Evidence, Facts, Known, Unclear, answered
from triage.merge import merge

YES, NO = True, False
FACTS = [Fact.URGENCY, Fact.PATIENT_STATUS, Fact.ATTACHMENT, Fact.CONSENT]


def known(fact: Fact, value: Value, provenance: Provenance) -> Facts:
    return Facts({fact: Known(value, provenance)})


@st.composite
def facts(draw: st.DrawFn, provenances: tuple[Provenance, ...] = tuple(Provenance)) -> Facts:
    found = Facts()
    for fact in FACTS:
        kind = draw(st.sampled_from(["nothing", "known", "unclear"]))
        value = draw(st.sampled_from(FIXED_VALUES[fact]))
        if kind == "known":
            found = found.with_known(fact, value, draw(st.sampled_from(provenances)))
        elif kind == "unclear":
            found = found.with_unclear(fact, Unclear((value,), (Evidence(fact, value, 0, 1, "x"),)))
    return found


def test_an_inference_never_replaces_an_answer() -> None:
    base = answered({Fact.ATTACHMENT: False})

    assert merge(base, known(Fact.ATTACHMENT, YES, Provenance.INFERRED)) == base


def test_an_inference_never_replaces_a_statement() -> None:
    base = known(Fact.ATTACHMENT, NO, Provenance.STATED)

    assert merge(base, known(Fact.ATTACHMENT, YES, Provenance.INFERRED)) == base


def test_a_statement_against_an_answer_leaves_the_fact_unclear_with_both_values() -> None:
    merged = merge(answered({Fact.ATTACHMENT: False}), known(Fact.ATTACHMENT, YES, Provenance.STATED))

    assert Fact.ATTACHMENT not in merged
    assert merged.unclear[Fact.ATTACHMENT].likely == (True, False)


def test_an_answer_settles_what_was_unclear() -> None:
    base = Facts().with_unclear(Fact.URGENCY, Unclear(("urgent",)))

    merged = merge(base, answered({Fact.URGENCY: "can_wait"}))

    assert merged.value(Fact.URGENCY) == "can_wait"
    assert Fact.URGENCY not in merged.unclear


def test_a_doubt_does_not_undo_an_answer() -> None:
    base = answered({Fact.PATIENT_STATUS: "at_home"})

    assert merge(base, Facts().with_unclear(Fact.PATIENT_STATUS, Unclear(("admitted",)))) == base


def test_new_words_of_danger_reopen_what_was_said_to_wait() -> None:
    base = known(Fact.URGENCY, "can_wait", Provenance.STATED)

    merged = merge(base, Facts().with_unclear(Fact.URGENCY, Unclear(("life_threatening", "urgent"))))

    assert merged.unclear[Fact.URGENCY].likely == ("life_threatening", "urgent", "can_wait")


def test_new_words_of_danger_reopen_even_an_answer() -> None:
    base = answered({Fact.URGENCY: "can_wait"})

    merged = merge(base, Facts().with_unclear(Fact.URGENCY, Unclear(("life_threatening", "urgent"))))

    assert Fact.URGENCY not in merged
    assert merged.unclear[Fact.URGENCY].likely == ("life_threatening", "urgent", "can_wait")


@given(facts())
def test_merging_nothing_changes_nothing(base: Facts) -> None:
    assert merge(base, Facts()) == base


@given(facts())
def test_what_was_read_stands_when_nothing_was_known(new: Facts) -> None:
    assert merge(Facts(), new) == new


@given(facts(), facts())
def test_merging_the_same_again_changes_nothing(base: Facts, new: Facts) -> None:
    once = merge(base, new)

    assert set(merge(once, new).values().items()) <= set(once.values().items())
    assert set(merge(once, new).unclear) >= set(once.unclear)


@given(facts(), facts(provenances=(Provenance.ANSWERED,)))
def test_every_answer_stands_after_a_merge(base: Facts, answers: Facts) -> None:
    merged = merge(base, answers)

    assert all(merged.value(fact) == answers.value(fact) for fact in answers)


@given(facts(), facts())
def test_no_fact_is_both_known_and_unclear(base: Facts, new: Facts) -> None:
    merged = merge(base, new)

    assert not set(merged.known) & set(merged.unclear)
