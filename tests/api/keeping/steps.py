"""What happens to a message in more than one file of tests here."""

import json

from sqlmodel import select

from api.keeping.tables import ErasedRow
from api.messages.tables import EntryRow, MessageRow
from tests.support.api import NURSE_UNIT, RECEIVER, Desk, Json


async def answered(desk: Desk, **changes: object) -> str:
    message = await desk.handed_over(**changes)
    done = await desk.call("POST", f"/messages/{message}/answers", by=RECEIVER, body={"text": "Kvittrande svar"})
    assert done.status_code in (200, 201), done.text
    return message


async def organisation(desk: Desk, unit: str = NURSE_UNIT) -> str:
    found: str = (await desk.call("GET", f"/units/{unit}")).json()["organisation"]
    return found


async def shown(desk: Desk, message: str) -> Json:
    found: Json = (await desk.call("GET", f"/messages/{message}")).json()
    return found


def exported(desk: Desk) -> list[Json]:
    folder = desk.api.settings.export_dir
    assert folder is not None
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


async def nothing_is_left(desk: Desk, message: str) -> bool:
    async with desk.api.db.read() as session:
        row = await session.get(MessageRow, message)
        entries = (await session.exec(select(EntryRow.sealed).where(EntryRow.message_id == message))).all()
        erased = await session.get(ErasedRow, message)
    assert row is not None
    assert erased is not None
    assert erased.export.endswith(".jsonl")
    return (row.content, row.person, row.person_hash, set(entries)) == (None, None, None, {None})
