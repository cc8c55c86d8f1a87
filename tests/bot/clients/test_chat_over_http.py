"""The chat over HTTP against the real message API: keys and sessions, repeats, limits, problem details."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import update
from sqlmodel import col

from api.staff.tables import StaffRow
from tests.support.api import NURSE, NURSE_UNIT, OTHER
from tests.support.house import House

PATH = "/api/v1/chat/samtal-1/events"


@pytest.fixture
async def nurse(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    key = await house.person_key(NURSE)
    async with house.browser(Authorization=f"Bearer {key}") as client:
        yield client


async def send(client: httpx2.AsyncClient, message_id: str, path: str = PATH, **event: str) -> httpx2.Response:
    return await client.post(path, json={"message_id": message_id, **event})


async def test_start_answers_with_replies_choices_and_a_phase(nurse: httpx2.AsyncClient) -> None:
    answer = await send(nurse, "a", command="start")
    assert answer.status_code == 200
    body = answer.json()
    assert body["phase"] == "matter"
    assert body["replies"][-1]["text"]
    assert {"id", "label", "weight"} == set(body["replies"][-1]["choices"][0])


async def test_the_same_message_id_gives_the_same_answer(nurse: httpx2.AsyncClient) -> None:
    first = await send(nurse, "a", command="start")
    assert (await send(nurse, "a", text="något annat")).json() == first.json()


async def test_a_choice_and_a_text_are_answered(nurse: httpx2.AsyncClient) -> None:
    started = (await send(nurse, "a", command="start")).json()
    picked = await send(nurse, "b", choice=started["replies"][-1]["choices"][0]["id"])
    assert picked.json()["replies"]
    told = await send(nurse, "c", text="Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta")
    assert told.json()["replies"]


async def test_later_replies_can_be_read_on_from_a_place(nurse: httpx2.AsyncClient) -> None:
    started = (await send(nurse, "a", command="start")).json()
    everything = (await nurse.get(PATH)).json()["replies"]
    assert everything == started["replies"]
    assert (await nurse.get(PATH, params={"after": everything[-1]["id"]})).json()["replies"] == []


async def test_a_session_cookie_is_enough(house: House) -> None:
    async with house.browser(NURSE) as client:
        assert (await send(client, "a", command="start")).status_code == 200


async def test_nobody_unknown_chats(house: House) -> None:
    async with house.browser() as stranger, house.browser(Authorization="Bearer fel") as forger:
        for answer in (await send(stranger, "a", command="start"), await send(forger, "a", command="start")):
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "not_signed_in"


async def test_a_wrong_key_is_not_helped_by_a_good_cookie(house: House) -> None:
    async with house.browser(NURSE, Authorization="Bearer fel") as client:
        assert (await send(client, "a", command="start")).status_code == 401


async def test_someone_elses_conversation_does_not_exist(house: House, nurse: httpx2.AsyncClient) -> None:
    await send(nurse, "a", command="start")
    async with house.browser(OTHER) as other:
        for answer in (await send(other, "b", text="hej"), await other.get(PATH)):
            assert (answer.status_code, answer.json()["code"]) == (404, "conversation_unknown")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 422, "validation_error", id="empty body"),
        pytest.param(b"{", 422, "validation_error", id="broken JSON"),
        pytest.param(b'{"message_id":"a"}', 422, "validation_error", id="no event"),
        pytest.param(b'{"message_id":"a","text":"x","choice":"1"}', 422, "validation_error", id="two events"),
        pytest.param(b'{"message_id":"a","command":"dans"}', 422, "validation_error", id="unknown command"),
        pytest.param(b'{"message_id":"a b","text":"x"}', 422, "validation_error", id="message id with a blank"),
        pytest.param(b'{"message_id":"","text":"x"}', 422, "validation_error", id="empty message id"),
        pytest.param(b'{"message_id":"a","text":"\\ud800"}', 422, "validation_error", id="half a character"),
        pytest.param(b'{"message_id":"a","text":"' + b"x" * 20_001 + b'"}', 413, "body_too_large", id="long text"),
        pytest.param(b'{"message_id":"a","text":"' + b"x" * 300_000 + b'"}', 413, "body_too_large", id="large body"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(
    nurse: httpx2.AsyncClient, body: bytes, status: int, code: str
) -> None:
    answer = await nurse.post(PATH, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("   \n ", id="blank"),
        pytest.param("å" * 10_000, id="ten thousand characters"),
        pytest.param("🙂🙃🙂", id="emoji"),
        pytest.param("Please renew the prescription", id="English"),
        pytest.param("مرحبا بالعالم", id="right to left"),
        pytest.param("a\x00b", id="a null"),
        pytest.param("2.1", id="an old button's number"),
    ],
)
async def test_any_text_gets_an_answer(nurse: httpx2.AsyncClient, text: str) -> None:
    answer = await send(nurse, "a", text=text)
    assert answer.status_code == 200, answer.text
    assert any(reply["text"] for reply in answer.json()["replies"])


async def test_a_form_from_another_site_cannot_write_in_the_name_of_a_cookie(house: House) -> None:
    async with house.browser(NURSE) as client:
        answer = await client.post(
            PATH, content=b'{"message_id":"a","text":"x"}', headers={"content-type": "text/plain"}
        )
        assert answer.status_code == 422


@pytest.mark.parametrize("name", ["samtal%201", "x" * 65, "å"])
async def test_a_name_that_cannot_be_a_conversation_is_unknown(nurse: httpx2.AsyncClient, name: str) -> None:
    answer = await send(nurse, "a", path=f"/api/v1/chat/{name}/events", text="hej")
    assert answer.status_code == 404


async def test_while_the_api_cannot_tell_who_it_is_the_answer_says_wait(
    house: House, nurse: httpx2.AsyncClient
) -> None:
    house.switch.pulled = True
    answer = await send(nurse, "a", text="hej")
    assert (answer.status_code, answer.json()["code"]) == (503, "api_unreachable")
    assert answer.headers["retry-after"]
    house.switch.pulled = False
    assert (await send(nurse, "a", text="hej")).status_code == 200


async def test_the_chat_is_in_the_description_of_the_api(house: House, nurse: httpx2.AsyncClient) -> None:
    described = (await nurse.get("/api/openapi.json")).json()["paths"]
    assert "/api/v1/chat/{conversation}/events" in described


async def test_the_profile_is_the_persons_own(nurse: httpx2.AsyncClient) -> None:
    shown = (await send(nurse, "a", command="profile")).json()
    me = (await nurse.get("/api/v1/me")).json()
    assert me["unit"]["id"] == NURSE_UNIT
    assert me["unit"]["name"] in "\n".join(reply["text"] for reply in shown["replies"])


async def test_the_conversation_is_in_the_language_the_person_has_chosen(house: House) -> None:
    async with house.browser(NURSE) as client:
        assert "Vad vill du förmedla?" in (await send(client, "a", command="start")).text
        async with house.api.db.write() as session:
            await session.exec(update(StaffRow).where(col(StaffRow.id) == NURSE).values(language="en"))

        english = (await send(client, "b", command="help")).text
        assert "Tell me what you want to pass on" in english
        assert (await send(client, "c", text="start over")).json()["phase"] == "matter"
        told = (await send(client, "d", text="Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta")).text
        assert "Who is to receive it?" in told or "Write a draft" in told
