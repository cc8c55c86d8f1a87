"""Two who write in the same place in an outage: neither erases what the other wrote, and neither loses her own words."""

import pytest

from api.errors import NotesChanged
from api.outage import calls, worklist
from api.outage.sealing import CardText, Who
from tests.api.outage.conftest import CENTRE, WARD, Scene, browser
from tests.api.outage.test_ending import NURSE
from tests.api.outage.test_personal import EVA, begun_sip, call_to


async def test_two_who_write_in_a_sip_see_each_others_words_and_lose_none(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        address = await begun_sip(paged, person)
        older, newer = await person.get(address), await person.get(address)
        await person.send(newer, address, {"note_goals": "Kunna gå ut själv"})
        both = await person.send(older, address, {"date": "9 mars kl. 10"}, expect=409)
        assert "Någon annan har skrivit här" in both.text
        assert 'value="9 mars kl. 10"' in both.text, "her own words are in the form"
        assert "<dd>Kunna gå ut själv</dd>" in both.text, "and the other's beside it"
        assert "Kunna gå ut själv</textarea>" in (await person.get(address)).text
        await person.send(both, address, {"date": "9 mars kl. 10", "note_goals": "Kunna gå ut själv"})
        saved = await person.get(address)
        assert 'value="9 mars kl. 10"' in saved.text
        assert "Kunna gå ut själv</textarea>" in saved.text


async def test_the_same_words_sent_twice_are_no_clash(paged: Scene) -> None:
    async with browser(paged, CENTRE) as person:
        address = await begun_sip(paged, person)
        page = await person.get(address)
        for _ in range(2):
            await person.send(page, address, {"date": "9 mars kl. 10"})


async def test_two_who_change_a_patient_see_what_the_other_chose(paged: Scene) -> None:
    async with browser(paged, WARD) as person:
        at = f"/outage/{await paged.begun()}"
        patient = (await person.post(f"{at}/patients", {"label": "Kim", "admitted": "before"}, at=at)).url.path
        older, newer = await person.get(patient), await person.get(patient)
        await person.send(newer, patient, {"label": "Kim", "admitted": "before", "discharged": "during"})
        both = await person.send(older, patient, {"label": "Kim Exempel", "admitted": "before"}, expect=409)
        assert 'value="Kim Exempel"' in both.text
        assert "<dd>Kim</dd>" in both.text
        assert "<dd>ja, under avbrottet</dd>" in both.text


async def test_two_who_write_of_a_call_see_each_others_words(paged: Scene) -> None:
    async with browser(paged, WARD) as person:
        page = await person.post("/calls", {**EVA, "said": "Hon har feber."}, at="/calls")
        address = page.url.path
        await person.send(page, f"{address}/card", {"situation": "Feber sedan i går"})
        both = await person.send(page, f"{address}/card", {"situation": "Feber och hosta"}, expect=409)
        assert "Feber och hosta</textarea>" in both.text
        assert "<dd>Feber sedan i går</dd>" in both.text
        noted = {"outcome": "reached", "agreed": "Kommer klockan tre"}
        await person.send(page, f"{address}/note", noted)
        other = {"outcome": "reached", "agreed": "Kommer klockan fem", "once": "another-form"}
        both = await person.send(page, f"{address}/note", other, expect=409)
        assert "Kommer klockan fem</textarea>" in both.text
        assert "<dd>Kommer klockan tre</dd>" in both.text
        assert both.text.count("nådd</li>") == 1, "what was not saved is no try"


async def test_what_was_written_from_something_older_is_not_stored(both: Scene) -> None:
    api, call = both.desk.api, await call_to(both, EVA)
    seen = (await calls.opened(api, NURSE, call)).card_seen
    await calls.set_card(api, NURSE, call, CardText(situation="Feber"), seen=seen)
    with pytest.raises(NotesChanged):
        await calls.set_card(api, NURSE, call, CardText(situation="Hosta"), seen=seen)
    assert (await calls.opened(api, NURSE, call)).card.situation == "Feber"
    outage = await both.begun()
    row = await worklist.add(api, NURSE, outage, Who(label="Kim"), {}, key="")
    with pytest.raises(NotesChanged):
        await worklist.change(api, NURSE, row.id, Who(label="Alex"), {}, seen="")
    assert (await worklist.load(api, NURSE, outage)).patient(row.id).who == Who(label="Kim")
