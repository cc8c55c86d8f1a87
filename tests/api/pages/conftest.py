"""The staff's pages over HTTP without a network: what a browser without scripts would do."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html.parser import HTMLParser

import httpx2
import pytest

from api.pages.routes import add_pages
from tests.support.api import Desk


class Fields(HTMLParser):
    """The hidden fields of every form on a page, the last of a name winning."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "input" and held.get("type") == "hidden":
            self.hidden[held["name"] or ""] = held.get("value") or ""


class Person:
    """Someone with a browser: keeps cookies, follows redirects, posts forms with their hidden fields."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, at: str | None = None, expect: int = 200
    ) -> httpx2.Response:
        """Opens the page `at` (or `path`), fills in its form and posts it to `path`."""
        page = await self.get(at or path)
        return await self.send(page, path, fields, expect=expect)

    async def send(
        self, page: httpx2.Response, path: str, fields: Mapping[str, str] | None = None, *, expect: int = 200
    ) -> httpx2.Response:
        """Posts a form of a page that is open already."""
        found = Fields()
        found.feed(page.text)
        response = await self.client.post(path, data={**found.hidden, **(fields or {})})
        assert response.status_code == expect, response.text
        return response

    async def become(self, staff_id: str) -> None:
        await self.post("/demo", {"staff": staff_id}, at="/")


OpenBrowser = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def desk(local_desk: Desk) -> Desk:
    """The API and the pages with the demo loaded. What is stored is tested on both databases elsewhere."""
    add_pages(local_desk.app)
    return local_desk


@pytest.fixture
def browse(desk: Desk) -> OpenBrowser:
    """`async with browse("maja-lindqvist") as maja`: that person signed in; without a name nobody is."""

    @asynccontextmanager
    async def opened(staff_id: str | None = None) -> AsyncIterator[Person]:
        transport = httpx2.ASGITransport(app=desk.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://lots.test", follow_redirects=True
        ) as client:
            person = Person(client)
            if staff_id:
                await person.become(staff_id)
            yield person

    return opened
