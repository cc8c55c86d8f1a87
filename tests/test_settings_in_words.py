"""What is wrong with a setting is told in words: every fault has them in both languages, and none is pydantic's own English."""

import re
from pathlib import Path

import pytest

from commands.shared import in_words
from common.errors import UnsafeSettings
from common.settings import Settings
from tests.support.api import shared_knowledge

ROOT = Path(__file__).parents[1]
RAISED = re.compile(r'(?:Fault\(|_refused\()\s*(?:name|"LOTS_\w+"),\s*"(\w+)"')


def codes() -> set[str]:
    files = [file for room in ("common", "bot", "commands", "api") for file in (ROOT / room).rglob("*.py")]
    return {code for file in files for code in RAISED.findall(file.read_text("utf-8"))}


def test_every_fault_has_words_in_both_languages_and_none_is_left_over() -> None:
    assert len(codes()) > 20
    for texts in shared_knowledge().languages.values():
        said = {key.rpartition(".")[2] for key in sorted(texts.keys()) if key.startswith("settings.fault.")}
        assert said == codes()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"env": "prod"}, "LOTS_ENV: värdet finns inte. Välj bland demo, production.", id="a choice"),
        pytest.param({"port": "abc"}, "LOTS_PORT: här ska stå ett helt tal.", id="a number"),
        pytest.param({"session_hours": 99}, "LOTS_SESSION_HOURS: talet är för stort. Skriv högst 24.", id="a limit"),
        pytest.param(
            {"database_url": "mysql://someone:secret@db/lots"},
            "LOTS_DATABASE_URL: börjar med mysql. Välj bland sqlite+aiosqlite, postgresql+psycopg.",
            id="our own",
        ),
        pytest.param(
            {"chat_links": {"telegram": "https://t.example/"}},
            "LOTS_CHAT_LINKS: länken för telegram har ingen plats för koden. Skriv {code} där den ska stå.",
            id="a place",
        ),
    ],
)
def test_a_setting_that_stops_the_start_is_told_in_words_without_its_value(
    given: dict[str, object], words: str
) -> None:
    with pytest.raises(UnsafeSettings) as stopped:
        Settings(**given)
    assert [in_words(fault) for fault in stopped.value.problems] == [words]
    assert "secret" not in f"{stopped.value} {words}"
