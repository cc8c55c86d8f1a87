"""The main path through the real message API, on both databases: handed over once, whatever happens, and answered in the chat."""

from datetime import timedelta

import httpx2
import pytest

from tests.support.api import COPYING_NURSE, NURSE, RECEIVER
from tests.support.house import House

PATH = "/api/v1/chat/arende/events"
MATTER = "Till vårdcentralen: blodtrycket behöver följas upp. Hon bor hemma och det kan vänta."


class Chat:
    """A program that chats for a person: says and taps by label."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._count = 0
        self.choices: dict[str, str] = {}
        self.text = ""
        self.phase = ""

    async def send(self, message_id: str | None = None, **event: str) -> None:
        self._count += 1
        answer = await self._client.post(PATH, json={"message_id": message_id or f"m{self._count}", **event})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.phase = body["phase"]
        self.text = "\n".join(reply["text"] for reply in body["replies"])
        self.choices = {choice["label"]: choice["id"] for reply in body["replies"] for choice in reply["choices"]}

    async def tap(self, label: str, message_id: str | None = None) -> None:
        found = next(choice for shown, choice in self.choices.items() if shown.startswith(label))
        await self.send(message_id, choice=found)

    async def up_to_preview(self) -> None:
        await self.send(text=MATTER)
        if "Vårdcentral" in self.choices:
            await self.tap("Vårdcentral")
        await self.tap("Skriv utkast")
        await self.send(text="Oskarström")
        await self.tap("Ser bra ut")
        await self.tap("Ja, muntligt till mig")
        await self.send(text="19121212-1212")

    async def news(self) -> str:
        replies = (await self._client.get(PATH)).json()["replies"]
        return "\n".join(reply["text"] for reply in replies)


async def test_a_message_is_handed_over_answered_and_told(house_on_both: House) -> None:
    house = house_on_both
    async with house.browser(NURSE) as client:
        chat = Chat(client)
        await chat.up_to_preview()
        await chat.tap("Lämna över", "tap")
        assert chat.phase == "done"
        assert "inte i Lifecare SP" in chat.text
        first = chat.text
        await chat.send("tap", text="en gång till")
        assert chat.text == first
        inbox = await house.desk.inbox()
        assert len(inbox) == 1
        assert inbox[0]["person"] == {"id_type": "personnummer", "id": "191212121212", "name": None}
        answer = {"text": "Vi ringer henne.", "kind": "answer"}
        done = await house.desk.call("POST", f"/messages/{inbox[0]['id']}/answers", by=RECEIVER, body=answer, key="a")
        assert done.status_code == 201
        await house.bot.follower.follow_once()
        assert "Vi ringer henne." in await chat.news()


async def test_text_to_copy_is_followed_up_without_its_content(house_on_both: House) -> None:
    house = house_on_both
    async with house.browser(COPYING_NURSE) as client:
        chat = Chat(client)
        await chat.up_to_preview()
        await chat.tap("Lämna över")
        assert "Blodtrycket behöver följas upp" in chat.text
        await chat.tap("Jag har skickat i Lifecare SP")
        assert "9 mars" in await chat.news()
        assert "blodtrycket" not in (await chat.news()).casefold()
        sent = await house.desk.call("GET", "/units/halland-hemsjukvard-falkenberg/sent", by=COPYING_NURSE)
        assert [item["status"] for item in sent.json()["items"]] == ["sent"]


async def test_while_the_api_is_down_the_draft_is_kept_and_then_handed_over_once(house_on_both: House) -> None:
    house = house_on_both
    async with house.browser(NURSE) as client:
        chat = Chat(client)
        await chat.up_to_preview()
        house.switch.only = "/api/v1/messages"
        house.switch.pulled = True
        await chat.tap("Lämna över")
        assert chat.phase == "kept"
        assert await house.desk.inbox() == []
        for _ in range(3):
            house.clock.advance(timedelta(minutes=10))
            await house.bot.outbox.run_once()
        house.switch.pulled = False
        house.clock.advance(timedelta(minutes=10))
        await house.bot.outbox.run_once()
        await house.bot.outbox.run_once()
        assert len(await house.desk.inbox()) == 1
        assert (await chat.news()).count("L-2026-") == 1


async def test_an_answer_lost_on_the_way_back_does_not_send_twice(house_on_both: House) -> None:
    house = house_on_both
    async with house.browser(NURSE) as client:
        chat = Chat(client)
        await chat.up_to_preview()
        house.switch.only = "/api/v1/messages"
        house.switch.deaf = True
        await chat.tap("Lämna över")
        assert chat.phase == "kept"
        assert len(await house.desk.inbox()) == 1, "it came through, but nobody heard"
        house.switch.deaf = False
        house.clock.advance(timedelta(minutes=10))
        await house.bot.outbox.run_once()
        assert len(await house.desk.inbox()) == 1
        assert "L-2026-000001" in await chat.news()


async def test_a_key_of_lots_token_chats(house: House) -> None:
    key = await house.desk.token("halland-hemsjukvard-halmstad")
    async with house.browser(Authorization=f"Bearer {key}") as client:
        chat = Chat(client)
        await chat.up_to_preview()
        await chat.tap("Lämna över")
        assert chat.phase == "done"


async def test_nothing_that_is_said_reaches_the_log(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async with house.browser(NURSE) as client:
        chat = Chat(client)
        await chat.up_to_preview()
        await chat.tap("Lämna över")
    logged = "".join(capsys.readouterr())
    assert "text_said" in logged
    for secret in ("blodtryck", "19121212", "191212121212", "Oskarström", "Nissastrand", "Lämna"):
        assert secret not in logged
