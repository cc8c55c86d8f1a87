"""Practice through the whole house: kept, announced, shown on its page; and nothing of it reaches the message API."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
from sqlmodel import select

from api.messages.tables import MessageRow
from bot.gateways.message_api import NOT_FOR_THE_API
from bot.practice.queue import LEVELS
from bot.requests import AnnouncePractice, MyPractice, PracticeAnswer, RecordPractice
from knowledge.scenario import Kind
from tests.support.api import NURSE, OTHER
from tests.support.house import House
from tests.support.pages import ChatHtml

PACK = "halland-2024"


class Chat:
    """One person's chat over HTTP, and what the house's own API was called for meanwhile."""

    def __init__(self, house: House, client: httpx2.AsyncClient) -> None:
        self._house = house
        self._client = client
        self._count = 0

    async def say(self, text: str) -> str:
        return await self._send(text=text)

    async def tap(self, label: str) -> str:
        fitting = [choice for words, choice in self.choices.items() if words.startswith(label)]
        assert len(fitting) == 1, (label, list(self.choices))
        return await self._send(choice=fitting[0])

    async def _send(self, **event: str) -> str:
        self._count += 1
        answer = await self._client.post(
            "/api/v1/chat/practice/events", json={"message_id": f"m-{self._count}", **event}
        )
        assert answer.status_code == 200, answer.text
        replies = answer.json()["replies"]
        self.phase: str = answer.json()["phase"]
        found = {choice["label"]: choice["id"] for reply in replies for choice in reply["choices"]}
        if found:
            self.choices: dict[str, str] = found
        return "\n".join(reply["text"] for reply in replies)


@asynccontextmanager
async def chatting(house: House, staff_id: str = NURSE) -> AsyncIterator[Chat]:
    key = await house.person_key(staff_id)
    async with house.browser(None, authorization=f"Bearer {key}") as client:
        yield Chat(house, client)


@pytest.fixture
def calls(house: House) -> list[tuple[str, str]]:
    """Every call that the bot makes to the message API, from here on."""
    found: list[tuple[str, str]] = []

    class Seen(httpx2.AsyncBaseTransport):
        def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            found.append((request.method, request.url.path))
            return await self._inner.handle_async_request(request)

    door = house.bot.api._door
    door._client._transport = Seen(door._client._transport)
    return found


async def messages(house: House) -> int:
    async with house.api.db.read() as session:
        return len((await session.exec(select(MessageRow))).all())


async def finish_one(chat: Chat) -> None:
    """Whatever the scenario asks, until it is over."""
    for _ in range(20):
        if "En till" in chat.choices:
            return
        if "Vidare" in chat.choices:
            await chat.tap("Vidare")
        elif "Jag är klar med texten" in chat.choices:
            await chat.tap("Jag är klar med texten")
        else:
            said = await chat.say("1")
            if "Vidare" not in chat.choices and "välja ett" not in said:
                await chat.say("Ärende: Prover. Fråga eller önskemål: Kan ni boka en tid? Kontakt: ssk")
    raise AssertionError("the scenario never ended")


async def test_nothing_that_is_done_in_practice_reaches_the_message_api(
    house: House, calls: list[tuple[str, str]]
) -> None:
    before = await messages(house)
    async with chatting(house) as chat:
        await chat.say("öva")
        for _ in range(3):
            await chat.tap("Öva på nästa")
            await finish_one(chat)
            for words in ("skicka", "lämna över", "ring mottagaren", "mina meddelanden nu"):
                await chat.say(words)
        await chat.tap("Säg till")
        await chat.tap("Mina framsteg")
        assert chat.phase == "practice"
    assert {path for _, path in calls} <= {"/api/v1/me"}
    assert {method for method, _ in calls} <= {"GET"}
    assert await messages(house) == before
    api, answers = house.bot.api, (PracticeAnswer(0, "channel", "phone", "C2", "1", right=True),)
    for command in (RecordPractice("go", PACK, "h24-sova-gott", answers), AnnouncePractice("api:x", on=True)):
        outcome = await api.carry_out(NURSE, command)
        assert getattr(outcome, "code", "") == NOT_FOR_THE_API, "even if the door itself were asked"
    assert getattr(await api.ask(NURSE, MyPractice(PACK)), "code", "") == NOT_FOR_THE_API


async def test_what_was_wrong_comes_again_and_is_announced_where_she_asked_for_it_and_no_longer(house: House) -> None:
    async with chatting(house) as chat:
        await chat.say("öva")
        await chat.tap("Säg till")
        await chat.tap("Öva på nästa")
        await chat.say("jag ringer")
        await chat.tap("Vidare")
        await finish_one(chat)
        said = await chat.tap("Till övningsmenyn")
        assert "Att repetera: 0" in said
        assert "Öva på det jag har fel på (1)" in chat.choices
        house.clock.advance(timedelta(days=2))
        assert await house.bot.outbox.run_once() == 1
        lines = await house.bot.shell.store.lines("api:practice")
        assert "Du har 1 att repetera i dag" in lines[-1].said.text
        await chat.say("sluta öva")
        assert "Att repetera: 1" in await chat.say("öva")
        await chat.tap("Öva på det jag har fel på")
        await finish_one(chat)
    await house.bot.practice.store.announce(NURSE, "api:practice", on=False)
    before = await house.bot.shell.store.newest("api:practice")
    house.clock.advance(timedelta(days=9))
    assert await house.bot.outbox.run_once() == 1
    assert await house.bot.shell.store.newest("api:practice") == before, "she has changed her mind"


# ── the page ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def all_right(house: House, staff_id: str = NURSE) -> None:
    """Every scenario of the pack gone through without a mistake."""
    store, scenarios = house.bot.practice.store, house.bot.practice.knowledge.scenarios.of(PACK)
    for scenario in sorted(scenarios, key=lambda one: LEVELS.index(one.level)):
        answers = tuple(
            PracticeAnswer(number, "channel", step.answer.channel or "", step.answer.rule or "", "1", right=True)
            for number, step in enumerate(scenario.steps)
            if step.question is Kind.CHANNEL and step.answer is not None
        )
        await store.record(staff_id, RecordPractice(scenario.id, PACK, scenario.id, answers))


async def test_the_page_goes_from_empty_by_progress_to_a_certificate_and_back_to_nothing(house: House) -> None:
    async with house.browser(NURSE) as client:
        await _empty(client)
        await _some(house, client)
        await all_right(house)
        await _certificate(client)
        await _forgotten(client)


async def _empty(client: httpx2.AsyncClient) -> None:
    page = await client.get("/ova")
    assert page.status_code == 200
    assert "Här är det tomt än så länge" in page.text
    fields = dict(re.findall(r'name="(csrf|once|command)" value="([^"]+)"', page.text))
    assert fields["command"] == "practice"
    chat = ChatHtml((await client.post("/chat", data=fields)).text)
    assert any("Nu övar vi" in line for line in chat.said[-1].paragraphs), "it leads to practice in the chat"
    for address in (f"/ova/intyg?rutin={PACK}", f"/ova/intyg.pdf?rutin={PACK}", "/ova/intyg?rutin=none"):
        answer = await client.get(address)
        assert (str(answer.url).rpartition("/")[2], answer.status_code) == ("ova", 200), "not earned yet"


async def _some(house: House, client: httpx2.AsyncClient) -> None:
    wrong = PracticeAnswer(0, "channel", "sip", "K1", "2", right=False)
    right = PracticeAnswer(1, "channel", "phone", "C2", "1", right=True)
    await house.bot.practice.store.record(NURSE, RecordPractice("g", PACK, "h24-kallar-till-sip", (wrong, right)))
    page = (await client.get("/ova")).text
    assert page.index("Samordnad individuell plan") < page.index('<th scope="row">Telefon</th>'), "the weakest first"
    assert "0 av 1" in page
    assert 'role="img" aria-labelledby="bild-namn bild-ord"' in page
    assert page.count('class="over-time__right"') == 12
    assert "Visa som tabell" in page
    assert "style=" not in page
    async with house.browser(OTHER) as other:
        assert "Här är det tomt" in (await other.get("/ova")).text, "it is hers alone"


async def _certificate(client: httpx2.AsyncClient) -> None:
    assert "Visa intyget" in (await client.get("/ova")).text
    shown = (await client.get(f"/ova/intyg?rutin={PACK}")).text
    assert "version 2024-02-02" in shown
    assert re.search(r"Uppnått \d{4}-\d\d-\d\d", shown), "dated, for a paper is read another day"
    made = await client.get(f"/ova/intyg.pdf?rutin={PACK}")
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-")


async def _forgotten(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/ova/glom", data={"csrf": "wrong"})).status_code == 403
    token = re.findall(r'name="csrf" value="([^"]+)"', (await client.get("/ova")).text)[0]
    after = await client.post("/ova/glom", data={"csrf": token})
    assert "Din övningshistorik är borttagen" in after.text
    assert "Här är det tomt" in after.text


async def test_who_is_not_signed_in_is_led_to_sign_in_and_a_house_out_of_reach_is_said_to_be(house: House) -> None:
    async with house.browser() as client:
        answer = await client.get("/ova", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    async with house.browser(NURSE) as client:
        house.switch.pulled = True
        answer = await client.get("/ova")
    assert answer.status_code == 503
    assert "Försök igen" in answer.text
