"""The chat page as a browser without scripts sees it: posts lead back to the page, nothing is lost, nothing acts twice."""

import asyncio

import httpx2
import pytest

from bot.clients.web.routes import events
from common.web.pages import SESSION_COOKIE
from tests.support.api import NURSE, OTHER, RECEIVER
from tests.support.house import House
from tests.support.pages import ChatHtml

MATTER = "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta"
AUDITOR = "ulla-sand"


async def look(client: httpx2.AsyncClient) -> ChatHtml:
    answer = await client.get("/chat")
    assert answer.status_code == 200
    return ChatHtml(answer.text)


async def write(client: httpx2.AsyncClient, page: ChatHtml, text: str) -> httpx2.Response:
    return await client.post("/chat", data={**page.box.fields, "text": text})


async def tap(client: httpx2.AsyncClient, page: ChatHtml, label: str) -> ChatHtml:
    answer = await client.post("/chat", data=page.form_with(label).press(label))
    assert answer.status_code == 200
    return ChatHtml(answer.text)


async def test_the_page_greets_and_offers_buttons_and_a_box(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        assert page.said[-1].choices
        assert page.box.action == "/chat"
        assert len((await look(client)).said) == len(page.said), "it greets once"


async def test_a_text_is_shown_as_ones_own_and_answered(house: House) -> None:
    async with house.browser(NURSE) as client:
        answer = await write(client, await look(client), MATTER)
        assert [step.status_code for step in answer.history] == [303]
        assert str(answer.url).endswith("/chat#senaste")
        page = ChatHtml(answer.text)
        own = [said for said in page.said if said.who == "me"]
        assert [said.paragraphs for said in own] == [[MATTER]]
        assert page.said[-1].who == "lots"
        assert "senaste" in page.ids


async def test_a_button_works_and_is_gone_when_it_has_been_used(house: House) -> None:
    async with house.browser(NURSE) as client:
        before = await look(client)
        label = before.said[-1].choices[0].label
        page = await tap(client, before, label)
        assert [said.rendered.text for said in page.said if said.who == "me"] == [label]
        assert not page.said[0].choices


async def test_the_same_form_posted_twice_acts_once(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        first = ChatHtml((await write(client, page, MATTER)).text)
        second = ChatHtml((await write(client, page, MATTER)).text)
        assert [said.rendered for said in second.said] == [said.rendered for said in first.said]


async def test_a_command_under_the_box_works(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await tap(client, await look(client), "Hjälp")
        assert page.said[-1].who == "lots"
        assert [said.rendered.text for said in page.said if said.who == "me"] == ["Hjälp"]


async def test_the_tabs_count_what_waits_in_the_inbox_and_the_name_stands_without_the_profession(house: House) -> None:
    await house.desk.handed_over()
    async with house.browser(RECEIVER) as client:
        for page in ("/chat", "/ova", "/profile"):
            shown = (await client.get(page)).text
            assert '<span class="count">1<' in shown, page
            assert '<span class="whoami__name">Johan Nyman</span>' in shown, page


async def test_an_auditor_may_ask_lots_but_is_shown_no_inbox(house: House) -> None:
    async with house.browser(AUDITOR) as client:
        for page in ("/chat", "/ova", "/profile", "/"):
            shown = (await client.get(page)).text
            assert 'href="/chat"' in shown, page
            assert 'href="/inbox"' not in shown, page
            assert 'href="/sent"' not in shown, page


async def test_a_number_is_kept_on_one_line_and_can_still_be_copied(house: House) -> None:
    async with house.browser(NURSE) as client:
        shown = (await write(client, await look(client), "L-2026-000123 <b> ring 035-18 00 00")).text
        assert (
            '<span class="unbroken">L-2026-000123</span> &lt;b&gt; ring <span class="unbroken">035-18 00 00</span>'
            in shown
        )


async def test_an_empty_text_is_answered_kindly(house: House) -> None:
    async with house.browser(NURSE) as client:
        before = await look(client)
        page = ChatHtml((await write(client, before, "  ")).text)
        assert len(page.said) > len(before.said)


async def test_what_people_write_stays_text_on_the_page(house: House) -> None:
    async with house.browser(NURSE) as client:
        answer = await write(client, await look(client), "<script>alert(1)</script> & 'så'")
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text


async def test_nothing_on_the_page_is_inline(house: House) -> None:
    async with house.browser(NURSE) as client:
        answer = await client.get("/chat")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


async def test_whoever_is_not_signed_in_is_led_to_the_door(house: House) -> None:
    async with house.browser() as client:
        answer = await client.get("/chat", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_each_person_has_a_conversation_of_her_own(house: House) -> None:
    async with house.browser(NURSE) as nurse, house.browser(OTHER) as other:
        await write(nurse, await look(nurse), MATTER)
        assert not [said for said in (await look(other)).said if said.who == "me"]


async def test_a_form_without_its_token_does_nothing_and_keeps_the_text(house: House) -> None:
    async with house.browser(NURSE) as client:
        before = await look(client)
        answer = await client.post("/chat", data={**before.box.fields, "csrf": "fel", "text": MATTER})
        assert answer.status_code == 403
        trouble = ChatHtml(answer.text)
        assert trouble.kept_text == MATTER
        assert len((await look(client)).said) == len(before.said)
        again = await client.post("/chat", data=trouble.form_with("Försök igen").press("Försök igen"))
        assert MATTER in [said.rendered.text for said in ChatHtml(again.text).said]


async def test_a_session_that_ended_keeps_the_text(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        client.cookies.set(SESSION_COOKIE, "gammal")
        answer = await write(client, page, MATTER)
        assert answer.status_code == 401
        assert ChatHtml(answer.text).kept_text == MATTER
        assert '<a href="/sign-in"' in answer.text


async def test_while_the_api_is_away_the_text_is_kept_and_sent_later_with_one_tap(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        house.switch.pulled = True
        answer = await write(client, page, MATTER)
        assert answer.status_code == 503
        trouble = ChatHtml(answer.text)
        assert (trouble.kept_text, bool(trouble.problem)) == (MATTER, True)
        house.switch.pulled = False
        again = await client.post("/chat", data=trouble.form_with("Försök igen").press("Försök igen"))
        assert MATTER in [said.rendered.text for said in ChatHtml(again.text).said]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"text": "x" * 20_001}, 413, id="a text too long"),
        pytest.param({"text": "x" * 300_000}, 413, id="a form too large"),
        pytest.param({"once": "", "text": "x"}, 400, id="no key"),
        pytest.param({"once": "x" * 65, "text": "x"}, 400, id="a key too long"),
        pytest.param({"command": "dans"}, 400, id="no such command"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(house: House, changes: dict[str, str], status: int) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        answer = await client.post("/chat", data={**page.box.fields, **changes})
        assert answer.status_code == status
        assert ChatHtml(answer.text).problem.endswith(".")


async def answered_message(house: House) -> None:
    """A message that the nurse sent from elsewhere, acknowledged by its recipient."""
    message_id = await house.desk.handed_over()
    answer = {"text": "Det gör vi.", "kind": "answer"}
    key = house.desk.new_key()
    done = await house.desk.call("POST", f"/messages/{message_id}/answers", by=RECEIVER, body=answer, key=key)
    assert done.status_code == 201


async def test_an_answer_to_a_message_comes_to_the_page_and_the_question_keeps_its_buttons(house: House) -> None:
    async with house.browser(NURSE) as client:
        before = await look(client)
        await answered_message(house)
        await house.bot.follower.follow_once()
        page = await look(client)
        assert "Det gör vi." in page.said[-1].rendered.text
        assert page.said[0].choices == before.said[0].choices


# ── live ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def stream(client: httpx2.AsyncClient, *, after: str = "", last: str = "") -> list[str]:
    """What a stream tells that the server ends at once, as when it is shutting down."""
    headers = {"last-event-id": last} if last else {}
    answer = await client.get("/chat/stream", params={"after": after}, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [line for line in answer.text.splitlines() if line.startswith(("id:", "data:"))]


async def test_the_stream_tells_numbers_only_and_goes_on_where_it_was(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = ChatHtml((await write(client, await look(client), MATTER)).text)
        newest = page.said[-1].number
        house.bot.shell.news.close()
        told = [f"id: {newest}", f"data: {newest} 0"]
        assert await stream(client, after="0") == told
        assert await stream(client, after=str(newest - 1)) == told
        assert await stream(client, last=str(newest), after="0") == []
        assert await stream(client, after="skräp") == told


async def test_the_stream_is_for_those_who_are_signed_in(house: House) -> None:
    async with house.browser() as client:
        assert (await client.get("/chat/stream")).status_code == 401


async def test_a_waiting_stream_is_woken_by_a_new_line(house: House) -> None:
    async with house.browser(NURSE) as client:
        page = await look(client)
        lines = events(Connected(), house.bot.shell, f"web:{NURSE}", page.said[-1].number)
        assert await anext(lines) == "retry: 2000\n\n"
        assert await anext(lines) == ":\n\n"
        waiting = asyncio.ensure_future(anext(lines))
        await write(client, page, MATTER)
        assert (await asyncio.wait_for(waiting, 10)).startswith("id: ")
        await lines.aclose()


class Connected:
    """A request whose browser is still there."""

    async def is_disconnected(self) -> bool:
        return False
