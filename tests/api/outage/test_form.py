"""The outage form: what stands on it by role, that it can be read by people and programs, and the command that prints it."""

import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lots
from api.outage.paper import Filled, SayLine, sheet
from api.outage.pdf import form_pdf, pages_of
from tests.support.api import shared_knowledge

MADE = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
ROLES = ("ward_somatic", "ward_psychiatric", "municipality", "outpatient")


def run(line: str) -> tuple[int, str]:
    done = CliRunner().invoke(lots.app, ["outage", "form", *line.split()])
    return done.exit_code, done.output


def streams(pdf: bytes) -> bytes:
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"".join(zlib.decompress(part) if part[:1] == b"x" else part for part in found)


@pytest.mark.parametrize("role", ROLES)
def test_a_blank_form_is_printed_for_every_role_without_a_database(role: str, tmp_path: Path) -> None:
    status, said = run(f"--role {role} --blank --out {tmp_path / 'form.pdf'}")
    pdf = (tmp_path / "form.pdf").read_bytes()
    assert status == 0
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf) == (3 if role == "outpatient" else 2)
    assert f"{pages_of(pdf)} sidor" in said
    assert len(pdf) < 60_000


def test_the_pdf_has_its_language_title_fonts_and_headings_inside(tmp_path: Path) -> None:
    run(f"--role municipality --out {tmp_path / 'form.pdf'}")
    pdf = (tmp_path / "form.pdf").read_bytes()
    assert b"/Lang (sv-SE)" in pdf
    assert b"/DisplayDocTitle true" in pdf
    assert b"/Title" in pdf
    assert pdf.count(b"/FontFile2") == 2
    assert b"/ToUnicode" in pdf
    assert b"/Outlines" in pdf
    assert b"Helvetica" not in pdf + streams(pdf)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--role ward --blank", "ward_somatic, ward_psychiatric, municipality, outpatient"),
        ("--role municipality --pack halland-2024 --blank", "En annan regions blankett gäller inte där"),
        ("--role municipality --pack nowhere --blank", "nowhere"),
        ("--role municipality --unit nowhere-x", "nowhere-x"),
    ],
)
def test_what_cannot_be_printed_is_told_with_what_there_is(line: str, words: str, tmp_path: Path) -> None:
    status, said = run(f"{line} --out {tmp_path / 'form.pdf'}")
    assert status == 1
    assert words in said
    assert not (tmp_path / "form.pdf").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    status, said = run(f"--role municipality --out {tmp_path / 'nowhere' / 'form.pdf'}")
    assert status == 1
    assert "--out" in said


def test_a_form_holds_what_was_noted_and_room_for_more() -> None:
    knowledge = shared_knowledge()
    routine = knowledge.outages.routine("vasternorrland")
    line = SayLine("Att personen är inskriven", given=True, when="4 mars 10.15", comment="Bo Ek, biståndshandläggare")
    filled = Filled(unit="Medicinavdelningen Strömmen", number="3", said={"say_admission": line})
    made = sheet(
        knowledge.texts.text,
        knowledge.registry.pack("vasternorrland"),
        routine,
        routine.role("ward_somatic"),
        knowledge.directory.of_region("vasternorrland"),
        municipality="Timrå",
        filled=filled,
    )
    assert made.say[0] is line
    assert len(made.say) == 5 + 3
    assert made.calls[0].numbers == ("Timrå kommun: 060-16 31 00",)
    assert "Meddelande om utskrivningsklar" in made.leave
    assert pages_of(form_pdf(knowledge.texts.text, made, MADE)) == 2


def test_only_the_ward_sends_its_forms_on_and_to_a_function_never_a_person() -> None:
    routine = shared_knowledge().outages.routine("vasternorrland")
    sent = {role.id for role in routine.roles if any("kuvert" in line.text for line in role.paper)}
    assert sent == {"ward_somatic", "ward_psychiatric"}
    assert all("systemförvaltaren" in role.paper[-1].text for role in routine.roles if role.id in sent)
