"""The door to the message API: what each answer becomes, and nothing personal in an address. The fake stands at the wire."""

import asyncio
import json
from collections.abc import Callable
from datetime import time

import httpx2
import pytest

from bot.events import CommandFailed, HandedOver, HandOverFailed, Outcome
from bot.findings import QueryFailed, UnitsFound
from bot.gateways.http import Credential, Door
from bot.gateways.message_api import HttpMessageApi
from bot.gateways.wire import Hours, WireUnit
from bot.ports import ApiDownError
from bot.requests import ConsentRecord, FindUnits, HandOver, MarkSent, MessageBody, PersonRef, SectionText, WhoAmI
from knowledge.directory import Weekday

SECRETS = ("191212121212", "Hemlig", "Kanarie")
ORDER = HandOver(
    MessageBody(
        "message",
        "halland-2024",
        "halland-a",
        ("halland-b",),
        "Hemligt ämne",
        (SectionText("Ärende", "Hemlig text"),),
        ConsentRecord("given", "oral"),
        PersonRef("personnummer", "191212121212", "Kanarie"),
    ),
    "key-1",
)
RECEIPT = {"id": "m1", "number": "L-1", "status": "received", "delivery": "built_in", "due_at": None, "new": "field"}
Answer = Callable[[httpx2.Request], httpx2.Response]


def api(answer: Answer, *, seconds: float = 5) -> HttpMessageApi:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://lots.test")
    return HttpMessageApi(Door(client, "bot-key", seconds=seconds))


async def hand_over(status: int, body: object) -> Outcome:
    return await api(lambda _: httpx2.Response(status, json=body)).carry_out("maja", ORDER)


@pytest.mark.parametrize("status", [200, 201])
async def test_a_handover_and_its_repeat_give_the_receipt(status: int) -> None:
    outcome = await hand_over(status, RECEIPT)
    assert isinstance(outcome, HandedOver)
    assert (outcome.idempotency_key, outcome.receipt.number) == ("key-1", "L-1")


@pytest.mark.parametrize("status", [400, 403, 409, 422])
async def test_a_refusal_keeps_its_code_and_its_sentence(status: int) -> None:
    outcome = await hand_over(status, {"code": "consent_required", "detail": "Fråga först.", "title": "Nej"})
    assert outcome == HandOverFailed("key-1", "consent_required", "Fråga först.")


async def test_a_refusal_that_is_no_problem_document_is_still_a_refusal() -> None:
    answer = api(lambda _: httpx2.Response(403, text="<html>"))
    assert await answer.carry_out("maja", ORDER) == HandOverFailed("key-1", "unknown")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_an_api_that_cannot_now_is_tried_again(status: int) -> None:
    with pytest.raises(ApiDownError):
        await hand_over(status, {})


async def test_an_answer_in_an_unknown_shape_is_tried_again() -> None:
    with pytest.raises(ApiDownError):
        await hand_over(201, {"something": "else"})


async def test_an_api_that_never_answers_is_down_after_a_while() -> None:
    async def never(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        return httpx2.Response(200)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(never), base_url="http://lots.test")
    slow = HttpMessageApi(Door(client, "bot-key", seconds=0.01))
    with pytest.raises(ApiDownError):
        await slow.carry_out("maja", ORDER)
    assert await slow.ask("maja", WhoAmI()) == QueryFailed("who_am_i", "unreachable")


async def test_nothing_personal_stands_in_an_address() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json=RECEIPT if request.method == "POST" else {"items": []})

    door = api(answer)
    await door.carry_out("maja", ORDER)
    await door.ask("maja", FindUnits("Ekliden 19121212-1212 eller 070-123 45 67", "halland"))
    for request in asked:
        assert not [secret for secret in (*SECRETS, "1212", "123 45") if secret in str(request.url)]
    assert "Ekliden" in str(asked[-1].url)
    assert json.loads(asked[0].content)["person"]["id"] == "191212121212"


async def test_every_call_names_the_person_and_the_bots_own_key() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(201, json=RECEIPT)

    await api(answer).carry_out("maja", ORDER)
    headers = asked[0].headers
    assert (headers["authorization"], headers["lots-on-behalf-of"]) == ("Bearer bot-key", "maja")
    assert headers["idempotency-key"] == "key-1"


async def test_a_sign_in_for_some_units_is_told_with_every_call_of_hers_and_with_no_other() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(503)

    door = api(answer)
    for units in (("unit-1", "unit-2"), None):
        await door.ask("maja", WhoAmI(), units)
        with pytest.raises(ApiDownError):
            await door.carry_out("maja", ORDER, units)
    assert [request.headers.get("lots-units") for request in asked] == ["unit-1 unit-2"] * 2 + [None] * 2


async def test_a_visitors_own_credential_is_passed_on_and_never_shown() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(401, json={"code": "not_signed_in"})

    door = api(answer)
    assert await door.who(Credential(bearer="secret-1")) is None
    assert await door.who(Credential(session="secret-2")) is None
    assert [(r.headers.get("authorization"), r.headers.get("cookie")) for r in asked] == [
        ("Bearer secret-1", None),
        (None, "lots_session=secret-2"),
    ]
    assert "secret" not in repr(Credential(bearer="secret-1", session="secret-2"))


@pytest.mark.parametrize("credential", [Credential(bearer="nyckelå"), Credential(session="kakaå")])
async def test_a_credential_that_cannot_stand_in_a_header_is_nobodys(credential: Credential) -> None:
    assert await api(lambda _: httpx2.Response(500)).who(credential) is None


async def test_a_mark_that_is_refused_says_which_message() -> None:
    door = api(lambda _: httpx2.Response(409, json={"code": "wrong_state", "detail": "Redan skickat."}))
    outcome = await door.carry_out("maja", MarkSent("m1"))
    assert outcome == CommandFailed("mark_sent", "wrong_state", "Redan skickat.", "m1")


async def test_units_come_with_their_hours() -> None:
    unit = {
        "id": "halland-x",
        "name": "Enheten",
        "type": "primary_care",
        "region": "halland",
        "opening_hours": [{"days": ["mon", "fri"], "opens": "08:00", "closes": "17:00"}],
        "opening_text": "måndag och fredag 8–17",
    }
    found = await api(lambda _: httpx2.Response(200, json={"items": [unit]})).ask("maja", FindUnits("x", None))
    assert isinstance(found, UnitsFound)
    assert [(row.days, row.opens) for row in found.units[0].hours] == [((0, 4), time(8))]


@pytest.mark.parametrize(
    ("opens", "closes", "rows"),
    [
        pytest.param(time(0), time(0), [((6,), time(0), time.max)], id="round the clock"),
        pytest.param(
            time(16), time(7), [((6,), time(16), time.max), ((0,), time(0), time(7))], id="over midnight into Monday"
        ),
    ],
)
def test_hours_past_midnight_are_rows_of_one_day_each(
    opens: time, closes: time, rows: list[tuple[tuple[int, ...], time, time]]
) -> None:
    hours = Hours(days=(Weekday.SUN,), opens=opens, closes=closes)
    assert [(row.days, row.opens, row.closes) for row in hours.rows()] == rows


def test_access_is_that_of_the_routine_that_holds() -> None:
    unit = WireUnit.model_validate(
        {"id": "a", "name": "A", "type": "primary_care", "region": "r", "no_access_in": ["halland-2021"]}
    )
    assert not unit.card("halland-2021").has_access
    assert unit.card("halland-2024").has_access
