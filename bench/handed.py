"""What one handover writes: captured from a real one, so that a peer can write the same rows. Measures nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from api.authorisation import Role
from api.staff.service import issue_key
from commands.house import House, open_house
from common.clock import SystemClock
from common.database import Database
from common.ids import new_id
from common.log import configure
from common.settings import Settings

SENDER, RECEIVER = "halland-hemsjukvard-halmstad", "halland-vc-ekliden"
KEY = "the-first-call"
Row = dict[str, Any]


def order(subject: str = "Levaxin") -> dict[str, Any]:
    """A message with its parts as long as people write them."""
    told = "Hon delar dosett åt sig hemma. Tabletterna räcker i två veckor till. Vikt och puls är som förut, inga nya besvär. "
    return {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": SENDER,
        "recipient_units": [RECEIVER],
        "person": {"id_type": "personnummer", "id": "19121212-1212"},
        "subject": subject,
        "sections": [{"heading": "Fråga", "text": "Kan receptet förnyas?"}, {"heading": "Bakgrund", "text": told * 3}],
        "consent": {
            "state": "given",
            "basis": "oral",
            "obtained_by": "sjuksköterska",
            "obtained_at": "2026-03-04T09:30:00Z",
        },
    }


@dataclass(frozen=True)
class Captured:
    """A filled database's key to send with, and the rows of one message."""

    key: str
    rows: list[tuple[str, Row]]
    """Table and values, in the order that foreign keys ask for."""

    def save(self, file: Path) -> None:
        file.write_text(json.dumps([(table, _plain(row)) for table, row in self.rows]), "utf-8")


async def prepare(settings: Settings) -> Captured:
    """Migrates, loads the demo's people and units, hands one message over and looks at what it left behind."""
    import httpx2

    configure("error")
    async with open_house(settings, SystemClock()) as house:
        key = await issue_key(house.api, name="bench", unit_id=SENDER, role=Role.STAFF)
        inside = httpx2.ASGITransport(app=house.app)
        async with httpx2.AsyncClient(transport=inside, base_url="http://bench") as client:
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": KEY}
            answer = await client.post("/api/v1/messages", json=order(), headers=headers)
            receipt = answer.raise_for_status().json()
        return Captured(key, await _rows_about(house, receipt["id"]))


async def _rows_about(house: House, message_id: str) -> list[tuple[str, Row]]:
    db: Database = house.api.db
    found: list[tuple[str, Row]] = []
    async with db.read() as session:
        connection = await session.connection()
        for table in SQLModel.metadata.sorted_tables:
            rows = (await connection.execute(table.select())).mappings()
            found.extend((table.name, dict(row)) for row in rows if message_id in row.values())
    return found


def _plain(row: Row) -> Row:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def again(file: Path) -> Iterator[list[tuple[str, Row]]]:
    """The same rows over and over, for another message each time."""
    saved: list[tuple[str, Row]] = [(table, _typed(row)) for table, row in json.loads(file.read_text("utf-8"))]
    first = next(row for table, row in saved if table == "message")
    while True:
        mine = new_id()
        changed = {first["id"]: mine, first["number"]: f"B-{mine}", KEY: mine}
        yield [(table, _for_another(row, changed, first["id"], mine)) for table, row in saved]


def _for_another(row: Row, changed: dict[str, str], old: str, mine: str) -> Row:
    values = {name: _other(value, changed, old, mine) for name, value in row.items() if name != "seq"}
    if values.get("id") not in (None, mine):
        values["id"] = new_id()
    return values


def _other(value: Any, changed: dict[str, str], old: str, mine: str) -> Any:
    if not isinstance(value, str):
        return value
    return changed.get(value, value.replace(old, mine))


def _typed(row: Row) -> Row:
    """Moments as moments again."""
    return {name: _moment(name, value) for name, value in row.items()}


def _moment(name: str, value: Any) -> Any:
    is_moment = isinstance(value, str) and (name == "at" or name.endswith(("_at", "_until")))
    return datetime.fromisoformat(value) if is_moment else value
