"""Finds a Chromium for the tests marked `browser`; run as a module it installs Debian's where it may. Never fails: no browser, no tests.

`python -m tests.support.browser` prints one line about what it found or did, and exits 0.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

VARIABLE = "LOTS_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLAYWRIGHT_PLACES = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
INSTALL_SECONDS = 240
IN_A_BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
"""What a module's tests are marked with to share the run's one Chromium: it lives in the loop that started it."""
SKIP_REASON = f"no Chromium on this machine: install one, or set {VARIABLE} to its path"


def find_chromium() -> Path | None:
    """The first that is there: the one LOTS_CHROMIUM names, one on the PATH, one that Playwright has fetched."""
    return next((path for path in _candidates() if path.is_file() and os.access(path, os.X_OK)), None)


def _candidates() -> Iterator[Path]:
    if named := os.environ.get(VARIABLE):
        yield Path(named)
    for name in NAMES:
        if found := shutil.which(name):
            yield Path(found)
    for place in PLAYWRIGHT_PLACES:
        yield from sorted(Path.home().glob(place), reverse=True)


def install_chromium() -> str | None:
    """Installs Debian's Chromium when we are root and there is an apt-get. Returns what went wrong, None when nothing did."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get here"
    if os.geteuid() != 0:
        return "only root may install it"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        try:
            done = subprocess.run(
                [apt, *arguments], env=environment, capture_output=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {arguments[0]} took more than {INSTALL_SECONDS} seconds"
        if done.returncode != 0:
            return f"apt-get {arguments[0]} failed with status {done.returncode}"
    return None


def main() -> int:
    problem = None if find_chromium() else install_chromium()
    path = find_chromium()
    if path:
        sys.stdout.write(f"Browser tests use {path}\n")
    else:
        sys.stdout.write(f"No Chromium found ({problem}): the tests marked 'browser' will be skipped and counted.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
