"""The secure page: a draft from a chat is filled in, looked through and handed over once, or copied out."""

import pytest
from sqlmodel import select

from api.drafts.schemas import DraftIn
from api.drafts.tables import DraftRow
from api.pages.draft_content import Proof, objections, still_open
from api.pages.draft_form import DraftAnswers, TextField
from knowledge.vocabulary import UnitType
from tests.api.pages.conftest import OpenBrowser, Person
from tests.support.api import (
    CANARY_NAME,
    CANARY_TEXT,
    COPYING_NURSE,
    COPYING_UNIT,
    NURSE,
    NURSE_UNIT,
    OTHER,
    RECEIVER,
    RECEIVING_UNIT,
    Desk,
    shared_knowledge,
    shared_reader,
)
from triage.reading import Context

ANSWERS = {
    "person_id": "19121212-1212",
    "person_name": CANARY_NAME,
    "consent": "given",
    "basis": "oral",
    "obtained_by": "distriktssköterska",
}
ASSESSED = {"consent": "unable", "decided_by": "enhetschef", "reason": "Behövs för fortsatt vård."}


async def draft(desk: Desk, *, by: str = NURSE, unit: str = NURSE_UNIT, **changes: object) -> str:
    """The address of a draft that a chat has made, without a person."""
    body = {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": unit,
        "recipient_units": [RECEIVING_UNIT],
        "subject": "Uppföljning",
        "sections": [{"heading": "Bakgrund i korthet", "text": CANARY_TEXT}],
        **changes,
    }
    response = await desk.call("POST", "/drafts", by=by, body=body, key=desk.new_key())
    assert response.status_code == 201, response.text
    return f"/drafts/{response.json()['id']}"


async def filled(person: Person, address: str) -> dict[str, str]:
    """What a person would fill in so that every heading has a text."""
    page = (await person.get(address)).text
    fields = [part.split('"', maxsplit=1)[0] for part in page.split('<textarea id="section-')[1:]]
    return {**ANSWERS, **{f"section-{number}": f"{CANARY_TEXT} {number}" for number in fields}}


async def test_the_page_shows_what_the_chat_knows_and_asks_for_the_rest(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        page = (await maja.get(address)).text

    assert "Vårdcentralen Nissastrand" in page
    assert CANARY_TEXT in page
    assert 'name="person_id"' in page
    assert "Har personen sagt ja" in page
    assert " checked" not in page, "consent is never chosen for anyone"


async def test_a_draft_is_previewed_as_it_will_be_sent_and_handed_over_once(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        preview = await maja.post(address, await filled(maja, address))
        assert "Så här skickas det" in preview.text
        assert "19121212-1212" in preview.text
        assert "Personen har sagt ja" in preview.text
        assert await desk.inbox() == [], "nothing is sent by looking"

        receipt = await maja.send(preview, f"{address}/handover")
        assert "Ligger i Lots inkorg hos Vårdcentralen Nissastrand, inte i Lifecare SP." in receipt.text
        assert "Svar senast" in receipt.text
        again = await maja.send(preview, f"{address}/handover")
        assert "Överlämnat" in again.text

    inbox = await desk.inbox()
    assert len(inbox) == 1
    async with browse(RECEIVER) as johan:
        page = (await johan.get(f"/inbox/{inbox[0]['id']}")).text
    assert CANARY_NAME in page
    assert CANARY_TEXT in page


async def test_the_way_back_from_the_preview_keeps_everything(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        preview = await maja.post(address, await filled(maja, address))
        form = (await maja.send(preview, f"{address}/change")).text

    assert f'value="{CANARY_NAME}"' in form
    assert 'value="given" checked' in form


async def test_what_is_copied_out_is_shown_once_and_not_kept(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk, by=COPYING_NURSE, unit=COPYING_UNIT)
    async with browse(COPYING_NURSE) as sara:
        preview = await sara.post(address, await filled(sara, address))
        page = await sara.send(preview, f"{address}/handover")
        assert "Skicka nu i Lifecare SP" in page.text
        assert CANARY_TEXT in page.text
        assert "19121212-1212" in page.text

        later = await sara.get(address)
        assert later.url.path.startswith("/sent/")
        assert CANARY_TEXT not in later.text
        sent = await sara.send(page, f"{later.url.path}/marks", {"mark": "sent"})
        assert "Nu räknas svarstiden." in sent.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"person_id": ""}, "Skriv personens nummer.", id="no-number"),
        pytest.param({"person_id": "19121212-1213"}, "Numret stämmer inte.", id="mistyped-number"),
        pytest.param({"consent": ""}, "Svara på frågan om samtycke.", id="no-consent"),
        pytest.param({"consent": "perhaps"}, "Svara på frågan om samtycke.", id="unknown-consent"),
        pytest.param({"basis": ""}, "Välj hur samtycket gavs.", id="no-basis"),
        pytest.param({"basis": "process"}, "Välj hur samtycket gavs.", id="basis-not-in-this-pack"),
        pytest.param({"obtained_by": ""}, "Skriv vem som frågade.", id="nobody-asked"),
        pytest.param({"consent": "unable"}, "Skriv vem som beslutade.", id="nobody-decided"),
        pytest.param({"consent": "deceased", "decided_by": "chef"}, "Skriv varför.", id="no-reason"),
        pytest.param({"person_name": "a" * 201}, "Det blev för långt.", id="long-name"),
    ],
)
async def test_what_is_missing_or_wrong_is_told_at_its_field(
    desk: Desk, browse: OpenBrowser, changes: dict[str, str], said: str
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        page = await maja.post(address, {**await filled(maja, address), **changes}, expect=422)

    assert said in page.text
    assert "Det här behöver rättas" in page.text


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        pytest.param("not_asked", "Texten väntar här i ett dygn. Fråga om samtycke", id="not-asked"),
        pytest.param("refused", "Personen har sagt nej. Inget skickas.", id="refused"),
    ],
)
async def test_without_consent_nothing_is_sent_not_even_past_the_preview(
    desk: Desk, browse: OpenBrowser, consent: str, said: str
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        answers = {**await filled(maja, address), "consent": consent}
        assert said in (await maja.post(address, answers)).text
        assert said in (await maja.post(f"{address}/handover", answers, at=address)).text

    assert await desk.inbox() == []


async def test_what_was_written_waits_while_consent_is_asked_for(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    half = {"person_id": "19121212-1212", "consent": "not_asked", "section-1": "Halvskriven text", "section-2": ""}
    async with browse(NURSE) as maja:
        await maja.post(address, half)
        page = (await maja.get(address)).text

    assert "Halvskriven text" in page
    assert "19121212" in page


async def test_of_a_refusal_nothing_that_was_written_is_kept(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        await maja.post(address, {**ANSWERS, "consent": "refused", "section-1": "Halvskriven text"})
        page = (await maja.get(address)).text

    assert "Halvskriven text" not in page
    assert "19121212" not in page


@pytest.mark.parametrize("consent", ["unable", "deceased"])
async def test_a_secrecy_assessment_is_recorded_and_shown_to_the_receiver(
    desk: Desk, browse: OpenBrowser, consent: str
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja, browse(RECEIVER) as johan:
        preview = await maja.post(address, {**await filled(maja, address), **ASSESSED, "consent": consent})
        await maja.send(preview, f"{address}/handover")
        message = (await desk.inbox())[0]["id"]
        page = (await johan.get(f"/inbox/{message}")).text

    assert "Sekretessprövning" in page
    assert "enhetschef" in page
    assert "Behövs för fortsatt vård." in page


async def test_a_samordningsnummer_is_taken_for_what_it_is(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        preview = await maja.post(address, {**await filled(maja, address), "person_id": "19121272-1219"})

    assert "Samordningsnummer" in preview.text


async def test_anothers_draft_is_no_page(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    for staff_id in (OTHER, COPYING_NURSE):
        async with browse(staff_id) as someone:
            response = await someone.get(address)
            assert response.status_code == 404
            assert CANARY_TEXT not in response.text


async def test_a_stranger_is_asked_to_sign_in_first(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse() as someone:
        assert (await someone.get(address)).status_code == 401
        page = await someone.post("/demo", {"staff": NURSE}, at=address)

    assert page.url.path == address
    assert "Fyll i vem det gäller" in page.text


async def test_a_draft_by_a_routine_that_is_not_there_is_told_in_words(desk: Desk, browse: OpenBrowser) -> None:
    """The pack may have been taken away after the draft was made."""
    address = await draft(desk)
    draft_id = address.rpartition("/")[2]
    gone = DraftIn.model_validate({"channel": "planning", "pack": "nowhere", "sender_unit": NURSE_UNIT})
    async with desk.api.db.write() as session:
        row = (await session.exec(select(DraftRow).where(DraftRow.id == draft_id))).one()
        row.sealed = desk.api.cipher.seal(gone.model_dump_json(), f"draft:{draft_id}")
    async with browse(NURSE) as nurse:
        page = await nurse.get(address)
    assert page.status_code == 422
    assert "nowhere" in page.text


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("subject", "19121212-1212"),
        ("section-1", "19121212-1212"),
        ("section-1", "121212-1212"),
        ("section-1", "19121212-1213"),
        ("obtained_by", "19121212-1212"),
    ],
    ids=["subject", "section", "section-short", "section-mistyped", "obtained-by"],
)
async def test_a_number_in_free_text_is_stopped_and_told_by_its_field(
    desk: Desk, browse: OpenBrowser, field: str, number: str
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        answers = {**await filled(maja, address), field: f"Det gäller {number}"}
        page = await maja.post(address, answers, expect=422)
        handed = await maja.post(f"{address}/handover", answers, at=address, expect=422)

    for answer in (page, handed):
        assert f'href="#{field}">Här står ett personnummer' in answer.text
    assert await desk.inbox() == []


async def test_what_the_routine_keeps_out_is_stopped_until_she_says_that_it_is_not_so(
    desk: Desk, browse: OpenBrowser
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        answers = {**await filled(maja, address), "section-1": "Jag bifogar läkemedelslistan."}
        stopped = await maja.post(address, answers, expect=422)
        unsaid = await maja.post(f"{address}/handover", answers, at=address, expect=422)
        looked_at = {**answers, "passed": "attachment"}
        preview = await maja.post(address, looked_at)
        changed = await maja.post(f"{address}/change", looked_at, at=address)
        handed = await maja.post(f"{address}/handover", looked_at, at=address)

    for page in (stopped, unsaid):
        assert 'href="#passed-attachment">Bilagor går inte att skicka här' in page.text
    assert '<input type="hidden" name="passed" value="attachment">' in preview.text
    assert 'name="passed" value="attachment" checked' in changed.text
    assert "Överlämnat" in handed.text
    assert len(await desk.inbox()) == 1


@pytest.mark.parametrize(
    ("text", "passed", "said"),
    [
        ("Hon har plötsligt svårt att andas och är blå.", "hurry", ""),
        ("Ge 5 mg till kvällen", "typed_dose", "Det ser ut som en dos"),
    ],
    ids=["hurry", "dose"],
)
async def test_what_has_to_be_looked_at_is_asked_about_once_and_then_let_pass(
    desk: Desk, browse: OpenBrowser, text: str, passed: str, said: str
) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        answers = {**await filled(maja, address), "section-1": text}
        stopped = await maja.post(address, answers, expect=422)
        waits = await maja.post(address, {**answers, "passed": passed})

    assert f'href="#passed-{passed}">{said}' in stopped.text
    assert "Så här skickas det" in waits.text


def test_a_dose_that_the_routine_stops_cannot_be_let_pass() -> None:
    knowledge = shared_knowledge()
    pack = knowledge.registry.pack("halland-2024")
    channel = pack.channel_by_id["message_outside_care_episode"]
    stops = tuple(one.model_copy(update={"action": "stop"}) for one in channel.forbidden)
    strict = channel.model_copy(update={"forbidden": stops})
    fields = (
        TextField("section-1", "Ärende", None, required=True, text=""),
        TextField("section-2", "Övrigt", None, required=False, text=""),
    )
    answers = DraftAnswers(texts={"section-1": "Se nedan", "section-2": "Ge 5 mg till kvällen"})
    context = Context(pack, UnitType.MUNICIPAL_HEALTH, None)
    proof = Proof(shared_reader(), context, knowledge.names, knowledge.home)
    (stopped,) = objections(answers, fields, strict, proof, knowledge.texts.text)
    assert (stopped.place, stopped.passes) == ("section-2", None)
    assert still_open((stopped,), frozenset({"typed_dose"})) == {"section-2": stopped.text}


async def test_where_nothing_will_be_sent_nothing_is_objected_to(desk: Desk, browse: OpenBrowser) -> None:
    address = await draft(desk)
    async with browse(NURSE) as maja:
        answers = {**await filled(maja, address), "section-1": "Jag bifogar listan.", "consent": "not_asked"}
        page = await maja.post(address, answers)
    assert "väntar här" in page.text
