"""How a Chromium is found. Needs none."""

from pathlib import Path

import pytest

from tests.support.browser import VARIABLE, find_chromium


def program(folder: Path, name: str, mode: int) -> Path:
    file = folder / name
    file.write_text("#!/bin/sh\n", encoding="utf-8")
    file.chmod(mode)
    return file


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a browser."""
    for name in ("PATH", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def test_a_machine_without_a_browser_has_none(bare: Path) -> None:
    assert find_chromium() is None


def test_the_browser_on_the_path_is_found(bare: Path) -> None:
    program(bare, "chromium", 0o755)
    assert find_chromium() == bare / "chromium"


def test_the_named_browser_goes_first_when_it_can_be_run(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare, "chromium", 0o755)
    monkeypatch.setenv(VARIABLE, str(program(bare, "mine", 0o755)))
    assert find_chromium() == bare / "mine"

    monkeypatch.setenv(VARIABLE, str(program(bare, "broken", 0o644)))
    assert find_chromium() == bare / "chromium"


def test_what_playwright_has_fetched_is_found(bare: Path) -> None:
    folder = bare / ".cache/ms-playwright/chromium-1000/chrome-linux"
    folder.mkdir(parents=True)
    assert find_chromium() is None
    assert program(folder, "chrome", 0o755) == find_chromium()
