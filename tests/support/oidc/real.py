"""npm's oidc-provider as a process on loopback, and someone who fills in its pages. Needs Node and LOTS_TEST_OIDC_PROVIDER."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2

FOLDER = "LOTS_TEST_OIDC_PROVIDER"
"""Where `npm install oidc-provider` was run, outside the repository."""
SCRIPT = Path(__file__).with_name("provider.mjs")
STEPS = 6


def installed() -> Path | None:
    given = os.environ.get(FOLDER)
    return Path(given) if given and shutil.which("node") else None


@contextmanager
def running(folder: Path, client: str, secret: str, redirect: str, after: str) -> Iterator[str]:
    """The provider's issuer while the block runs."""
    command = ["node", str(SCRIPT), str(folder), client, secret, redirect, after]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield str(json.loads(process.stdout.readline())["issuer"])
        finally:
            process.stdin.close()
            process.wait(timeout=10)


class _Page(HTMLParser):
    """The first form of a page: where it goes and what it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = held["action"]
        if tag in {"input", "button"} and held.get("name"):
            self.fields.setdefault(held["name"], held.get("value", ""))


async def fill_in(client: httpx2.AsyncClient, page: httpx2.Response, login: str, home: str) -> httpx2.Response:
    """Signs in, agrees and confirms on the provider's pages until the browser is back at `home`."""
    for _ in range(STEPS):
        if str(page.url).startswith(home):
            return page
        form = _Page(page.text)
        answers = {"login": login, "password": "any"}
        filled = {name: answers.get(name, value) for name, value in form.fields.items()}
        page = await client.post(urljoin(str(page.url), form.action), data=filled)
    raise AssertionError(f"still at the provider: {page.url.path}")
