"""A vårdbegäran lives on: both sides fill in more and take in more units."""

import pytest
from sqlmodel import update

from api.messages.tables import MessageRow
from tests.api.pages.conftest import OpenBrowser
from tests.support.api import VGR_NURSE, VGR_RECEIVER, Desk

THIRD_UNIT = "vastra-gotaland-specialist-medicin"


@pytest.mark.parametrize(("staff_id", "back"), [(VGR_NURSE, "/sent"), (VGR_RECEIVER, "/inbox")])
async def test_either_side_fills_in_more_once(desk: Desk, browse: OpenBrowser, staff_id: str, back: str) -> None:
    message = await desk.vgr_handed_over()
    address = f"{back}/{message}"
    async with browse(staff_id) as someone:
        assert "Fyll på" in (await someone.get(address)).text
        form = await someone.get(f"{address}/supplement")
        filled = {"heading": "Funktion", "text": "Går med rollator."}
        await someone.send(form, f"{address}/supplement", filled)
        page = await someone.send(form, f"{address}/supplement", filled)

    assert page.text.count("Går med rollator.") == 1
    assert "Funktion" in page.text
    assert "fyllde på" in page.text


async def test_an_empty_supplement_is_asked_for_again(desk: Desk, browse: OpenBrowser) -> None:
    address = f"/sent/{await desk.vgr_handed_over()}/supplement"
    async with browse(VGR_NURSE) as hanna:
        page = await hanna.post(address, {"heading": "a" * 201, "text": ""}, expect=422)

    assert "Skriv något innan du fyller på." in page.text
    assert "Det blev för långt" in page.text


async def test_one_more_unit_is_taken_in(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.vgr_handed_over()
    address = f"/inbox/{message}/participants"
    async with browse(VGR_RECEIVER) as daniel, browse("elin-forsell") as elin:
        assert (await elin.get(f"/inbox/{message}")).status_code == 404
        page = await daniel.post(address, {"unit": THIRD_UNIT}, at=f"{address}?query=medicin")
        assert "Enheten är med nu." in page.text
        assert (await elin.get(f"/inbox/{message}")).status_code == 200


@pytest.mark.parametrize("unit", ["", "no-such-unit"])
async def test_a_unit_that_cannot_be_taken_in_is_asked_for_again(desk: Desk, browse: OpenBrowser, unit: str) -> None:
    address = f"/inbox/{await desk.vgr_handed_over()}/participants"
    async with browse(VGR_RECEIVER) as daniel:
        page = await daniel.post(address, {"unit": unit}, at=f"{address}?query=medicin", expect=422)

    assert "Det här behöver rättas" in page.text


async def test_a_message_that_does_not_live_on_offers_none_of_it(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse("maja-lindqvist") as maja:
        assert "Fyll på" not in (await maja.get(f"/sent/{message}")).text
        await maja.post(f"/sent/{message}/supplement", {"text": "Mer."}, expect=409)


async def test_who_passed_it_on_is_not_offered_to_fill_in(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.vgr_handed_over()
    forwarding = {"recipient_unit": "vastra-gotaland-vc-humlevinden", "reason": "Hon är listad där"}
    await desk.call("POST", f"/messages/{message}/forwardings", by=VGR_RECEIVER, body=forwarding)
    async with browse(VGR_RECEIVER) as daniel:
        assert "Fyll på" not in (await daniel.get(f"/inbox/{message}")).text


async def test_an_erased_message_is_read_and_offers_nothing_to_write(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.vgr_handed_over()
    await desk.call("POST", f"/messages/{message}/answers", by=VGR_RECEIVER, body={"text": "Ja"})
    async with desk.api.db.write() as session:
        await session.exec(update(MessageRow).values(content=None, person=None, person_hash=None))
    async with browse(VGR_RECEIVER) as daniel:
        page = (await daniel.get(f"/inbox/{message}")).text
    assert "Fyll på" not in page
    assert f"/inbox/{message}/reply" not in page


async def test_a_stranger_fills_in_nothing(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.vgr_handed_over()
    async with browse("maja-lindqvist") as maja:
        for back in ("/inbox", "/sent"):
            for page in ("supplement", "participants"):
                assert (await maja.get(f"{back}/{message}/{page}")).status_code == 404
