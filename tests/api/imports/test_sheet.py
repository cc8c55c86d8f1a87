"""Files as spreadsheets write them: encodings, separators, quotes; and each fault with its line and column."""

import pytest

from api.imports.sheet import Headings, decoded, read_sheet

KNOWN = Headings({"name": frozenset({"name", "namn"}), "town": frozenset({"town", "ort"})}, ("name",))


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("cp1252", ";"), ("latin-1", ","), ("utf-16", "\t")],
    ids=["utf-8", "utf-8 with mark", "windows", "latin-1", "excel text"],
)
def test_a_file_is_read_whatever_program_wrote_it(encoding: str, separator: str) -> None:
    content = f"Namn{separator}Ort\r\nÅsa{separator}Övertorneå\r\n".encode(encoding)
    sheet = read_sheet(decoded(content), KNOWN)
    assert sheet.problems == ()
    assert [(line.number, dict(line.cells)) for line in sheet.lines] == [(2, {"name": "Åsa", "town": "Övertorneå"})]


def test_a_line_is_counted_where_it_begins_though_a_cell_before_it_has_many() -> None:
    sheet = read_sheet('name;town\n"A\nB";x\n\nC;y\n', KNOWN)
    assert [line.number for line in sheet.lines] == [2, 5]
    assert sheet.lines[0].get("name") == "A\nB"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (1, "", "empty")),
        ("name;town\n", (2, "", "no_lines")),
        ("name;colour\nA;b\n", (1, "colour", "column_unknown")),
        ("name;namn\nA;b\n", (1, "name", "column_twice")),
        ("ort\nA\n", (1, "name", "column_missing")),
        ("name;town\nA;b;c\n", (2, "", "wrong_width")),
        ("name;town\nB;b\nA\n", (3, "", "wrong_width")),
        ("name;town\nA;b\x07\n", (2, "town", "unreadable")),
        ("name;town\n" + "A" * 2001 + ";b\n", (2, "name", "unreadable")),
        ('name;town\nA;b\n"C;d\n', (3, "", "quotes")),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else "",
)
def test_a_fault_is_told_with_its_line_and_column(text: str, found: tuple[int, str, str]) -> None:
    problems = read_sheet(text, KNOWN).problems
    assert [(one.line, one.column, one.code) for one in problems] == [found]
