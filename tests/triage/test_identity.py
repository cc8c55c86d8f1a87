"""Personal numbers, phone numbers and names: their forms, where they stand in text, and what is none of them.

Numbers are constructed, with birth years around 1900; phone numbers are from the series kept for fiction.
"""

from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import DataErrors
from knowledge.names import Names, load_names, name_file
from triage.identity import (
    IdentitySpan,
    PersonId,
    PersonIdProblem,
    ProblemCode,
    check_person_id,
    either_century,
    identify,
)
from triage.person_id import COORDINATION, IdType, luhn_holds

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
TODAY = date(2026, 11, 20)


@cache
def names() -> Names:
    return load_names(name_file(KNOWLEDGE))


def found(text: str) -> list[tuple[str, str, bool]]:
    return [(span.kind, text[span.start : span.end], span.valid) for span in identify(text, names())]


def numbers(text: str) -> list[tuple[str, str, bool]]:
    return [hit for hit in found(text) if hit[0] != "name"]


def with_check_digit(first_eleven: str) -> str:
    return next(first_eleven + str(digit) for digit in range(10) if luhn_holds(first_eleven[2:] + str(digit)))


# --- one number, as a form field gives it ---


@pytest.mark.parametrize(
    "written",
    [
        "191212121212",
        "19121212-1212",
        "19121212 1212",
        "1912-12-12-1212",
        "19 12 12 12 12 12",
        "19121212+1212",
        "1912.12.12.1212",
        " 19121212–1212 ",
    ],
)
def test_a_personnummer_gets_one_normal_form_however_it_is_written(written: str) -> None:
    assert check_person_id("personnummer", written, TODAY) == PersonId(IdType.PERSONNUMMER, "191212121212")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("121212-1212", "201212121212", id="a dash: the latest possible birth"),
        pytest.param("121212+1212", "191212121212", id="a plus: a hundred years earlier"),
        pytest.param("121212+1212 ", "191212121212", id="space after"),
    ],
)
def test_ten_digits_get_their_century_from_the_sign_and_the_day(written: str, expected: str) -> None:
    assert check_person_id("personnummer", written, TODAY) == PersonId(IdType.PERSONNUMMER, expected)


def test_ten_digits_born_later_than_today_are_of_the_century_before() -> None:
    number = with_check_digit("19991231998")[2:]
    assert check_person_id("personnummer", number, TODAY) == PersonId(IdType.PERSONNUMMER, f"19{number}")


def test_ten_digits_without_a_day_to_count_from_ask_for_the_century_instead_of_guessing() -> None:
    assert check_person_id("personnummer", "121212-1212") == PersonIdProblem(ProblemCode.CENTURY)


@pytest.mark.parametrize(
    ("id_type", "written", "expected"),
    [
        pytest.param("personnummer", "19121212-1213", PersonIdProblem(ProblemCode.CHECK_DIGIT), id="mistyped"),
        pytest.param("personnummer", "19121312-1212", PersonIdProblem(ProblemCode.DATE), id="month 13"),
        pytest.param("personnummer", "19110229-1212", PersonIdProblem(ProblemCode.DATE), id="no leap year"),
        pytest.param("personnummer", "1912121-1212", PersonIdProblem(ProblemCode.FORM), id="a digit too few"),
        pytest.param("personnummer", "", PersonIdProblem(ProblemCode.FORM), id="empty"),
        pytest.param("personnummer", "hon heter Ada", PersonIdProblem(ProblemCode.FORM), id="words"),
        pytest.param("personnummer", "١٩١٢١٢١٢١٢١٢", PersonIdProblem(ProblemCode.FORM), id="other digits"),
        pytest.param("id-kort", "19121212-1212", PersonIdProblem(ProblemCode.UNKNOWN_TYPE), id="unknown type"),
        pytest.param(
            "personnummer",
            "22161128FH23",
            PersonIdProblem(ProblemCode.OTHER_TYPE, IdType.RESERVNUMMER),
            id="is a reserve number",
        ),
        pytest.param(
            "samordningsnummer",
            "19121212-1212",
            PersonIdProblem(ProblemCode.OTHER_TYPE, IdType.PERSONNUMMER),
            id="is a personnummer",
        ),
        pytest.param(
            "reservnummer",
            "19121212-1212",
            PersonIdProblem(ProblemCode.OTHER_TYPE, IdType.PERSONNUMMER),
            id="is no reserve number",
        ),
        pytest.param("reservnummer", "22161128FH24", PersonIdProblem(ProblemCode.CHECK_DIGIT), id="national, mistyped"),
        pytest.param("reservnummer", "22161128", PersonIdProblem(ProblemCode.FORM), id="too short"),
    ],
)
def test_what_is_wrong_with_a_number_is_said_as_a_value(id_type: str, written: str, expected: PersonIdProblem) -> None:
    assert check_person_id(id_type, written, TODAY) == expected


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("22950606FH20", id="national, birth and sex known"),
        pytest.param("25780404KHD5", id="national, second series, sex unknown"),
        pytest.param("00342145BZ31", id="national, birth unknown"),
        pytest.param("19450829K088", id="Västra Götaland, woman"),
        pytest.param("19930829X802", id="Västra Götaland, sex unknown"),
        pytest.param("991993000032", id="Stockholm"),
        pytest.param("19100312TB1F", id="Örebro"),
        pytest.param("198108320014", id="Halland"),
        pytest.param("19100312123R", id="Västernorrland"),
        pytest.param("19100312SU3A", id="Värmland"),
        pytest.param("19100312DA0B", id="Skåne"),
        pytest.param("1910031212M3", id="Gävleborg"),
        pytest.param("19100312TF10", id="municipal TF number"),
    ],
)
def test_reserve_numbers_in_use_are_known(number: str) -> None:
    assert check_person_id("reservnummer", f"{number[:8]}-{number[8:].lower()}") == PersonId(
        IdType.RESERVNUMMER, number
    )


born = st.dates(date(1890, 1, 1), date(1925, 12, 31))


@given(born, st.integers(980, 999), st.booleans())
def test_a_sound_number_passes_and_any_single_wrong_digit_is_caught(day: date, serial: int, coordination: bool) -> None:
    number = with_check_digit(f"{day:%Y%m}{day.day + COORDINATION * coordination:02d}{serial:03d}")
    kind = "samordningsnummer" if coordination else "personnummer"
    assert check_person_id(kind, number) == PersonId(IdType(kind), number)
    for place in range(8, 12):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert check_person_id(kind, wrong) == PersonIdProblem(ProblemCode.CHECK_DIGIT)


# --- in text ---


@pytest.mark.parametrize(
    "written",
    [
        "191212121212", "19121212-1212", "19121212 1212", "19121212 - 1212", "1912-12-12-1212", "1912-12-12 1212", "1912.12.12-1212", "1912 12 12 1212",
        "19 12 12 12 12 12", "19121212+1212", "19121212–1212", "121212-1212", "121212+1212", "1212121212", "121212 1212", "121212 - 1212", "12 12 12 12 12",
        "121212-12  12", "19121212-1  212", "121212-121 2", "19 12 12 12 12  12", "1912  12  12-1212", "19121212 - 12  12", "12-12-12-1212", "12.12.12.1212", "12/12/12-1212", "12 12 12 - 12 12", "121212/1212", "121212\n1212", "121212, fyra sista 1212",
        "121212 sista fyra 1212", "121212 och sen 1212", "121212 med de fyra sista siffrorna 1212",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "sentence", ["{}", "gäller {}, vill ha tid kl 10.30", "vikt 61,2 kg. {} är listad hos er", "pnr:{}"]
)
def test_a_personnummer_is_found_in_every_way_it_is_written(written: str, sentence: str) -> None:
    assert numbers(sentence.format(written)) == [("personnummer", written, True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("gäller 19121212-1213 på avd 4", ("personnummer", "19121212-1213", False), id="wrong check digit"),
        pytest.param("gäller 19121312-1212 på avd 4", ("personnummer", "19121312-1212", False), id="month 13"),
        pytest.param("pnr 121245-1212", ("personnummer", "121245-1212", False), id="day 45, named"),
        pytest.param("id 121273-1213", ("samordningsnummer", "121273-1213", False), id="samordningsnummer"),
        pytest.param("reservnr 22161128-FH24", ("reservnummer", "22161128-FH24", False), id="reserve number"),
    ],
)
def test_a_mistyped_number_is_found_and_said_to_be_wrong(text: str, expected: tuple[str, str, bool]) -> None:
    assert numbers(text) == [expected]


@pytest.mark.parametrize(
    "written",
    [
        "22161128FH23",
        "22161128-FH23",
        "22161128-fh23",
        "22161128 FH23",
        "19450829K088",
        "991993000032",
        "19100312-TB1F",
        "19100312123R",
    ],
)
def test_reserve_numbers_are_found_in_text(written: str) -> None:
    assert numbers(f"registrerad som {written}, går hem i dag") == [("reservnummer", written, True)]


@pytest.mark.parametrize(
    "written",
    [
        "070-174 06 33", "0701740633", "070 174 06 33", "070-1740633", "070.174.06.33", "+46701740633", "+46 70 174 06 33", "+46(0)70-174 06 33",
        "+46 (0)70 174 06 33", "0046 70 174 06 33", "46701740633", "0701-740633", "070 17 40 633", "031-390 06 21", "031 390 06 21", "08-465 004 12", "(08) 465 004 12", "0980-319 250", "040-628 04 12",
    ],
)  # fmt: skip
@pytest.mark.parametrize("sentence", ["ring henne på {}", "tel {}, helst efter kl 16", "{}"])
def test_a_phone_number_is_found_in_every_way_it_is_written(written: str, sentence: str) -> None:
    assert numbers(sentence.format(written)) == [("phone", written, True)]


@pytest.mark.parametrize(
    "text",
    [
        "BT 165/90, puls 72, temp 37,1, sat 96 %, vikt 71,2 kg",
        "Metoprolol 50 mg 1+0+1, insulin 12+10+14 E, Fragmin 5000 E kl 20",
        "organisationsnummer 232100-0164 ska stå på fakturan",
        "ordernr 4500 198 772, faktura 20250317-44, remiss 2025-118834",
        "ordernummer 19121212-1213 på rullatorn",
        "besök 2025-09-14 kl 10.30, sedan 2025-09-21 10:30 och 2025-09-28 13.15",
        "HSA-id SE2321000131-E000000012345, EAN 7340011322456, lotnr 24K0917B",
        "serienr 0714-2290-66B, artikelnr 88-1420-77, kod 2580",
        "postnummer 541 31, lokal B3104, rondtid 13:15-14:45, v 12-13",
        "gäller från 2024-02-02 och ersätter den från 2021-06-22",
        "kvinna född 12 mars 1913, fyra sista finns inte i ärendet",
        "vägde 58,4 den 12/3, 57,9 den 26/3, 57,1 den 9/4",
        "ring 112 eller 1177, anknytning 4567",
        "121212 1 2 13, 8  12  12  12 1 1 och BT 120  12 12 12",
    ],
)
def test_measurements_dates_orders_and_serials_are_no_one_s_number(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("glömde id. Samma som i går, Hjördis Fagerdal", "Hjördis Fagerdal", id="list and ending"),
        pytest.param("åke brännström ej hemma kl 8", "åke brännström", id="lower case"),
        pytest.param("ANDERSSON NILS vill ha tid", "ANDERSSON NILS", id="capitals"),
        pytest.param("Andersson, Nils vill ha tid", "Andersson, Nils", id="surname first"),
        pytest.param("telefon till sonen Per-Olof Hedlund", "Per-Olof Hedlund", id="double name"),
        pytest.param("har Mohammed Al-Rashid på mottagningen", "Mohammed Al-Rashid", id="particle"),
        pytest.param("Maria von Essen ringde", "Maria von Essen", id="von"),
        pytest.param("god man Leif G W Persson", "Leif G W Persson", id="initials"),
        pytest.param("pat K. Lundgren på rum 4", "K. Lundgren", id="initial and surname"),
        pytest.param("Patienten heter Xhemile Zogaj", "Xhemile Zogaj", id="unknown name after heter"),
        pytest.param("tolk till Xhemile Zogaj 19121212-1212", "Xhemile Zogaj", id="unknown name beside a number"),
        pytest.param("i går ringde fru Ödlander", "Ödlander", id="fru"),
        pytest.param("Bo Widlund bor kvar hemma", "Bo Widlund", id="a word that is a name with a surname"),
        pytest.param("läkartid till Stig på torsdag", "Stig", id="a word that is a name, capitalised in a sentence"),
        pytest.param("Johan Svenssons mamma", "Johan Svenssons", id="genitive"),
        pytest.param("gäller gösta som behöver en tid", "gösta", id="lower case, presented"),
        pytest.param("såret hos Karin ser bra ut", "Karin", id="first name alone"),
        pytest.param("Vide (maken) ringer i morgon", "Vide", id="a role in brackets"),
        pytest.param("Tyra, dottern, undrar om tiden", "Tyra", id="a role between commas"),
        pytest.param("Stig (boende på 4:an) vill ha recept", "Stig", id="a role in brackets, with more in them"),
        pytest.param("har träffat Louis de Geer i dag", "Louis de Geer", id="de"),
        pytest.param("gäller Ebba af Klerckstam, rum 3", "Ebba af Klerckstam", id="af and an unknown surname"),
        pytest.param("Märta von der Lancken vill ha tid", "Märta von der Lancken", id="von der"),
        pytest.param("carl von lillienkrona ringde", "carl von lillienkrona", id="von in lower case"),
        pytest.param("von Essen har ringt två gånger", "von Essen", id="no first name before von"),
        pytest.param("friherrinnan von Platen på rum 12", "von Platen", id="friherrinnan"),
        pytest.param("det var Nguyen Thi Hanh som ringde", "Nguyen Thi Hanh", id="surname first, in three parts"),
        pytest.param("Pham Thi Hoa är här", "Pham Thi Hoa", id="surname first, first in the text"),
        pytest.param("SONEN HETER ÅKERÖ", "ÅKERÖ", id="an unknown name in capitals, said outright"),
        pytest.param("PATIENTEN ELSA BERGLUND BEHÖVER TID", "ELSA BERGLUND", id="a name among capitals"),
    ],
)
def test_names_are_found_by_lists_endings_and_company(text: str, name: str) -> None:
    assert [hit[1] for hit in found(text) if hit[0] == "name"] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Crohns sjukdom, Sjögrens syndrom i släkten, Parkinson sen 2012, Alzheimerutredning gjord",
        "bor på Björkbackens äldreboende, remiss till Lindesbergs lasarett i Region Örebro län",
        "Per telefon i dag. Stig upp sakta. Bo kvar hemma. Hans ben är svullna. Inga sår.",
        "Vårdcentralen Ellen och Hälsocentralen Ankaret samt avd Astrid",
        "Gustav Vasas väg 3, Karin Söders gata, Astrid Lindgrens barnsjukhus",
        "Metoprolol, Furix, Alvedon, Fragmin och Eliquis, insulin Lantus",
        "patienten ville ha recept, hon klara sig själv, axel gör ont, tim 3",
        "Lifecare SP, SAMSA, SIP, MVO, BT, KAD, INR, VC, SSK",
        "provtagning Hb och K på rum L, patient B på sal 3",
        "Max 3 g per dygn, Tor 14/3. Hemtjänst Viola, Team Björk, avd Tallen.",
        "Måndag till Fredag i Januari, Skara och Lidköping",
        "patienten BEHÖVER hjälp, dottern RINGDE, maken HJÄLPER till, frun MÅSTE ha svar",
        "DOTTERN KOMMER IMORGON, SONEN VÄGRAR, MAMMAN ORKAR INTE",
        "kontakta sonen OMGÅENDE, STIG upp, hon vill BO kvar, TOR blir bra",
        "Hans (patientens) tabletter. Per (telefon). Rosa (salva) på benet. Bo (kvar hemma).",
        "det var Region Halland och Skaraborgs Sjukhus, Södra Vägen, remiss till Nya Lugnet Varberg",
    ],
)
def test_illnesses_places_drugs_and_common_words_are_no_names(text: str) -> None:
    assert [hit for hit in found(text) if hit[0] == "name"] == []


@pytest.mark.parametrize(
    ("text", "names_told"),
    [
        pytest.param("Pat heter Fredrik, efternamn Smedh", ["Fredrik", "Smedh"], id="efternamn"),
        pytest.param("hon heter Siri i förnamn och Fagerö i efternamn", ["Siri", "Fagerö"], id="i efternamn"),
        pytest.param("Efternamn: Qvarnlöf, förnamn: Tyra", ["Qvarnlöf", "Tyra"], id="as in a form"),
        pytest.param("Vide (pat) och Vide (usk) är inte samma", ["Vide", "Vide"], id="two with one name"),
    ],
)
def test_a_name_whose_parts_stand_apart_is_found_in_each(text: str, names_told: list[str]) -> None:
    assert [hit[1] for hit in found(text) if hit[0] == "name"] == names_told


def test_several_people_and_numbers_in_one_text_are_found_in_order_and_apart() -> None:
    text = "Elof Risberg 19121212-1212 och hustrun Aina Storm (191212121212), dottern Eva nås på 070-174 06 33."
    kinds = [(kind, part) for kind, part, _ in found(text)]
    assert kinds == [
        ("name", "Elof Risberg"),
        ("personnummer", "19121212-1212"),
        ("name", "Aina Storm"),
        ("personnummer", "191212121212"),
        ("name", "Eva"),
        ("phone", "070-174 06 33"),
    ]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("0123456789-+/., \nÅåKkMm")), max_size=200))
def test_spans_lie_inside_any_text_in_order_and_apart(text: str) -> None:
    spans = identify(text, names())
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(isinstance(span, IdentitySpan) for span in spans)


def test_ten_thousand_digits_are_read_in_no_time_at_all() -> None:
    assert identify("1" * 10_000, names()) == ()
    assert identify("19 " * 3_000, names()) is not None


def test_a_broken_list_of_names_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text("first: anna bo\nsurname: berg\n", encoding="utf-8")
    with pytest.raises(DataErrors, match=r"names\.yaml:2: .*surname"):
        load_names(file)


@pytest.mark.parametrize(
    ("number", "years"),
    [
        pytest.param("121212-1212", ("1912", "2012"), id="over a hundred or a child"),
        pytest.param("121212+1212", None, id="the plus sign says which"),
        pytest.param("19121212-1212", None, id="twelve digits"),
        pytest.param("000101-0008", None, id="nobody is so old"),
        pytest.param("121212-1213", None, id="mistyped"),
    ],
)
def test_ten_digits_that_can_mean_two_persons_are_told_apart(number: str, years: tuple[str, str] | None) -> None:
    found = either_century("personnummer", number, date(2026, 11, 20))
    assert (tuple(one.value[:4] for one in found) if found else None) == years
