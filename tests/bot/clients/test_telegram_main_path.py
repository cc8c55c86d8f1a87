"""The main path in Telegram, with the real client and the whole house: from the code to the receipt, polled and brought by webhook."""

from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.clock import FixedClock
from common.settings import Settings
from tests.bot.clients.rig import MODES, Rig, open_rig
from tests.support.api import NURSE, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS

MATTER = "Blodtrycket behöver följas upp hos vårdcentralen, det kan vänta"


@pytest.fixture(params=MODES)
async def rig(
    request: pytest.FixtureRequest, templates: Templates, fixed_clock: FixedClock, tmp_path: Path
) -> AsyncIterator[Rig]:
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS)
        async with opened(url) as db, open_rig(db, fixed_clock, settings, request.param) as rig:
            yield rig


async def test_from_the_code_to_the_secure_page(rig: Rig) -> None:
    nurse = await rig.enrolled(NURSE)
    assert "Skriv inte namn, personnummer eller adress" in nurse.text
    assert await rig.says(nurse, MATTER)
    if "Vårdcentral" in nurse.labels:
        await rig.taps(nurse, "Vårdcentral")
    await rig.taps(nurse, "Skriv utkast")
    said = await rig.says(nurse, "Oskarström")
    assert "säker sida" in said
    _, button = nurse.button("Öppna")
    assert button.web_app is not None
    assert button.web_app.startswith(f"{ADDRESS}/telegram/app?to=/drafts/")
