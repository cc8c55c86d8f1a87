"""Every page and every answer of the API, looked through: what a browser may run, keep, frame and tell others."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.routing import Route

from common.settings import Settings
from tests.api.pages.conftest import Person
from tests.support.api import NURSE, Desk

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
STREAM = "/stream"
"""A stream goes on for as long as someone listens, and without a network it answers first at its end: only its refusal is looked at."""
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def looked_at(desk: Desk) -> list[str]:
    """Every address that can be looked at, with something that is not there in place of ids."""
    paths = {route.path for route in desk.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())}
    api = {path for path, ways in desk.app.openapi()["paths"].items() if "get" in ways}
    return sorted(re.sub(r"\{[^}]*\}", "01m7w2pesvcv9ez4r3na1pjb2a", path) for path in paths | api)


@asynccontextmanager
async def browser(desk: Desk, staff_id: str | None = None) -> AsyncIterator[Person]:
    """By https, as the cookies want it."""
    inside = httpx2.ASGITransport(app=desk.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=inside, base_url="https://lots.test", follow_redirects=True) as client:
        person = Person(client)
        if staff_id:
            await person.become(staff_id)
        yield person


class TestByHttps:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"base_url": "https://lots.test"})

    async def test_every_answer_has_the_headers(self, desk: Desk) -> None:
        seen = 0
        async with browser(desk, NURSE) as maja, browser(desk) as nobody:
            for path in looked_at(desk):
                for person in (nobody,) if path.endswith(STREAM) else (maja, nobody):
                    response = await person.client.get(path, follow_redirects=False)
                    headers = response.headers
                    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
                    assert POLICY.items() <= policy.items(), path
                    assert "unsafe" not in headers["content-security-policy"], path
                    assert headers["x-content-type-options"] == "nosniff", path
                    assert headers["x-frame-options"] == "DENY", path
                    assert headers["referrer-policy"] == "same-origin", path
                    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains", path
                    assert headers["cross-origin-opener-policy"] == "same-origin", path
                    assert headers["cache-control"] == "no-store", path
                    assert response.status_code < 500 or path.endswith("/ready"), (path, response.status_code)
                    if headers.get("content-type", "").startswith("text/html"):
                        assert INLINE.findall(response.text) == [], path
                    seen += 1
        assert seen >= 60

    async def test_every_cookie_is_for_https_and_out_of_scripts_reach(self, desk: Desk) -> None:
        async with browser(desk) as maja:
            page = await maja.get("/")
            maja.client.follow_redirects = False
            entered = await maja.send(page, "/demo", {"staff": NURSE}, expect=303)
        cookies = [*page.headers.get_list("set-cookie"), *entered.headers.get_list("set-cookie")]
        assert {cookie.partition("=")[0] for cookie in cookies} >= {"lots_session", "lots_visitor", "lots_flash"}
        for cookie in cookies:
            assert "Secure" in cookie
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
