"""The shared layout over the wire: tokens, flash messages, headers, static files."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from common.crypto import Cipher, Keys
from common.ids import new_token
from common.web.forms import LIMIT_BYTES, FormError
from common.web.pages import FLASH_COOKIE, VISITOR_COOKIE, Pages, PageSettings, Shell, SignedIn
from common.web.security import SecurityHeaders
from tests.common.web.words import words

TEMPLATE = """{% extends "base.html" %}{% import "macros.html" as m with context %}
{% block main %}<h1>{{ said }}</h1><form method="post">{{ m.csrf_field() }}</form>{% endblock %}"""
PERSON = SignedIn(name="Anna", role="Distriktssköterska", unit="Hemsjukvården")
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}


def make_app(folder: Path) -> Starlette:
    (folder / "said.html").write_text(TEMPLATE, encoding="utf-8")
    pages = Pages(
        words(),
        (folder,),
        sign=Cipher(Keys.new()).lookup,
        now=lambda: datetime(2026, 11, 20, 13, 5, tzinfo=UTC),
        new_token=new_token,
        settings=PageSettings(demo=True),
    )

    async def show(request: Request) -> Response:
        said = request.query_params.get("said", "Hej")
        return pages.show(request, "said.html", Shell(PERSON, waiting=3), {"said": said})

    async def post(request: Request) -> Response:
        form = await pages.form(request)
        return pages.go("/", flash="form.errors") if form.get("said") else PlainTextResponse("nothing said")

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, FormError) else 500
        return PlainTextResponse(type(error).__name__, status_code=status)

    return Starlette(
        routes=[pages.static_route(), Route("/", show), Route("/", post, methods=["POST"])],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={FormError: refused},
    )


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=make_app(tmp_path))
    async with httpx2.AsyncClient(transport=transport, base_url="http://lots.test") as client:
        yield client


def token_in(html: str) -> str:
    return html.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


async def test_a_form_with_its_token_is_accepted_and_says_so_once(browser: httpx2.AsyncClient) -> None:
    token = token_in((await browser.get("/")).text)

    posted = await browser.post("/", data={"csrf": token, "said": "Hej"})

    assert (posted.status_code, posted.headers["location"]) == (303, "/")
    assert "Det här behöver rättas" in (await browser.get("/")).text
    assert "Det här behöver rättas" not in (await browser.get("/")).text


@pytest.mark.parametrize("token", ["", "wrong", "å"])
async def test_a_form_without_its_token_is_refused(browser: httpx2.AsyncClient, token: str) -> None:
    await browser.get("/")
    assert (await browser.post("/", data={"csrf": token, "said": "Hej"})).status_code == 403


async def test_a_token_from_another_visitor_is_refused(browser: httpx2.AsyncClient) -> None:
    token = token_in((await browser.get("/")).text)
    browser.cookies.clear()
    browser.cookies.set(VISITOR_COOKIE, "someone-else")

    assert (await browser.post("/", data={"csrf": token, "said": "Hej"})).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"said=%ff%fe", 400, id="not-utf-8"),
        pytest.param(b"&".join(b"a=1" for _ in range(500)), 400, id="too-many-fields"),
        pytest.param(b"said=" + b"a" * LIMIT_BYTES, 413, id="too-large"),
    ],
)
async def test_an_unreadable_form_is_refused(browser: httpx2.AsyncClient, body: bytes, status: int) -> None:
    assert (await browser.post("/", content=body, headers=FORM_TYPE)).status_code == status


async def test_a_form_of_another_content_type_is_refused(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/", json={"said": "Hej"})).status_code == 400


async def test_a_flash_message_that_we_did_not_sign_is_not_shown(browser: httpx2.AsyncClient) -> None:
    browser.cookies.set(FLASH_COOKIE, "form.errors|" + "0" * 64)
    assert "Det här behöver rättas" not in (await browser.get("/")).text


async def test_what_people_wrote_is_escaped(browser: httpx2.AsyncClient) -> None:
    html = (await browser.get("/", params={"said": "<script>alert(1)</script>"})).text
    assert "<h1>&lt;script&gt;" in html


async def test_a_page_allows_nothing_inline_and_is_not_kept(browser: httpx2.AsyncClient) -> None:
    response = await browser.get("/")

    assert "'unsafe" not in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert response.headers["cache-control"] == "no-store"
    assert " style=" not in response.text
    assert "http-equiv" not in response.text


async def test_the_layout_tells_who_is_signed_in_and_how_many_messages_wait(browser: httpx2.AsyncClient) -> None:
    html = (await browser.get("/")).text

    assert '<html lang="sv">' in html
    assert "Hemsjukvården" in html
    assert '3<span class="unseen"> väntar</span>' in html


async def test_static_files_are_found_by_the_address_in_the_page_and_may_be_kept(browser: httpx2.AsyncClient) -> None:
    html = (await browser.get("/")).text
    address = html.split('rel="stylesheet" href="')[1].split('"')[0]

    response = await browser.get(address)

    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]
    assert (await browser.get("/static/lots.css")).headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/../pages.py")).status_code == 404
