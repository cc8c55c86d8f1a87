"""The colours have one source: each stands once, for light and for dark, and Telegram's sheet only says which of the two."""

import re
from pathlib import Path

STATIC = Path(__file__).parents[3] / "common" / "web" / "static"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgb\(")
SWITCHES = {"--light", "--dark"}


def values() -> str:
    """The first part of lots.css: the values, up to what is printed and everything that uses them."""
    return (STATIC / "lots.css").read_text("utf-8").partition("/* 2 ")[0]


def test_every_colour_is_said_once_for_light_and_for_dark() -> None:
    said = re.findall(r"^\s*(--[\w-]+): (.*);$", values(), re.MULTILINE)
    coloured = [name for name, value in said if COLOUR.search(value)]
    assert len(coloured) > 20
    assert len(coloured) == len(set(coloured))
    alike = {name for name, value in said if COLOUR.search(value) and "var(--dark," not in value}
    assert alike == {"--flag-hoist", "--flag-fly"}, "a flag is the same by night"


def test_telegrams_sheet_holds_no_value_of_its_own() -> None:
    sheet = (STATIC / "telegram.css").read_text("utf-8")
    assert not COLOUR.search(sheet)
    assert set(re.findall(r"(--[\w-]+):", sheet)) == SWITCHES
    assert set(re.findall(r'data-telegram="(\w+)"', sheet)) == {"light", "dark"}


def test_no_rule_asks_for_the_scheme_and_anything_else() -> None:
    """So colours do not depend on the width, nor sizes on the scheme: a browser test looks at each once, not at every pair."""
    asked = [
        query for sheet in STATIC.glob("*.css") for query in re.findall(r"@media ([^{]*)", sheet.read_text("utf-8"))
    ]
    schemes = [query.strip() for query in asked if "prefers-color-scheme" in query]
    assert schemes == ["(prefers-color-scheme: dark)"]
