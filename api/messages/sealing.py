"""Seals and opens the personal parts of messages, each bound to its row and column. The only place that knows their sealed form."""

from pydantic import BaseModel

from api.messages.schemas import ConsentIn, ConsentOut, MessageIn, PersonOut, SectionOut
from api.messages.tables import EntryRow, MessageRow
from common.crypto import Cipher
from triage.identity import PersonId


class Content(BaseModel):
    subject: str
    sections: list[SectionOut]


class Words(BaseModel):
    """The words of an entry."""

    heading: str | None = None
    text: str | None = None


def seal_content(cipher: Cipher, message_id: str, order: MessageIn) -> str:
    sections = [SectionOut(heading=section.heading, text=section.text) for section in order.sections]
    return cipher.seal(
        Content(subject=order.subject, sections=sections).model_dump_json(), f"message:{message_id}:content"
    )


def open_content(cipher: Cipher, message: MessageRow) -> Content | None:
    if message.content is None:
        return None
    return Content.model_validate_json(cipher.open(message.content, f"message:{message.id}:content"))


def seal_person(cipher: Cipher, message_id: str, person: PersonId, name: str | None) -> str:
    value = PersonOut(id_type=person.id_type, id=person.value, name=name)
    return cipher.seal(value.model_dump_json(), f"message:{message_id}:person")


def open_person(cipher: Cipher, message: MessageRow) -> PersonOut | None:
    if message.person is None:
        return None
    return PersonOut.model_validate_json(cipher.open(message.person, f"message:{message.id}:person"))


def person_hash(cipher: Cipher, person: PersonId) -> str:
    return cipher.lookup(f"person:{person.value}")


def seal_consent(cipher: Cipher, message_id: str, consent: ConsentIn) -> str:
    return cipher.seal(consent.model_dump_json(), f"message:{message_id}:consent")


def open_consent(cipher: Cipher, message: MessageRow) -> ConsentOut:
    return ConsentOut.model_validate_json(cipher.open(message.consent, f"message:{message.id}:consent"))


def seal_words(cipher: Cipher, entry_id: str, words: Words) -> str:
    return cipher.seal(words.model_dump_json(exclude_none=True), f"entry:{entry_id}:words")


def open_words(cipher: Cipher, entry: EntryRow) -> Words:
    if entry.sealed is None:
        return Words()
    return Words.model_validate_json(cipher.open(entry.sealed, f"entry:{entry.id}:words"))
