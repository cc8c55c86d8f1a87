"""Errors over HTTP: one shape for every code, in Swedish, and nothing of what was sent in any of them."""

import base64
import inspect
import io
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from api import errors
from api.app import create_app
from api.edge import Edge
from api.errors import ApiError, DecisionRefused
from api.operations.metrics import Metrics
from api.problems import MEDIA_TYPE, Problems
from common.database import Database
from tests.support.api import NURSE_UNIT, Desk, order, shared_knowledge

AT_THE_END_OF_TIME = base64.urlsafe_b64encode(b"9999-12-31T23:59:59-14:00|a").decode().rstrip("=")
PARAMS: dict[str, str | int] = {
    "unit": "Enheten",
    "channel": "Kanalen",
    "pack": "rutinen",
    "field": "basis",
    "limit": 10,
    "length": 20,
    "organisation": "Kommunen",
    "sender": "Avsändaren",
    "seconds": 60,
}


def every_error() -> list[type[ApiError]]:
    found = (member for _, member in inspect.getmembers(errors, inspect.isclass))
    return [kind for kind in found if issubclass(kind, ApiError) and kind is not ApiError]


def variants(code: str) -> Iterator[str | None]:
    keys = shared_knowledge().texts.keys()
    for key in sorted(keys):
        found = key.removeprefix(f"problem.{code}.")
        if found != key and found != "title":
            yield None if found == "detail" else found


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_error_is_a_problem_with_its_code_in_every_wording(kind: type[ApiError]) -> None:
    wordings = list(variants(kind.code))
    assert None in wordings
    for variant in wordings:
        error = kind("some_code", "Meningen.") if kind is DecisionRefused else kind(variant=variant, **PARAMS)
        response = Problems(shared_knowledge().texts).respond(error)
        assert response.status_code == error.status >= 400
        assert response.media_type == MEDIA_TYPE
        problem = Problems(shared_knowledge().texts).describe(error)
        assert problem.type == f"urn:lots:problem:{problem.code}"
        assert (problem.status, problem.code) == (error.status, error.stable_code)
        assert problem.title.strip()
        assert problem.detail.strip()
        assert "{" not in problem.detail


def test_every_code_is_one_errors_alone_but_for_a_unit_in_an_address_and_in_a_body() -> None:
    codes = [kind.code for kind in every_error()]
    assert {code for code in codes if codes.count(code) > 1} == {"unit_unknown"}


async def test_a_text_that_is_too_long_and_a_bad_header_are_told_for_what_they_are(local_desk: Desk) -> None:
    body = order(sections=[{"heading": "a" * 201, "text": "a" * 20_001}])
    response = await local_desk.call("POST", "/messages", body=body, key="two words")
    assert {fault["where"]: fault["message"] for fault in response.json()["errors"]} == {
        "header.Idempotency-Key": "Uppgiften har fel form.",
        "body.sections.0.heading": "Texten är för lång.",
        "body.sections.0.text": "Texten är för lång.",
    }


async def test_a_validation_error_names_the_fields_and_says_in_swedish_what_is_wrong(local_desk: Desk) -> None:
    body = {name: value for name, value in order(extra=1, subject="").items() if name != "channel"}
    response = await local_desk.call("POST", "/messages", body=body, key="k")
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "validation_error")
    assert {fault["where"]: fault["message"] for fault in problem["errors"]} == {
        "body.channel": "Uppgiften saknas.",
        "body.subject": "Skriv något här.",
        "body.extra": "Uppgiften känns inte igen.",
    }


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        pytest.param(b"{", {}, 422, "validation_error", id="half a JSON"),
        pytest.param(b"\xff\xfe\x00", {}, 422, "validation_error", id="no UTF-8"),
        pytest.param(b"null", {}, 422, "validation_error", id="null"),
        pytest.param(b"[]", {}, 422, "validation_error", id="a list"),
        pytest.param(b"", {}, 422, "validation_error", id="nothing"),
        pytest.param(b"[" * 100_000, {}, 422, "validation_error", id="a deep nest"),
        pytest.param(
            b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 422, "validation_error", id="a form"
        ),
        pytest.param(b'{"a":"' + b"a" * 600_000 + b'"}', {}, 413, "body_too_large", id="too large"),
        pytest.param(b"{}", {"idempotency-key": "å"}, 422, "validation_error", id="a key in Swedish"),
        pytest.param(b"{}", {"idempotency-key": "a" * 201}, 422, "validation_error", id="a long key"),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem_and_no_crash(
    local_desk: Desk, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    base = {"authorization": f"Bearer {await local_desk.token(NURSE_UNIT)}", "idempotency-key": "k"}
    sent = {**base, "content-type": "application/json", **headers}
    async with local_desk.http() as client:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        response = await client.request("POST", "/messages", content=content, headers=raw)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == MEDIA_TYPE


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(local_desk: Desk) -> None:
    for path, methods in (("/drafts/x", "GET, PUT"), ("/enrolments", "GET, POST"), ("/units/x", "GET")):
        response = await local_desk.call("PATCH", path)
        assert (response.status_code, response.headers["allow"]) == (405, methods)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/nowhere", 404, "not_found", id="no such route"),
        pytest.param("DELETE", "/messages", 405, "method_not_allowed", id="no such method"),
        pytest.param("GET", "/units/halland-finns-inte", 404, "unit_unknown", id="no such unit"),
        pytest.param("GET", "/units/..%2f..%2fetc", 404, "not_found", id="a way up"),
        pytest.param("GET", "/units/%00", 422, "validation_error", id="a null sign"),
        pytest.param("GET", "/messages/%F0%9F%98%80", 422, "validation_error", id="an emoji"),
        pytest.param("GET", "/messages/abc", 404, "message_unknown", id="no such message"),
        pytest.param("GET", "/drafts/abc", 404, "draft_unknown", id="no such draft"),
        pytest.param("GET", "/units?limit=0", 422, "validation_error", id="a limit of none"),
        pytest.param("GET", f"/units/{NURSE_UNIT}/inbox?after=%25", 422, "cursor_invalid", id="a broken cursor"),
        pytest.param("GET", f"/units/{NURSE_UNIT}/inbox?after=YWJj", 422, "cursor_invalid", id="another's cursor"),
        pytest.param(
            "GET", f"/units/{NURSE_UNIT}/inbox?after={AT_THE_END_OF_TIME}", 422, "cursor_invalid", id="no time"
        ),
        pytest.param("GET", f"/units/{NURSE_UNIT}/inbox?state=lost", 422, "validation_error", id="an unknown state"),
    ],
)
async def test_an_address_that_leads_nowhere_is_a_problem(
    local_desk: Desk, method: str, path: str, status: int, code: str
) -> None:
    response = await local_desk.call(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == MEDIA_TYPE


@pytest.fixture
async def broken() -> AsyncIterator[httpx2.AsyncClient]:
    """An app with a route that fails as nobody foresaw, with a person's number in the error."""
    app = FastAPI()
    problems = Problems(shared_knowledge().texts)
    problems.install(app)

    @app.get("/broken")
    async def fail() -> None:
        raise RuntimeError("19121212-1212 kunde inte sparas")

    app.add_middleware(Edge, problems=problems, metrics=Metrics())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://lots.test") as client:
        yield client


async def test_what_nobody_foresaw_is_a_problem_without_the_errors_own_words(
    broken: httpx2.AsyncClient, log: io.StringIO
) -> None:
    response = await broken.get("/broken")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    (line,) = (json.loads(line) for line in log.getvalue().splitlines())
    assert (line["error"], line["route"]) == ("RuntimeError", "/broken")
    assert "1212" not in response.text + log.getvalue()


@pytest.fixture
async def impatient(local_desk: Desk) -> AsyncIterator[Desk]:
    """The same database through a process that waits a short while only."""
    api = local_desk.api
    db = Database(api.db.url, busy_seconds=0.2)
    await db.migrate()
    yield Desk(
        create_app(api.settings, local_desk.clock, db, shared_knowledge(), api.cipher, reader=api.reader),
        local_desk.clock,
        local_desk.bot_key,
    )
    await db.close()


async def test_a_locked_database_is_said_with_when_to_try_again_and_nothing_is_half_done(impatient: Desk) -> None:
    other = sqlite3.connect(str(impatient.api.db.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    response = await impatient.hand_over(key="k")
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert response.headers["retry-after"] == "5"
    other.execute("ROLLBACK")
    other.close()
    assert (await impatient.hand_over(key="k")).status_code == 201
    assert len(await impatient.inbox()) == 1


async def test_a_database_that_is_gone_is_said_on_every_route_but_health(local_desk: Desk, tmp_path: Path) -> None:
    remove(tmp_path)
    for path in ("/ready", "/me", "/units", "/events", "/metrics"):
        response = await local_desk.call("GET", path)
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert (await local_desk.call("GET", "/health")).status_code == 200
    assert (await local_desk.hand_over()).status_code == 503


def remove(folder: Path) -> None:
    for file in folder.glob("lots.sqlite3*"):
        file.unlink()
