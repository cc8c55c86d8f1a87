"""What is sealed of an outage: who a patient is, a call's card and note, a SIP's notes. Shapes and seals only."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from api.outage.tables import PatientRow, PhoneCallRow, SipRow
from common.crypto import Cipher

S = TypeVar("S", bound=BaseModel)


class Who(BaseModel):
    """`label`: as the staff wrote it; a number need not be whole."""

    label: str
    municipality: str = ""


class CardText(BaseModel):
    situation: str = ""
    background: str = ""
    assessment: str = ""
    recommendation: str = ""


class Try(BaseModel):
    """One time somebody rang. `key`: of the form that said so."""

    key: str
    at: datetime
    name: str
    outcome: str


class CallNote(BaseModel):
    """`tries`: every time somebody rang, oldest first."""

    spoke_with: str = ""
    agreed: str = ""
    next_step: str = ""
    tries: list[Try] = []


class SipNotes(BaseModel):
    date: str = ""
    parties: dict[str, str] = {}
    notes: dict[str, str] = {}


def mark(cipher: Cipher, row_id: str, words: Mapping[str, object]) -> str:
    """What a form is made from, as a keyed hash for the form to carry: whether anybody has written since."""
    return cipher.lookup(f"form:{row_id}:{json.dumps(words, sort_keys=True)}")[:32]


def seal_who(cipher: Cipher, row: PatientRow, who: Who) -> str:
    return cipher.seal(who.model_dump_json(), f"outage_patient:{row.id}")


def open_who(cipher: Cipher, row: PatientRow) -> Who | None:
    return _open(cipher, Who, row.sealed, f"outage_patient:{row.id}")


def seal_card(cipher: Cipher, row: PhoneCallRow, card: CardText) -> str:
    return cipher.seal(card.model_dump_json(), f"phone_call:{row.id}:card")


def open_card(cipher: Cipher, row: PhoneCallRow) -> CardText:
    return _open(cipher, CardText, row.card, f"phone_call:{row.id}:card") or CardText()


def seal_note(cipher: Cipher, row: PhoneCallRow, note: CallNote) -> str:
    return cipher.seal(note.model_dump_json(), f"phone_call:{row.id}:note")


def open_note(cipher: Cipher, row: PhoneCallRow) -> CallNote:
    return _open(cipher, CallNote, row.note, f"phone_call:{row.id}:note") or CallNote()


def seal_sip(cipher: Cipher, row: SipRow, notes: SipNotes) -> str:
    return cipher.seal(notes.model_dump_json(), f"outage_sip:{row.id}")


def open_sip(cipher: Cipher, row: SipRow) -> SipNotes:
    return _open(cipher, SipNotes, row.sealed, f"outage_sip:{row.id}") or SipNotes()


def _open(cipher: Cipher, shape: type[S], sealed: str | None, place: str) -> S | None:
    return None if sealed is None else shape.model_validate_json(cipher.open(sealed, place))
