"""Every route of the whole house, tried as nobody and as every role: what it asks for stands in a table, and a route without a line fails.

What the API's own routes ask for stands in tests/api/test_authorisation.py, and that of the administration's pages beside the pages.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from enum import Enum
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message, Scope

from api.authorisation import RIGHTS, Right, Role
from api.pages.administration import PAGES as ADMINISTRATION
from common.clock import FixedClock
from common.settings import Settings
from common.web.pages import SESSION_COOKIE, VISITOR_COOKIE
from tests.api.pages.administering import employ
from tests.api.test_authorisation import AS_UNIT, NOTHING, PUBLIC, ROUTES
from tests.support.api import NURSE_UNIT, OTHER_UNIT, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import House, open_house


class Door(Enum):
    """Where no right is asked for."""

    ANYONE = "who one is makes no difference"
    PERSON = "whoever is signed in"


Need = Door | Right
Table = dict[tuple[str, str], Need]

PAGES: dict[Need, str] = {
    Door.PERSON: """
        GET /profile            POST /profile/unit      GET /profile/sessions   POST /profile/sessions
        GET /profile/chats      POST /profile/chats     POST /profile/chats/end
        POST /profile/chats/renew
        GET /outage             GET /outage/forms/{role}                        GET /outage/forms/{role}/pdf
        GET /chat               POST /chat              GET /chat/stream
        GET /ova                GET /ova/intyg          GET /ova/intyg.pdf      POST /ova/glom
        POST /api/v1/chat/{conversation}/events         GET /api/v1/chat/{conversation}/events
    """,
    Right.RECEIVE: """
        GET /inbox              GET /inbox/all          POST /inbox/{message_id}/acknowledge
        POST /inbox/{message_id}/reply                  POST /inbox/{message_id}/forward
    """,
    Right.READ: """
        GET /inbox/mark         GET /inbox/stream       GET /inbox/{message_id}
        GET /inbox/{message_id}/reply                   GET /inbox/{message_id}/forward
        GET /inbox/{message_id}/supplement              POST /inbox/{message_id}/supplement
        GET /inbox/{message_id}/participants            POST /inbox/{message_id}/participants
        GET /sent/{message_id}
        GET /sent/{message_id}/supplement               POST /sent/{message_id}/supplement
        GET /sent/{message_id}/participants             POST /sent/{message_id}/participants
    """,
    Right.SEND: """
        GET /sent               POST /sent/{message_id}/marks
        POST /sent/{message_id}/reminder                POST /sent/{message_id}/closing
        GET /drafts/{draft_id}  POST /drafts/{draft_id} POST /drafts/{draft_id}/change
        POST /drafts/{draft_id}/handover
    """,
    Right.OUTAGE: """
        POST /outage/report     GET /outage/{outage_id} POST /outage/{outage_id}/ticks
        POST /outage/{outage_id}/patients               GET /outage/{outage_id}/patients/{patient_id}
        POST /outage/{outage_id}/patients/{patient_id}  POST /outage/{outage_id}/patients/{patient_id}/calls
        GET /outage/{outage_id}/patients/{patient_id}/form
        GET /outage/{outage_id}/patients/{patient_id}/form/pdf
        POST /outage/{outage_id}/sips                   GET /sips/{sip_id}      POST /sips/{sip_id}
        GET /calls              POST /calls             GET /calls/{call_id}
        POST /calls/{call_id}/card                      POST /calls/{call_id}/note
    """,
    Right.OUTAGE_ADMIN: """
        POST /outage/announce   POST /outage/{outage_id}/confirm                POST /outage/{outage_id}/end
        GET /outage/{outage_id}/summary                 GET /outage/{outage_id}/summary/csv
    """,
    Right.EXERCISE: """
        GET /exercises          POST /exercises         GET /exercises/new      GET /exercises/cases
        GET /exercises/scenarios                        POST /exercises/scenarios
        GET /exercises/scenarios/new                    POST /exercises/scenarios/yaml
        GET /exercises/scenarios/{scenario_id}          POST /exercises/scenarios/{scenario_id}
        GET /exercises/scenarios/{scenario_id}/preview  GET /exercises/scenarios/{scenario_id}/yaml
        POST /exercises/scenarios/{scenario_id}/change  GET /exercises/{exercise_id}
        POST /exercises/{exercise_id}/act               GET /exercises/{exercise_id}/end
        POST /exercises/{exercise_id}/unname            POST /exercises/{exercise_id}/forget
        GET /exercises/{exercise_id}/report             GET /exercises/{exercise_id}/report/csv
        GET /exercises/{exercise_id}/report/xlsx        GET /exercises/{exercise_id}/report/xapi
        GET /exercises/{exercise_id}/report/pdf
    """,
    Door.ANYONE: """
        GET /                   GET /api/docs           GET /api/openapi.json   GET /signed-out
        GET /ovning             GET /ovning/{code}      POST /ovning/{code}/join
        POST /ovning/{code}/back                        POST /ovning/{code}/vote
        GET /ovning/{code}/visa GET /ovning/{code}/mark GET /ovning/{code}/stream
        GET /sign-in            GET /sign-in/start      GET /sign-in/callback   GET /telegram/app
        POST /sign-in           POST /demo              POST /language          POST /telegram/session
        POST /sign-out
    """,
}
PART = re.compile(r"\{(\w+)\}")
CONVERTED = re.compile(r":\w+\}")
BODIES = {"/profile/unit": {"unit": NURSE_UNIT}}
WORDS = {**NOTHING, "unit_id": NURSE_UNIT}
"""What stands in addresses; elsewhere an id of nothing."""


def table() -> Table:
    """The pages, those that let anyone in last: one of them signs out."""
    words = {need: text.split() for need, text in PAGES.items()}
    lines = {line: need for need, found in words.items() for line in zip(found[::2], found[1::2], strict=True)}
    return {**{(page.method, page.path): page.right for page in ADMINISTRATION}, **lines}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path, hidden from the OpenAPI document or not. Files are files."""
    for route in app.router.routes:
        if not isinstance(route, Mount):
            for methods, path in _within(route):
                for method in methods - {"HEAD"}:
                    yield method, CONVERTED.sub("}", path)


def _within(route: BaseRoute) -> Iterator[tuple[set[str], str]]:
    if isinstance(route, Route):
        yield route.methods or set(), route.path
    else:
        assert isinstance(route, _IncludedRouter), route
        for one in route.effective_route_contexts():
            yield set(one.methods or ()), one.path


@pytest.fixture
async def house(
    templates: Templates, tmp_path: Path, fixed_clock: FixedClock, settings: Settings
) -> AsyncIterator[House]:
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        async with opened(url) as db, open_house(db, fixed_clock, settings) as made:
            yield made


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), base_url="http://lots.test")


class Browser:
    """Asks for a page and leaves at once, as also ends a stream. With the token that the forms of its own pages hold."""

    def __init__(self, house: House, session: str | None) -> None:
        self._house = house
        cookie, binding = (VISITOR_COOKIE, "a-visitor") if session is None else (SESSION_COOKIE, session)
        self._cookie = f"{cookie}={binding}"
        self._token = house.app.state.pages.csrf.token(binding)

    async def ask(self, method: str, path: str) -> tuple[int, str]:
        """The status, and where it leads."""
        actual = PART.sub(lambda part: WORDS.get(part[1], "x"), path)
        fields = {"csrf": self._token, **BODIES.get(path, {})}
        body = b"{}" if path.startswith("/api") else urlencode(fields).encode()
        kind = b"application/json" if path.startswith("/api") else b"application/x-www-form-urlencoded"
        headers = [(b"host", b"lots.test"), (b"cookie", self._cookie.encode()), (b"content-type", kind)]
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": actual,
            "raw_path": actual.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "server": ("lots.test", 80),
            "client": ("127.0.0.1", 1),
        }
        said: list[Message] = [{"type": "http.request", "body": body if method == "POST" else b""}]
        heard: list[Message] = []

        async def receive() -> Message:
            return said.pop() if said else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._house.app(scope, receive, send)
        leads = dict(heard[0]["headers"]).get(b"location", b"").decode()
        return heard[0]["status"], leads


@asynccontextmanager
async def signed_in(house: House, staff_id: str, *places: tuple[str, Role]) -> AsyncIterator[Browser]:
    """Someone with these roles, who works at the last place now."""
    for unit, role in places:
        house.clock.advance(timedelta(seconds=1))
        await employ(house.desk, staff_id, unit, role)
    yield Browser(house, await house.session(staff_id))


def is_turned_away(answer: tuple[int, str]) -> bool:
    return answer[0] in (401, 403) or answer[1].startswith("/sign-in")


async def test_every_route_of_the_house_has_a_line(house: House) -> None:
    found = list(routes_of(house.app))
    of_the_api = {(method, f"/api/v1{path}") for method, path in ROUTES.keys() | PUBLIC}
    assert len(found) == len(set(found))
    assert set(found) == table().keys() | of_the_api


async def test_every_page_lets_in_whom_the_table_says_and_nobody_else(house: House) -> None:
    stranger = Browser(house, None)
    outside = {line: await stranger.ask(*line) for line in table()}
    for line, need in table().items():
        assert need is Door.ANYONE or is_turned_away(outside[line]), (line, outside[line])
    for role in Role:
        async with signed_in(house, f"as-{role.replace('_', '-')}", (NURSE_UNIT, role)) as person:
            for line, need in table().items():
                answer = await person.ask(*line)
                where = (role, line, answer)
                assert answer[0] < 500 or need is Door.ANYONE, where
                if need is Door.ANYONE:
                    assert answer[0] == outside[line][0], where
                elif need is Door.PERSON or need in RIGHTS[role]:
                    assert not is_turned_away(answer), where
                else:
                    assert answer[0] == 403, where


async def test_a_right_at_another_unit_opens_no_page_of_the_unit_where_one_works(house: House) -> None:
    places = (
        (OTHER_UNIT, Role.UNIT_ADMINISTRATOR),
        (OTHER_UNIT, Role.SYSTEM_ADMINISTRATOR),
        (NURSE_UNIT, Role.AUDITOR),
    )
    for there in places[:2]:
        async with signed_in(house, "ella-hatt", there, places[2]) as person:
            for line, need in table().items():
                if need in AS_UNIT:
                    assert (await person.ask(*line))[0] == 403, (there, line)
