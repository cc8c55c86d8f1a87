"""Laws of the reader that hold for any text: no exception, every span inside its text, the same answer every time."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.lexicon import Lexicon, load_lexicon
from knowledge.loader import load_packs
from knowledge.pack import Pack
from knowledge.vocabulary import Fact, Provenance, UnitType
from triage.facts import Evidence
from triage.reading import Context, Reader, Reading
from triage.reading.normalise import tokenise

KNOWLEDGE = Path(__file__).parents[3] / "knowledge"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon(KNOWLEDGE / "lexicon")


@pytest.fixture(scope="module")
def reader(lexicon: Lexicon) -> Reader:
    return Reader(lexicon)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_packs(KNOWLEDGE / "packs")[0]


def context(pack: Pack, sender: UnitType = UnitType.MUNICIPAL_HEALTH) -> Context:
    return Context(pack, sender, UnitType.PRIMARY_CARE)


def spans(reading: Reading) -> Iterator[Evidence]:
    for known in reading.facts.known.values():
        yield from known.evidence
    for unclear in reading.facts.unclear.values():
        yield from unclear.evidence
    yield from reading.recipient_evidence


WORDS = st.sampled_from(
    [
        "pat",
        "hon",
        "han",
        "andas",
        "inte",
        "int",
        "feber",
        "38,9",
        "BT",
        "210/120",
        "recept",
        "slut",
        "inlagd",
        "avd",
        "somnade",
        "in",
        "ingen",
        "brådska",
        "akut",
        "sip",
        "kallelse",
        "Oxynorm",
        "bilaga",
        ",",
        ".",
        "!",
        "?",
        "-",
        "och",
        "å",
        "dosett",
        "hemsjukvården",
        "vårdcentralen",
        "112",
        "2016",
        "i",
        "fjol",
        "övning",
        "om",
        "skulle",
    ]
)
MUDDLE = st.lists(WORDS, max_size=25).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(text=st.one_of(st.text(max_size=200), MUDDLE), sender=st.sampled_from(UnitType))
def test_any_text_is_read_with_spans_inside_it_and_alike_each_time(
    reader: Reader, pack: Pack, text: str, sender: UnitType
) -> None:
    reading = reader.read(text, context(pack, sender))

    assert all(0 <= item.start <= item.end <= len(text) for item in spans(reading))
    assert reading.matters >= 1
    assert not set(reading.facts.known) & set(reading.facts.unclear)
    assert reader.read(text, context(pack, sender)) == reading


@settings(deadline=None, max_examples=100)
@given(text=MUDDLE)
def test_the_reader_never_assumes_or_answers(reader: Reader, pack: Pack, text: str) -> None:
    reading = reader.read(text, context(pack))

    origins = {known.provenance for known in reading.facts.known.values()}
    assert origins <= {Provenance.STATED, Provenance.INFERRED}


@given(text=st.text(max_size=200))
def test_a_token_is_the_text_at_its_place(text: str) -> None:
    assert all(text[token.start : token.end] == token.written for token in tokenise(text, {}))


def test_letters_written_in_two_parts_are_read_as_one(reader: Reader, pack: Pack) -> None:
    text = unicodedata.normalize("NFD", "Han är medvetslös på golvet")

    reading = reader.read(text, context(pack))

    assert Fact.URGENCY in reading.facts.unclear
    assert all(item.end <= len(text) for item in spans(reading))


def test_evidence_is_the_words_that_gave_the_fact(reader: Reader, pack: Pack) -> None:
    text = "Hej! Patienten är INLAGD på avd 3."

    found = reader.read(text, context(pack)).facts[Fact.PATIENT_STATUS]

    assert "INLAGD" in {text[item.start : item.end] for item in found.evidence}
    assert all(item.why.startswith("status.") for item in found.evidence)


def test_a_text_without_known_words_is_unreadable_and_its_urgency_is_asked(reader: Reader, pack: Pack) -> None:
    reading = reader.read("xqzt vrrp kkjw", context(pack))

    assert reading.kind == "unreadable"
    assert Fact.URGENCY in reading.facts.unclear


def test_consent_is_left_alone_where_the_text_says_nothing_of_it(reader: Reader, pack: Pack) -> None:
    facts = reader.read("Kan ni boka en tid för årskontroll?", context(pack)).facts

    assert Fact.CONSENT not in facts
    assert Fact.CONSENT not in facts.unclear


def test_a_picture_of_danger_is_asked_about_and_never_graded(reader: Reader, pack: Pack) -> None:
    facts = reader.read("Hon har svår bröstsmärta och är kallsvettig", context(pack)).facts

    assert Fact.URGENCY not in facts
    assert facts.unclear[Fact.URGENCY].likely[0] == "life_threatening"


def test_a_calm_opening_does_not_hide_danger(reader: Reader, pack: Pack) -> None:
    facts = reader.read(
        "Ingen brådska egentligen, men hon andas inte som hon ska och är blå om läpparna", context(pack)
    ).facts

    assert Fact.URGENCY in facts.unclear


@pytest.mark.parametrize(
    "text",
    [
        "Blodtrycket är 170/95, hon mår bra i övrigt.",
        "Mår bra för övrigt. Vill ha en tid.",
        "Hon har ont i benet men mår bra annars, kan ni titta?",
        "I övrigt mår hon bra. Blodtrycket är 170/95.",
    ],
)
def test_to_be_well_otherwise_says_nothing_of_whether_the_matter_can_wait(
    reader: Reader, pack: Pack, text: str
) -> None:
    assert reader.read(text, context(pack)).facts.value(Fact.URGENCY) is None
    waits = reader.read(f"{text} Det är ingen brådska.", context(pack)).facts
    assert waits.value(Fact.URGENCY) == "can_wait"


def test_an_unclear_topic_comes_with_the_likely_few(reader: Reader, pack: Pack) -> None:
    doubt = reader.read("Det gäller Karin", context(pack)).facts.unclear[Fact.TOPIC]

    assert 3 <= len(doubt.likely) <= 4


def test_without_trained_weights_the_phrases_alone_are_read(lexicon: Lexicon, pack: Pack) -> None:
    bare = Reader(lexicon.model_copy(update={"models": None}))

    facts = bare.read("Receptet på Levaxin behöver förnyas, inga uttag kvar", context(pack)).facts

    assert facts.value(Fact.TOPIC) == "prescription_renewal"
