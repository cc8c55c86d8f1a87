"""What the import contracts cannot see: the front door is a single file, and no room knows it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("api", "bot", "commands", "common", "knowledge", "triage")


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
