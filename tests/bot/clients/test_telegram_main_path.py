"""The main path in Telegram, with the real client and the whole house: from the code to the receipt, polled and brought by webhook."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from common.clock import FixedClock
from common.settings import Settings
from tests.bot.clients.rig import MODES, Rig, open_rig
from tests.support.api import NURSE, RECEIVER, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS
from tests.support.telegram.core import TOKEN
from tests.support.telegram.mini_app import init_data
from tests.support.telegram.people import Person

MATTER = "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta"
PERSON = {"person_id": "19121212-1212", "consent": "given", "basis": "oral", "obtained_by": "distriktssköterska"}


@pytest.fixture(params=MODES)
async def rig(
    request: pytest.FixtureRequest, templates: Templates, fixed_clock: FixedClock, tmp_path: Path
) -> AsyncIterator[Rig]:
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS, telegram_token=SecretStr(TOKEN))
        async with opened(url) as db, open_rig(db, fixed_clock, settings, request.param) as rig:
            yield rig


async def test_from_the_code_to_the_answer(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    assert "Skriv inte namn, personnummer eller adress" in nurse.text
    path = await up_to_the_secure_page(rig, nurse)
    async with opened_inside(rig, nurse) as page:
        await hand_over(page, path)
    await follow(rig)
    assert "L-2026-000001" in nurse.text
    assert "Svar ska komma senast måndag 9 mars" in nurse.shown[-1].text

    inbox = await rig.house.desk.inbox()
    assert len(inbox) == 1
    answer = {"text": "Vi ringer henne.", "kind": "answer"}
    await rig.house.desk.call("POST", f"/messages/{inbox[0]['id']}/answers", by=RECEIVER, body=answer, key="a")
    await follow(rig)
    assert "har svarat på L-2026-000001" in nurse.shown[-1].text
    assert "ringer" not in nurse.text, "what was answered is not for Telegram"
    assert "191212" not in nurse.text


async def up_to_the_secure_page(rig: Rig, nurse: Person) -> str:
    assert await rig.says(nurse, MATTER)
    if "Vårdcentral" in nurse.labels:
        await rig.taps(nurse, "Vårdcentral")
    await rig.taps(nurse, "Skriv utkast")
    said = await rig.says(nurse, "Oskarström")
    assert "säker sida" in said
    _, button = nurse.button("Öppna")
    assert button.web_app is not None
    path = button.web_app.removeprefix(f"{ADDRESS}/telegram/app?to=")
    assert path.startswith("/drafts/")
    return path


@asynccontextmanager
async def opened_inside(rig: Rig, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that Telegram has opened: signed in by what Telegram says of her."""
    data = init_data(rig.telegram.token, person.user, int(rig.telegram.now()))
    async with rig.house.browser() as page:
        answer = await page.post("/telegram/session", json={"init_data": data, "to": "/drafts/x"})
        assert (answer.status_code, answer.json()) == (200, {"to": "/drafts/x"})
        yield page


async def hand_over(page: httpx2.AsyncClient, path: str) -> None:
    sheet = await page.get(path)
    boxes = re.findall(r'<textarea id="section-(\d+)"', sheet.text)
    fields = {f"section-{number}": "Blodtrycket behöver följas upp." for number in boxes}
    filled = {**PERSON, **fields, "subject": "Uppföljning", "csrf": csrf(sheet.text)}
    preview = await page.post(path, data=filled)
    assert "Så här skickas det" in preview.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview.text))
    receipt = await page.post(f"{path}/handover", data=hidden)
    assert "Överlämnat" in receipt.text or "Ligger i Lots inkorg" in receipt.text


def csrf(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found.group(1)


async def follow(rig: Rig) -> None:
    """What happened to messages is read and told."""
    while await rig.house.bot.follower.follow_once():
        pass
    await rig.client.sweep()
