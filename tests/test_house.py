"""What the import contracts cannot see: the front door is a single file, and no room knows it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("api", "bot", "commands", "common", "knowledge", "triage")
LONGEST = 400


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_room_knows_the_front_door() -> None:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    assert files
    assert not [file.name for file in files for name in imported(file) if name.split(".")[0] == "lots"]


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if file.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(file.read_text("utf-8")))
    ]
    assert not silent


def test_no_python_file_is_longer_than_can_be_read_at_a_sitting() -> None:
    folders = [ROOT / folder for folder in (*ROOMS, "bench", "migrations", "tests")]
    files = [ROOT / "lots.py", *(file for folder in folders for file in folder.rglob("*.py"))]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert len(lengths) > len(ROOMS)
    long = [f"{name} has {length} lines" for name, length in sorted(lengths.items()) if length > LONGEST]
    assert not long, (
        f"at most {LONGEST} lines, so that a file is about one thing: move a whole subject into a module of its own: {long}"
    )
