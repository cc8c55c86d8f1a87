"""The words of the pages: every key that is asked for is there, and none lies unused."""

import re
from collections.abc import Iterator
from pathlib import Path

import api.pages
import common.web
from tests.support.api import shared_knowledge

ROOMS = (Path(api.pages.__file__).parent, Path(common.web.__file__).parent)
PREFIXES = ("page.", "layout.", "form.", "time.")
LITERAL = re.compile(r"""["']((?:page|layout|form|time)\.[a-z_.{}\[\]' 0-9]*[a-z_0-9.}])["']""")
BUILT = re.compile(r"""["']((?:page|layout|form|time)\.[a-z_.]*)["{]""")
"""A key that is put together: what stands before the part that varies."""
ELSEWHERE = frozenset({"layout.said_by_lots", "layout.said_by_me"})
"""Used by the chat's templates, in another room."""


def sources() -> Iterator[str]:
    for room in ROOMS:
        for file in (*room.rglob("*.py"), *room.rglob("*.html")):
            yield file.read_text(encoding="utf-8")


def test_every_key_that_a_page_asks_for_is_in_the_catalogue() -> None:
    texts = shared_knowledge().texts
    asked = {key for source in sources() for key in LITERAL.findall(source) if not re.search(r"[{}\[\] ']", key)}
    missing = {key for key in asked if key not in texts and not any(known.startswith(key) for known in texts.keys())}  # noqa: SIM118

    assert len(asked) > 100
    assert missing == set()


def test_no_word_of_the_pages_lies_unused() -> None:
    everything = "\n".join(sources())
    starts = tuple(start for start in set(BUILT.findall(everything)) if start.endswith((".", "_")) and start != "page.")
    ours = {key for key in shared_knowledge().texts.keys() if key.startswith(PREFIXES)}  # noqa: SIM118
    unused = {
        key for key in ours if not re.search(f"[\"']{re.escape(key)}[\"']", everything) and not key.startswith(starts)
    }

    assert unused - ELSEWHERE == set()


def test_every_text_can_be_filled_in_and_has_no_stray_blanks() -> None:
    texts = shared_knowledge().texts
    for key in texts.keys():  # noqa: SIM118
        if key.startswith(PREFIXES):
            said = texts.text(key, **dict.fromkeys(texts.placeholders(key), "x"))
            assert said == said.strip()
            assert "  " not in said
