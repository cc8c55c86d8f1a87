"""Who gets in by Telegram and who does not: codes, revocation, guests, groups, foreign webhook calls; and what may not stay."""

from collections.abc import AsyncIterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text as sql

from bot.clients.enrolments import Enrolled
from bot.events import Incoming, MessageEvent, MessageHappening
from bot.gateways.records import Owner
from common.clock import FixedClock
from common.settings import Settings
from tests.bot.clients.rig import SECRET, Rig, open_rig
from tests.support.api import NURSE, OTHER, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS
from tests.support.telegram.core import TOKEN
from tests.support.telegram.mini_app import init_data
from tests.support.telegram.server import SECRET_HEADER, Fault
from tests.support.telegram.wire import User

NUMBER = "19121212-1212"
USER = User(4711, "Maja")


@pytest.fixture
async def rig(templates: Templates, fixed_clock: FixedClock, tmp_path: Path) -> AsyncIterator[Rig]:
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS, telegram_token=SecretStr(TOKEN))
        async with opened(url) as db, open_rig(db, fixed_clock, settings, "webhook") as rig:
            yield rig


async def dump(rig: Rig) -> str:
    """Every row of every table, as it lies in the database."""
    async with rig.house.api.db.read() as session:
        tables = (await session.exec(sql("SELECT name FROM sqlite_master WHERE type = 'table'"))).all()  # type: ignore[call-overload]
        rows = [str((await session.exec(sql(f'SELECT * FROM "{name}"'))).all()) for (name,) in tables]  # type: ignore[call-overload] # noqa: S608
    return "\n".join(rows)


async def count(rig: Rig, table: str) -> int:
    async with rig.house.api.db.read() as session:
        found: int = (await session.exec(sql(f"SELECT count(*) FROM {table}"))).one()[0]  # type: ignore[call-overload] # noqa: S608
    return found


async def test_a_personal_number_leaves_no_trace(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    nurse = await rig.enrolled(NURSE)
    said = await rig.says(nurse, f"Ring om {NUMBER}, hon heter Kanarie Kvittersson")
    assert "Stopp" in said
    assert not any(NUMBER in message.text for message in nurse.chat.messages), "it is taken out of the chat"
    kept = await dump(rig) + "".join(capsys.readouterr())
    for trace in (NUMBER, "191212121212", "121212-1212", "Kvittersson", str(nurse.user.id)):
        assert trace not in kept


async def test_it_is_taken_away_also_when_telegram_stumbles(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    rig.faults.down = True
    nurse.says(f"Ring om {NUMBER}")
    await rig.settle()
    assert NUMBER in nurse.chat.messages[-1].text
    rig.faults.down = False
    rig.house.clock.advance(timedelta(minutes=1))
    await rig.house.bot.outbox.run_once()
    assert not any(NUMBER in message.text for message in nurse.chat.messages)
    assert NUMBER not in await dump(rig)


async def test_a_guessed_code_lets_nobody_in(rig: Rig) -> None:
    guest = rig.telegram.person(99)
    for guess in ("aaaaaaaa", "1234", await rig.code(NURSE) + "x"):
        assert "Koden gick inte att använda" in await rig.says(guest, f"/start {guess}")
    assert "Vill du få hjälp med ett ärende" in await rig.says(guest, "/start")


async def test_a_code_is_for_one_account(rig: Rig) -> None:
    code = await rig.code(NURSE)
    first, second = rig.telegram.person(1), rig.telegram.person(2)
    assert "Vad vill du förmedla" in await rig.says(first, f"/start {code}")
    assert "Koden gick inte att använda" in await rig.says(second, f"/start {code}")
    assert code not in first.chat.messages[0].text, "the code is taken out of the chat"


async def test_someone_unknown_asks_about_routines_and_nothing_else(rig: Rig) -> None:
    guest = rig.telegram.person(99)
    assert "vilken region" in (await rig.says(guest, "/start")).lower()
    await rig.taps(guest, "Region Halland")
    assert "Källa" in await rig.says(guest, "Får man bifoga filer i ett meddelande?")
    said = await rig.says(guest, "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta")
    assert "Skriv utkast" not in "".join(guest.labels), said
    assert "Ring 112" in await rig.says(guest, "Hon andas inte!")
    assert "Jag har inte sparat det" in await rig.says(guest, f"Gäller {NUMBER}")
    assert NUMBER not in await dump(rig)


async def test_someone_unknown_practises_and_nothing_is_kept(rig: Rig) -> None:
    guest = rig.telegram.person(99)
    assert "vilken region" in (await rig.says(guest, "/practice")).lower()
    await rig.taps(guest, "Region Halland")
    assert "Inget av det sparas" in await rig.says(guest, "öva")
    labels = [button.text for button in guest.shown[-1].buttons]
    assert not {"Mina framsteg", "Säg till när något ska repeteras"} & set(labels)
    told = await rig.taps(guest, "Öva på nästa")
    assert "Vad" in told or "Vilken" in told
    for _ in range(40):
        if "En till" in [button.text for button in guest.shown[-1].buttons]:
            break
        await rig.taps(guest, guest.shown[-1].buttons[0].text)
    assert "En till" in [button.text for button in guest.shown[-1].buttons], "to the end of a scenario"
    await rig.says(guest, f"Gäller {NUMBER}")
    assert [await count(rig, f"practice_{table}") for table in ("go", "card", "staff")] == [0, 0, 0]
    assert NUMBER not in await dump(rig)
    assert "Vad undrar du om rutinen" in await rig.says(guest, "sluta öva")
    assert "Vi övar inte just nu" in await rig.says(guest, "sluta öva")
    assert "Ring 112" in await rig.says(guest, "Hon andas inte!")


async def test_revoking_counts_at_once(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    message, button = nurse.button("Guida mig")
    async with rig.house.browser(NURSE) as browser:
        mine = (await browser.get("/api/v1/enrolments")).json()["items"]
        assert (await browser.delete(f"/api/v1/enrolments/{mine[0]['id']}")).status_code == 204
    assert "Vill du få hjälp med ett ärende" in await rig.says(nurse, "hej")
    nurse.sends_data(message, button.data or "")
    await rig.settle()
    assert "hör inte till det här samtalet" in nurse.text


async def test_revoking_signs_out_the_pages_that_were_opened_from_telegram(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    data = init_data(TOKEN, USER, int(rig.telegram.now()))
    async with rig.house.browser() as page, rig.house.browser(NURSE) as desk:
        assert (await page.post("/telegram/session", json={"init_data": data})).status_code == 200
        assert (await page.get("/api/v1/me")).status_code == 200
        mine = (await desk.get("/api/v1/enrolments")).json()["items"]
        assert (await desk.delete(f"/api/v1/enrolments/{mine[0]['id']}")).status_code == 204
        assert (await page.get("/api/v1/me")).status_code == 401
        assert (await desk.get("/api/v1/me")).status_code == 200, "the one at her desk goes on"


async def test_when_an_account_becomes_anothers_its_pages_are_signed_out(rig: Rig) -> None:
    await rig.enrolled(NURSE)
    async with rig.house.browser() as page:
        data = init_data(TOKEN, USER, int(rig.telegram.now()))
        assert (await page.post("/telegram/session", json={"init_data": data})).status_code == 200
        await rig.enrolled(OTHER)
        assert (await page.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("who", ["enrolled", "unknown"])
async def test_a_number_edited_into_an_old_message_is_taken_away(rig: Rig, who: str) -> None:
    person = await rig.enrolled(NURSE) if who == "enrolled" else rig.telegram.person(99)
    sent = person.says("Blodtrycket behöver följas upp")
    await rig.settle()
    person.edits(sent, "Blodtrycket behöver följas upp snart")
    await rig.settle()
    assert person.chat.message(sent.id) is not None
    before = len(person.shown)
    person.edits(sent, f"Blodtrycket behöver följas upp, {NUMBER}")
    await rig.settle()
    assert person.chat.message(sent.id) is None
    assert [message.text[:20] for message in person.shown[before:]] == ["Det du ändrade såg u"]
    assert NUMBER not in await dump(rig)


async def test_someone_whose_telegram_is_english_is_answered_in_english(rig: Rig) -> None:
    guest = rig.telegram.person(99, language="en")
    assert "Which region" in await rig.says(guest, "/start")
    await rig.taps(guest, "Region Halland")
    assert "None of it is saved" in await rig.says(guest, "/practice")
    guest.says("", "photo")
    await rig.settle()
    assert "I read only text" in guest.text
    assert "The code could not be used" in await rig.says(guest, "/start wrong")


async def test_a_repeat_is_marked_in_the_persons_language(rig: Rig) -> None:
    guest = rig.telegram.person(99, language="en")
    await rig.says(guest, "/start")
    await rig.taps(guest, "Region Halland")
    rig.faults.plan("sendMessage", Fault.RESET_AFTER)
    await rig.says(guest, "/start")
    rig.house.clock.advance(timedelta(seconds=31))
    await rig.settle()
    assert "Repeated, in case it was lost" in guest.text


async def test_another_person_on_the_same_account_begins_anew(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    await rig.says(nurse, "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta")
    other = await rig.enrolled(OTHER)
    assert other.chat is nurse.chat
    assert "Ekliden" in other.text


async def test_a_group_is_told_politely_that_lots_is_for_one(rig: Rig) -> None:
    person = rig.telegram.person(5)
    group = rig.telegram.group(-100, person)
    await rig.says(group, "/start")
    assert "en person i taget" in group.text


@pytest.mark.parametrize("kind", ["photo", "voice", "contact"])
async def test_what_may_show_a_patient_is_taken_away(rig: Rig, kind: str) -> None:
    nurse = await rig.enrolled(NURSE)
    sent = nurse.says("", kind)
    await rig.settle()
    assert nurse.chat.message(sent.id) is None
    assert "Jag läser bara text" in nurse.text


@pytest.mark.parametrize("secret", ["", "fel", SECRET[:-1], f"{SECRET}x"])
async def test_foreign_webhook_calls_are_refused(rig: Rig, secret: str) -> None:
    nurse = rig.telegram.person(7)
    nurse.says("/start")
    update = rig.telegram.pending[0].as_json()
    async with rig.house.browser() as caller:
        answer = await caller.post("/telegram/webhook", json=update, headers={SECRET_HEADER: secret})
    assert answer.status_code == 403
    assert nurse.shown == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"update_id": 1, "message": 7}', b"\xff"])
async def test_a_webhook_call_that_cannot_be_read_is_refused(rig: Rig, body: bytes) -> None:
    async with rig.house.browser() as caller:
        answer = await caller.post("/telegram/webhook", content=body, headers={SECRET_HEADER: SECRET})
    assert answer.status_code in (422, 503)


async def test_switching_between_polling_and_webhook_loses_nothing(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    nurse.says("hjälp")
    await rig.client.application.bot.delete_webhook()
    taken = await rig.client.poller.poll_once()
    assert taken == 1
    nurse.says("mina meddelanden")
    await rig.client.introduce()
    await rig.hook.deliver_all()
    assert "Du har inga" in nurse.shown[-1].text or "meddelanden" in nurse.shown[-1].text.lower()
    assert not rig.telegram.pending


async def test_an_update_is_brought_again_when_the_api_was_away(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    rig.house.switch.only, rig.house.switch.pulled = "/api/v1/enrolments", True
    nurse.says("hjälp")
    await rig.hook.deliver_all()
    assert rig.hook.statuses[-1] == 503
    rig.house.switch.pulled = False
    await rig.hook.deliver_all()
    assert not rig.telegram.pending


async def test_commands_are_told_in_swedish_and_english(rig: Rig) -> None:
    told = {
        language: {c["command"]: c["description"] for c in said} for language, said in rig.telegram.commands.items()
    }
    assert told[""]["messages"] == "Mina meddelanden"
    assert told["en"]["messages"] == "My messages"
    assert rig.telegram.menu == {"type": "commands"}


@pytest.mark.parametrize("where", ["Hon bor på Storgatan 12", "på Kyrkvägen 3 B, lgh 1102", "302 43 Halmstad"])
async def test_an_address_is_caught_too(rig: Rig, where: str) -> None:
    nurse = await rig.enrolled(NURSE)
    assert "Jag har inte sparat det" in await rig.says(nurse, f"Blodtrycket behöver följas upp. {where}")
    kept = await dump(rig)
    assert where not in kept


# ── quiet hours ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        pytest.param(("22:00", "06:30"), "2026-03-04T22:30:00Z", "2026-03-05T05:30:00Z", id="late in the evening"),
        pytest.param(("22:00", "06:30"), "2026-03-05T04:00:00Z", "2026-03-05T05:30:00Z", id="early in the morning"),
        pytest.param(("22:00", "06:30"), "2026-03-05T12:00:00Z", None, id="at noon"),
        pytest.param(("12:00", "13:00"), "2026-03-05T11:10:00Z", "2026-03-05T12:00:00Z", id="over lunch"),
        pytest.param((None, None), "2026-03-05T03:00:00Z", None, id="never"),
    ],
)
def test_news_wait_for_quiet_hours_to_end(hours: tuple[str, str], now: str, until: str | None) -> None:
    enrolled = Enrolled.model_validate({"staff_id": "x", "quiet_from": hours[0], "quiet_to": hours[1]})
    expected = None if until is None else datetime.fromisoformat(until)
    assert enrolled.quiet_until(datetime.fromisoformat(now)) == expected


async def test_news_come_in_the_morning_and_answers_at_once(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    async with rig.house.browser(NURSE) as browser:
        mine = (await browser.get("/api/v1/enrolments")).json()["items"][0]
        wanted = {"language": "sv", "quiet_from": "00:00", "quiet_to": "23:59"}
        assert (await browser.put(f"/api/v1/enrolments/{mine['id']}", json=wanted)).status_code == 200
    before = len(nurse.shown)
    name = rig.client.chats.name_of(nurse.user.id, NURSE)
    news = MessageEvent(MessageHappening.ACKNOWLEDGED, "m1", "L-2026-000009", "Vårdcentralen")
    await rig.house.bot.shell.tell(Incoming(name, "event:1", news), Owner("telegram", NURSE))
    await rig.client.sweep()
    await rig.client.sweep()
    assert len(nurse.shown) == before
    rig.house.clock.advance(timedelta(days=1))
    assert await rig.says(nurse, "hjälp")
    assert "L-2026-000009" in nurse.text
