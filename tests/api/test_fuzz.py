"""Bodies nobody would write: every one is answered with a problem or handed over whole, never with a crash."""

import copy
import random
from collections.abc import Iterator

import pytest

from tests.support.api import RECEIVER, Desk, Json, order

ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "😀" * 50,
    "a" * 30_000,
    "2026-02-30",
    "../../etc/passwd",
    "'; DROP TABLE message; --",
    "{{7*7}}",
    [],
    [[]],
    ["a"] * 200,
    {},
    {"a": {"b": {"c": []}}},
    {"state": "given"},
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00",
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body that something else could stand."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in items:
        yield from places(held, (*path, name))


def changed(body: Json, path: tuple[str | int, ...], odd: object) -> Json:
    made = copy.deepcopy(body)
    at: object = made
    for step in path[:-1]:
        at = at[step]  # type: ignore[index]
    at[path[-1]] = odd  # type: ignore[index]
    return made


def bodies(number: int) -> Iterator[Json]:
    chance = random.Random(1912)  # noqa: S311 - the same bodies each time
    spots = list(places(order(in_response_to="x", exercise=False)))
    for _ in range(number):
        body = order(exercise=False)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            path = chance.choice(spots)
            try:
                body = changed(body, path, chance.choice(ODD))
            except (KeyError, IndexError, TypeError):
                continue
        yield body


async def test_no_odd_body_makes_a_crash(local_desk: Desk) -> None:
    statuses = {}
    for body in bodies(400):
        response = await local_desk.post_message(body)
        statuses[response.status_code] = response.status_code
        assert response.status_code in (201, 403, 422), (response.status_code, body)
        assert ("code" in response.json()) == (response.status_code != 201)
    assert {201, 422} <= statuses.keys()
    await local_desk.inbox()


@pytest.mark.parametrize(
    "deed", ["answers", "forwardings", "supplements", "participants", "follow_up", "acknowledgement"]
)
async def test_no_odd_deed_makes_a_crash(local_desk: Desk, deed: str) -> None:
    message_id = await local_desk.handed_over()
    for odd in ODD:
        for body in (
            odd,
            {"text": odd},
            {"recipient_unit": odd, "reason": odd},
            {"unit": odd},
            {"state": odd, "kind": odd},
        ):
            response = await local_desk.call("POST", f"/messages/{message_id}/{deed}", by=RECEIVER, body=body)
            assert response.status_code < 500, (deed, body)


@pytest.mark.parametrize("odd", ["%00", "..%2f..", "%F0%9F%98%80", "a" * 300, "%", "%ff", "-", "'", "%0d%0aX-A:%20b"])
async def test_no_odd_address_makes_a_crash(local_desk: Desk, odd: str) -> None:
    for path in (f"/messages/{odd}", f"/units/{odd}", f"/units/{odd}/inbox", f"/drafts/{odd}", f"/units?query={odd}"):
        response = await local_desk.call("GET", path)
        assert response.status_code in (200, 403, 404, 422), (path, response.status_code)


async def test_no_odd_question_to_the_routine_makes_a_crash(local_desk: Desk) -> None:
    question = {
        "id": "1",
        "pack": "halland-2024",
        "sender": "municipal_health",
        "text": "Blodtryck",
        "facts": {"urgent": True},
    }
    for path in places(question):
        for odd in ODD:
            response = await local_desk.call("POST", "/decisions", body=changed(question, path, odd))
            assert response.status_code in (200, 422), (path, odd)
