"""Questions about the routines: answered from the pack's own facts with their source, or honestly refused."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq import LONGEST, Entry, Faq, load_faq
from knowledge.loader import load_packs
from knowledge.pack import Pack
from triage.answer import Answerer, answer

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
PACKS = ("halland-2021", "halland-2024", "orebro", "vasternorrland", "vgr-skaraborg")
VOICES = {
    "skriftspråk": (0.97, 0.99),
    "kort": (0.85, 0.97),
    "nybörjare": (0.83, 0.96),
    "dialekt": (0.92, 0.97),
    "vardag": (0.77, 0.97),
    "rak": (0.85, 0.96),
}
"""Of each voice in the bank, how much is right and how much is refused when none of its own ways of asking is known."""


@cache
def faq() -> Faq:
    return load_faq(KNOWLEDGE / "faq")


@cache
def packs() -> dict[str, Pack]:
    return {pack.id: pack for pack in load_packs(KNOWLEDGE / "packs")}


@cache
def answerer() -> Answerer:
    return Answerer(faq())


@pytest.mark.parametrize(
    ("pack", "question", "told"),
    [
        pytest.param("halland-2021", "Hur länge får vi vänta innan vårdcentralen svarar?", ["48 timmar", "7 dagar"], id="H21 reply time"),
        pytest.param("halland-2021", "Kan hon få sin Oxycontin förnyad den vägen?", ["narkotiska"], id="H21 controlled drug"),
        pytest.param("halland-2021", "vilka mottagningar på specialistsidan är anslutna", ["Habiliteringen"], id="H21 specialists"),
        pytest.param("halland-2021", "ge mig exempel på ärenden som går bra", ["receptförnyelse", "provtagning"], id="H21 matters"),
        pytest.param("halland-2024", "hur många ggr per dag måste vi in och läsa i Lifecare?", ["2 gånger", "vardag"], id="H24 readings"),
        pytest.param("halland-2024", "inom hur lång tid ska mottagande enhet svara", ["3 dagar"], id="H24 reply time"),
        pytest.param("halland-2024", "får läkemedelslistan följa med som bilaga", ["bifoga", "läkemedelslistor"], id="H24 attachment"),
        pytest.param("halland-2024", "vad är skillnaden mot den gamla rutinen?", ["generell", "läsa av"], id="H24 changes"),
        pytest.param("halland-2024", "det är akut, kan jag skriva ändå", ["telefon"], id="H24 urgent"),
        pytest.param("halland-2024", "vad gäller vid receptförnyelse?", ["receptförnyelse", "Nyförskrivning"], id="H24 renewal"),
        pytest.param("halland-2021", "vad gäller vid receptförnyelse?", ["receptförnyelse", "narkotiska"], id="H21 renewal"),
        pytest.param("halland-2021", "kan man skicka meddelande om dom ligger inne på sjukhus", ["Nej", "ligger inne på sjukhus"], id="H21 admitted"),
        pytest.param("halland-2024", "kan man skicka meddelande om dom ligger inne på sjukhus", ["Nej", "utskrivningsprocessen"], id="H24 admitted"),
        pytest.param("halland-2024", "får jag skriva om patienten är inlagd?", ["Nej", "vårdtillfället"], id="H24 may I"),
        pytest.param("halland-2024", "måste patienten vara inskriven i hemsjukvården?", ["inskrivna i kommunal"], id="H24 enrolled"),
        pytest.param("orebro", "måste jag svara fast de bara ville informera?", ["alltid besvaras"], id="Ö answer all"),
        pytest.param("orebro", "räcker samtycket hon gav förra månaden?", ["inför varje"], id="Ö consent"),
        pytest.param("orebro", "hur ser jag om mottagaren har läst det jag skickade", ["personnummer", "skickade meddelanden"], id="Ö read receipt"),
        pytest.param("orebro", "kan jag lägga en receptfråga där", ["inte lämpligt"], id="Ö not for prescriptions"),
        pytest.param("orebro", "han dog och vi hade en sip igång", ["SIP", "informera"], id="Ö death"),
        pytest.param("vasternorrland", "vem larmar jag i regionen när lifecare kraschat", ["Servicedesk", "0660-890 70"], id="VN support"),
        pytest.param("vasternorrland", "vad har Kramfors kommun för växelnummer", ["0612-800 00"], id="VN Kramfors"),
        pytest.param("vasternorrland", "får vi skriva ut henne fast systemet är nere?", ["mottagande enhet"], id="VN discharge"),
        pytest.param("vasternorrland", "vem kallar till SIP under avbrottet och på vilket sätt", ["öppenvårdens", "ringa"], id="VN sip"),
        pytest.param("vasternorrland", "vad gör vi med blanketten när den är inskannad", ["kasseras"], id="VN form"),
        pytest.param("vasternorrland", "in- och utskriven under samma driftstopp, ska det registreras?", ["behöver inte registreras"], id="VN both"),
        pytest.param("vgr-skaraborg", "vad är skillnaden på MVO och vårdbegäran?", ["inåt", "utåt"], id="VGR choice"),
        pytest.param("vgr-skaraborg", "vilken lag gäller när patienten inte kan samtycka", ["OSL 25 kap"], id="VGR unable"),
        pytest.param("vgr-skaraborg", "vilka flikar finns i planeringen", ["Patientfliken", "Ansvarsfliken"], id="VGR tabs"),
        pytest.param("vgr-skaraborg", "kan vi förnya recept via vårdbegäran som i Lidköping", ["breddinföra"], id="VGR renewals"),
        pytest.param("vgr-skaraborg", "var skriver man en avvikelse", ["MedControl Pro"], id="VGR deviation"),
        pytest.param("vgr-skaraborg", "när ska en fast vårdkontakt utses", ["begär det", "trygghet"], id="VGR contact"),
    ],
)  # fmt: skip
def test_a_question_is_answered_from_the_routine_with_its_source(pack: str, question: str, told: list[str]) -> None:
    found = answerer().answer(packs()[pack], question)
    assert found.answered, found.text
    assert [part for part in told if part.lower() not in found.text.lower()] == [], found.text
    assert {source.document for source in found.sources} == {packs()[pack].sources[0].title}
    assert all(source.section for source in found.sources)


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize(
    "question",
    [
        "Hur återställer jag lösenordet?",
        "Hur många milligram Alvedon får man ge?",
        "Vad kostar systemet per månad?",
        "Vilken mejladress har enhetschefen?",
        "Är mottagningen öppen på julafton?",
        "Var kan jag parkera?",
        "Hur gör man en lex Maria-anmälan?",
        "hej",
        "asdf qwer zxcv",
        "",
        "😀",
        "What is the meaning of life?",
    ],
)
def test_what_no_routine_says_is_honestly_refused_without_a_source(pack: str, question: str) -> None:
    found = answerer().answer(packs()[pack], question)
    assert not found.answered, found.text
    assert found.text
    assert found.sources == ()


@pytest.mark.parametrize(
    ("pack", "question"),
    [
        pytest.param("orebro", "Hur många dagar har mottagaren på sig?", id="no reply time in Örebro"),
        pytest.param("orebro", "Får jag bifoga ett dokument?", id="attachments are not mentioned in Örebro"),
        pytest.param("halland-2021", "Hur ofta ska vi läsa av Lifecare?", id="readings came in 2024"),
        pytest.param("halland-2024", "Måste patienten ge samtycke?", id="consent is not mentioned in Halland"),
        pytest.param(
            "vasternorrland",
            "Inom hur många dagar ska man svara på ett meddelande?",
            id="the outage routine gives no reply time",
        ),
        pytest.param("vasternorrland", "Vilka öppettider har Servicedesk?", id="opening hours are not given"),
    ],
)
def test_another_region_s_fact_is_never_told_as_this_one_s(pack: str, question: str) -> None:
    found = answerer().answer(packs()[pack], question)
    assert not found.answered, found.text
    assert "inte" in found.text or "Någon" in found.text or "bara" in found.text


@dataclass(frozen=True)
class Asked:
    voice: str
    pack: str
    entry: str | None
    question: str


@cache
def bank() -> tuple[Asked, ...]:
    """Questions in six voices; one that no routine answers is asked of every pack."""
    asked: list[Asked] = []
    for line in Path(__file__).with_name("questions.txt").read_text(encoding="utf-8").splitlines()[1:]:
        voice, pack, entry, question = line.split("|", 3)
        of = PACKS if pack == "*" else (pack,)
        asked.extend(Asked(voice, one, None if entry == "-" else entry, question) for one in of)
    return tuple(asked)


def entry_of(asked: Asked) -> Entry | None:
    return next((entry for entry in faq().by_pack[asked.pack] if entry.id == asked.entry and not entry.silent), None)


def wrongs(by: Answerer, asked: Iterable[Asked]) -> list[tuple[str, str | None, str, str]]:
    wrong = []
    for one in asked:
        found, entry = by.answer(packs()[one.pack], one.question), entry_of(one)
        if found.answered != (entry is not None) or (entry is not None and (entry.text or "") not in found.text):
            wrong.append((one.pack, one.entry, one.question, found.text[:50]))
    return wrong


def answerable(*, yes: bool, voice: str | None = None) -> list[Asked]:
    return [one for one in bank() if (entry_of(one) is not None) is yes and voice in {None, one.voice}]


def without(voice: str) -> Answerer:
    """The answers as they would be if this voice had never been heard."""
    gone = {one.question for one in bank() if one.voice == voice}

    def cut(entries: Iterable[Entry]) -> tuple[Entry, ...]:
        return tuple(e.model_copy(update={"asks": tuple(a for a in e.asks if a not in gone)}) for e in entries)

    by_pack = {pack: cut(entries) for pack, entries in faq().by_pack.items()}
    return Answerer(replace(faq(), by_pack=by_pack, unanswered=cut(faq().unanswered)))


def test_the_bank_holds_many_questions_of_both_kinds_in_every_voice() -> None:
    assert {one.voice for one in bank()} == set(VOICES)
    assert len({one.question for one in answerable(yes=False)}) >= 500
    assert len(answerable(yes=True)) >= 1_200


def test_questions_in_other_words_get_the_right_fact_in_at_least_97_of_100() -> None:
    asked = answerable(yes=True)
    wrong = wrongs(answerer(), asked)
    assert len(wrong) <= 0.03 * len(asked), wrong


def test_questions_that_no_routine_answers_are_refused_in_at_least_99_of_100() -> None:
    asked = answerable(yes=False)
    answered = wrongs(answerer(), asked)
    assert len(answered) <= 0.01 * len(asked), answered


@pytest.mark.parametrize(("voice", "right", "refused"), [(voice, *least) for voice, least in VOICES.items()])
def test_a_voice_never_heard_is_mostly_understood_and_almost_always_honestly_refused(
    voice: str, right: float, refused: float
) -> None:
    unheard = without(voice)
    can, cannot = answerable(yes=True, voice=voice), answerable(yes=False, voice=voice)
    wrong, answered = wrongs(unheard, can), wrongs(unheard, cannot)
    assert len(wrong) <= (1 - right) * len(can), wrong
    assert len(answered) <= (1 - refused) * len(cannot), answered


def test_a_region_named_in_the_question_is_answered_from_its_own_routine_and_says_so() -> None:
    found = answerer().answer(
        packs()["halland-2024"], "Måste man svara på alla meddelanden i Örebro?", [packs()["orebro"]]
    )
    assert found.answered
    assert found.text.startswith(packs()["orebro"].name)
    assert "alltid besvaras" in found.text
    assert {source.document for source in found.sources} == {packs()["orebro"].sources[0].title}


def test_a_region_named_whose_routine_is_not_at_hand_is_refused_instead_of_answered_from_this_one() -> None:
    assert not answerer().answer(packs()["halland-2024"], "Inom hur många dagar svarar man i Västernorrland?").answered


def test_a_town_of_the_pack_s_own_region_is_no_other_region() -> None:
    assert answerer().answer(packs()["vasternorrland"], "telefonnummer till Timrå kommun").answered


def test_a_pack_without_answers_refuses() -> None:
    stranger = packs()["orebro"].model_copy(update={"id": "annan", "region": "annan"})
    assert not answerer().answer(stranger, "måste man svara på alla meddelanden").answered


@pytest.mark.parametrize("pack", PACKS)
def test_every_known_way_of_asking_is_answered_with_its_own_fact_or_refused(pack: str) -> None:
    wrong = []
    for entry in faq().by_pack[pack]:
        for ask in entry.asks:
            found = answerer().answer(packs()[pack], ask)
            fact = (entry.text or "").removeprefix("Nej, ring. ").removeprefix("Nej. ").removeprefix("Ja. ")
            if found.answered == entry.silent or fact not in found.text:
                wrong.append((entry.id, ask, found.text[:60]))
    assert wrong == []


@pytest.mark.parametrize("pack", PACKS)
def test_every_answer_fits_and_every_source_is_named(pack: str) -> None:
    for entry in faq().by_pack[pack]:
        for ask in entry.asks:
            found = answerer().answer(packs()[pack], ask)
            assert len(found.text) <= LONGEST
            assert bool(found.sources) == found.answered


@pytest.mark.parametrize(
    "question",
    [
        "Hur många sköterskor finns i kommunen?",
        "Vem äger Lifecare?",
        "Hur länge har vi haft systemet?",
        "Vad kostar ett samtycke?",
        "Vilken medicin ska patienten få?",
        "Vilken våning ligger mottagningen på?",
        "Är min patient utskriven?",
    ],
)
@pytest.mark.parametrize("pack", PACKS)
def test_a_word_in_common_is_no_answer_to_a_demand_the_routine_does_not_meet(pack: str, question: str) -> None:
    assert not answerer().answer(packs()[pack], question).answered


@given(st.text(max_size=700), st.sampled_from(PACKS))
def test_any_text_gets_an_answer_or_a_refusal_that_fits(question: str, pack: str) -> None:
    found = answerer().answer(packs()[pack], question)
    assert 0 < len(found.text) <= LONGEST
    assert bool(found.sources) == found.answered


def test_the_short_form_answers_as_the_prepared_one() -> None:
    question = "får man bifoga läkemedelslistan"
    assert answer(faq(), packs()["halland-2024"], question) == answerer().answer(packs()["halland-2024"], question)


@pytest.mark.parametrize("question", ["när ska jag ringa istället?", "När ska jag ringa i stället"])
def test_an_open_question_is_not_answered_by_yes_or_no(question: str) -> None:
    found = answerer().answer(packs()["halland-2024"], question)
    assert found.answered
    assert not found.text.startswith(("Nej", "Ja"))
    assert "telefon" in found.text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("vad är SIP", "samordnad individuell plan"),
        ("vad är MVO?", "Västra Götaland"),
        ("vad är skillnaden mot remiss", "remiss"),
        ("får jag skriva personnummer?", "egen fråga"),
        ("vad gör jag om systemet ligger nere", "Ring mottagaren"),
        ("vad händer om de inte svarar i tid", "säger jag till"),
    ],
)
@pytest.mark.parametrize("pack", ["halland-2021", "halland-2024"])
def test_what_newcomers_ask_and_the_routine_leaves_out_is_said_to_be_left_out(
    pack: str, question: str, said: str
) -> None:
    found = answerer().answer(packs()[pack], question)
    assert not found.answered
    assert said in found.text


def test_what_is_told_besides_does_not_begin_with_the_answer_to_another_question() -> None:
    found = answerer().answer(packs()["halland-2024"], "får man skicka bilagor?")
    assert found.text.startswith("Nej. Det går inte att bifoga")
    assert "Nej" not in found.text.partition("Läs också:")[2]
