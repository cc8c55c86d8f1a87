"""Something sealed in every table that a message's own life leaves empty: chat accounts, outages, practice, uploads. Each with its canaries."""

from datetime import timedelta
from typing import Final

from api.authorisation import Caller, Role
from api.enrolment import service as enrolment
from api.exercise import seating as exercise
from api.exercise.tables import ExerciseRow
from api.imports import waiting
from api.outage import sip, worklist
from api.outage.sealing import SipNotes, Who
from api.staff.identity import by_key
from bot.clients.matrix.rooms import Rooms
from bot.clients.telegram.chats import Address, Chats
from bot.gateways.tables import ConversationRow, LineRow
from bot.practice.store import PracticeStore
from bot.requests import PracticeAnswer, RecordPractice
from common.outbox import enqueue
from tests.support.api import NURSE, PERSON_ID, Desk

WARD_NURSE, WARD = "amanda-tjernberg", "vasternorrland-avd-medicin-sundsvall"
CENTRE_NURSE = "ingrid-norberg"

CANARIES: Final = (
    "Bofink Patientsson",
    "Grönsiskan har feber",
    "Gråsparv Svarsson",
    "Talgoxen tar emot",
    "Koltrasten ringer igen",
    "Rödhaken kan gå ut",
    "Domherren vill hem",
    "Lövsångaren skrev i chatten",
    "Ärlan lämnar över",
    "Tornsvalan i en fil",
    "Törnskatan",
    "@kanariefagel:example.se",
    "!tallbitens-rum:example.se",
    "987123654321",
    "igelkottsgivandet",
)
"""Words, names and numbers that `the_rest` puts wherever words can be put, and that must not be found open anywhere."""


async def the_rest(desk: Desk) -> None:
    await an_outage(desk)
    await a_chat_account(desk)
    await a_conversation(desk)
    await some_practice(desk)
    await an_exercise(desk)
    await waiting.keep(desk.api, await person(desk, NURSE), "staff", "hsa_id;name\nSE1;Tornsvalan i en fil")


async def person(desk: Desk, staff_id: str) -> Caller:
    """As if she had signed in herself."""
    known = await by_key(desk.api.db, desk.bot_key, staff_id, desk.clock.now())
    return Caller(f"staff:{staff_id}", known.caller.places, staff_id, known.caller.name)


async def an_outage(desk: Desk) -> None:
    """Announced, with a patient, a call and what came of it, and a SIP."""
    administrator = await desk.token(WARD, Role.UNIT_ADMINISTRATOR)
    made = await desk.call("POST", "/outages", token=administrator, body={})
    assert made.status_code == 201, made.text
    outage: str = made.json()["id"]
    number = {"name": "Växeln", "phone": "0611-800 00"}
    said = {"numbers": [number], "said": "Grönsiskan har feber sedan i går, hon bor hemma"}
    call = await desk.call("POST", "/calls", by=WARD_NURSE, body=said, key=desk.new_key())
    assert call.status_code == 201, call.text
    note = {
        "outcome": "reached",
        "spoke_with": "Gråsparv Svarsson",
        "agreed": "Talgoxen tar emot",
        "next_step": "Koltrasten ringer igen",
    }
    noted = await desk.call("POST", f"/calls/{call.json()['id']}/notes", by=WARD_NURSE, body=note, key=desk.new_key())
    assert noted.status_code == 201, noted.text
    ward, centre = await person(desk, WARD_NURSE), await person(desk, CENTRE_NURSE)
    who = Who(label=f"Bofink Patientsson {PERSON_ID}", municipality="Timrå")
    await worklist.add(desk.api, ward, outage, who, {}, key=desk.new_key())
    begun = await sip.begin(desk.api, centre, outage, None, key=desk.new_key())
    notes = SipNotes(date="9 mars", parties={"person": "Domherren vill hem"}, notes={"goals": "Rödhaken kan gå ut"})
    seen = (await sip.opened(desk.api, centre, begun.id)).seen
    await sip.write(desk.api, centre, begun.id, notes, seen=seen)


async def a_chat_account(desk: Desk) -> None:
    """Enrolled, and shown in a chat of its own."""
    code = await enrolment.make_code(desk.api, await person(desk, NURSE))
    account = {"code": code.text, "client": "matrix", "account": "@kanariefagel:example.se"}
    bound = await desk.call("POST", "/enrolments/redeem", by=None, body=account)
    assert bound.status_code == 200, bound.text
    chats = Chats(desk.api.db, desk.api.cipher, desk.clock)
    address = Address(chats.name_of(987123654321, NURSE), 987123654321)
    now = desk.clock.now()
    async with desk.api.db.write() as session:
        session.add(ConversationRow(id=address.conversation_id, client="telegram", staff_id=NURSE, touched_at=now))
    assert await chats.claim(address) is not None
    rooms = Rooms(desk.api.db, desk.api.cipher, desk.clock)
    place = rooms.place("!tallbitens-rum:example.se", "@kanariefagel:example.se", NURSE)
    async with desk.api.db.write() as session:
        session.add(ConversationRow(id=place.conversation_id, client="matrix", staff_id=NURSE, touched_at=now))
    await rooms.read(place)


async def a_conversation(desk: Desk) -> None:
    """Its state, a line, and an order that has not gone out yet."""
    seal, name, now = desk.api.cipher.seal, "web:000", desk.clock.now()
    async with desk.api.db.write() as session:
        state = seal("Lövsångaren skrev i chatten", f"bot_conversation:{name}")
        session.add(ConversationRow(id=name, client="web", staff_id=NURSE, sealed=state, touched_at=now))
        await session.flush()
        line = seal("Lövsångaren skrev i chatten", f"bot_line:{name}:1")
        session.add(LineRow(conversation_id=name, number=1, author="a", cause="c", tone="t", sealed=line, at=now))
        key = f"{name}/m/0"
        await enqueue(session, "bot.command", key, seal("Ärlan lämnar över", f"outbox:{key}"), now)


async def some_practice(desk: Desk) -> None:
    """A go that is recorded and will be announced."""
    answers = (PracticeAnswer(0, "channel", "igelkottsgivandet", "C2", "1", right=True),)
    store = PracticeStore(desk.api.db, desk.api.cipher, desk.clock)
    await store.announce(NURSE, "web:000", on=True)
    await store.record(NURSE, RecordPractice("go-1", "halland-2024", "h24-sova-gott", answers))


async def an_exercise(desk: Desk) -> None:
    """Somebody who has joined one."""
    now = desk.clock.now()
    row = ExerciseRow(
        id="exercise-1",
        code="1234",
        organisation="Region Halland",
        pack="halland-2024",
        title="Övning",
        material="[]",
        created_by=f"staff:{NURSE}",
        created_at=now,
        delete_at=now + timedelta(days=1),
    )
    async with desk.api.db.write() as session:
        session.add(row)
    joined = await exercise.join(desk.api, row.code, exercise.Newcomer("Törnskatan"))
    assert not isinstance(joined, str), joined
