"""A whole run of `lots serve` at debug with words, names and numbers found nowhere else; then every file it left, its output and its metrics are searched.

Chat to the receipt, a message with its whole life, a draft, an outage with a call and its note, practice, a key rotation and an export of the audit.
The sealed content must be there, and open nowhere.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import httpx2

from bench.handed import order
from bench.serving import LOTS
from bench.soak import MATTER, PERSON, RECEIVER, SENDER, Instance, Person
from common.ids import new_id

WARD: Final = "vasternorrland-avd-medicin-sundsvall"
NAME: Final = "Kvitterina Fågelbo"
WORDS: Final = (
    "Sidensvansen",
    "Nötväckan",
    "Steglitsen",
    "Järnsparven",
    "Hämplingen",
    "Bergfinken",
    "Stenknäcken",
    "Korsnäbben",
)
CANARIES: Final = (
    *WORDS,
    *(word.lower() for word in WORDS),
    NAME,
    "Kvitterina",
    PERSON,
    PERSON.replace("-", ""),
    PERSON[2:],
)
LIVED: Final = ("message", "bot_line", "draft", "phone_call", "message_entry")
"""Tables that must hold something, or the search would prove nothing."""


class Talking(Instance):
    """Its output goes to a file, as does what it says when something is wrong."""

    def begin(self) -> "subprocess.Popen[bytes]":
        command = [str(LOTS), "serve", "--port", str(self.port)]
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(command, env=self.env, stdout=out, stderr=subprocess.STDOUT)
        return self.process

    @property
    def output(self) -> Path:
        return Path(self.env["LOTS_DATA_DIR"]) / "output.txt"


def main() -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instance = Talking({**os.environ, "LOTS_DATA_DIR": name, "LOTS_LOG_LEVEL": "debug"})
        instance.start()
        try:
            metrics = asyncio.run(lived(instance))
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            found = search(files, metrics)
        finally:
            instance.kill()
        run(instance, "keys", "rotate", "--settle", "0")
        run(instance, "backup", str(folder / "backup.zip"))
        found |= search([*folder.rglob("*.sqlite3*"), folder / "backup.zip"], "")
        rows = counted(folder)
    names = ", ".join(path.name for path in files)
    print(f"{len(CANARIES)} canaries in {len(files)} files ({names}) and {len(metrics)} signs of metrics:")
    print(f"    found {sorted(found) or 'none'}; rows that hold them sealed: {rows}", flush=True)
    return not found and all(rows.values())


def search(files: list[Path], metrics: str) -> set[str]:
    """Which canary lies open where, in UTF-8, UTF-16 or escaped as JSON has it."""
    found = set()
    for path, content in [*((path.name, path.read_bytes()) for path in files), ("metrics", metrics.encode())]:
        for canary in CANARIES:
            ways = (canary.encode(), canary.encode("utf-16-le"), canary.encode("unicode_escape"))
            if any(way in content for way in ways):
                found.add(f"{path}: {canary}")
    return found


def counted(folder: Path) -> dict[str, int]:
    import sqlite3

    with sqlite3.connect(folder / "lots.sqlite3") as db:
        return {table: db.execute(f"select count(*) from {table}").fetchone()[0] for table in LIVED}  # noqa: S608


def run(instance: Instance, *words: str) -> None:
    subprocess.run([str(LOTS), *words], env=instance.env, capture_output=True, check=True)


async def lived(instance: Talking) -> str:
    """Everything a day holds, and the metrics afterwards."""
    sender, receiver, ward = (instance.key(unit) for unit in (SENDER, RECEIVER, WARD))
    async with httpx2.AsyncClient(base_url=f"{instance.url}/api/v1", timeout=60) as client:
        await chatted(instance, sender)
        asked = {**order("Nötväckan"), "person": {"id_type": "personnummer", "id": PERSON, "name": NAME}}
        asked["sections"] = [{"heading": "Fråga", "text": f"Steglitsen och {NAME}"}]
        message = await post(client, sender, "/messages", asked)
        await post(client, receiver, f"/messages/{message}/acknowledgement", {})
        await post(client, receiver, f"/messages/{message}/answers", {"text": "Järnsparven svarar"})
        again = await post(client, sender, "/messages", asked)
        moved = {"recipient_unit": "halland-vc-oskarstrom", "reason": "Hämplingen hör dit"}
        await post(client, receiver, f"/messages/{again}/forwardings", moved)
        half = {key: asked[key] for key in ("channel", "pack", "sender_unit", "person")}
        await post(client, sender, "/drafts", {**half, "subject": "Bergfinken"})
        for body in ({"subject": "Bergfinken"}, {**asked, "channel": "Stenknäcken"}, "Stenknäcken"):
            await client.post("/messages", json=body, headers={**sender, "Idempotency-Key": "wrong"})
        await client.get("/units", params={"query": "Stenknäcken"}, headers=sender)
        await client.get("/messages/Stenknäcken", headers=sender)
        await called(client, instance, ward)
        await asyncio.sleep(3)
        return (await client.get("/metrics")).text


async def chatted(instance: Talking, sender: dict[str, str]) -> None:
    async with httpx2.AsyncClient(base_url=instance.url, headers=sender, timeout=60) as client:
        person = Person(client, "canary", f"{NAME} {PERSON}: sidensvansen. {MATTER}")
        await person.to_the_preview("Sidensvansen")
        await person.confirm()
        for number, event in enumerate(({"command": "practice"}, {"text": "Korsnäbben"}, {"command": "cancel"})):
            body = {"message_id": f"p{number}", **event}
            await client.post("/api/v1/chat/practice/events", json=body)


async def called(client: httpx2.AsyncClient, instance: Talking, ward: dict[str, str]) -> None:
    """A unit's key has no person behind it, so the note is written by one."""
    key = await person_key(instance)
    body = {"numbers": [{"name": "Växeln", "phone": "0611-800 00"}], "said": f"Korsnäbben har feber, {NAME} {PERSON}"}
    call = await post(client, key, "/calls", body)
    note = {"outcome": "reached", "spoke_with": NAME, "agreed": "Korsnäbben", "next_step": "Stenknäcken"}
    await post(client, key, f"/calls/{call}/notes", note)
    await client.get("/outages/routine", headers=ward)


async def person_key(instance: Talking) -> dict[str, str]:
    """A key of a person's own, put into the database as no command does."""
    from api.staff.secrets import digest
    from api.staff.tables import ApiKeyRow
    from common.clock import SystemClock
    from common.database import Database
    from common.ids import new_token
    from common.settings import Settings

    key = new_token()
    db = Database(Settings(data_dir=Path(instance.env["LOTS_DATA_DIR"])).url)
    async with db.write() as session:
        now = SystemClock().now()
        session.add(ApiKeyRow(id=new_id(), hash=digest(key), name="soak", staff_id="maja-lindqvist", created_at=now))
    await db.close()
    return {"Authorization": f"Bearer {key}"}


async def post(client: httpx2.AsyncClient, key: dict[str, str], path: str, body: Any) -> str:
    answer = await client.post(path, json=body, headers={**key, "Idempotency-Key": new_id()})
    return str(answer.raise_for_status().json()["id"])


if __name__ == "__main__":
    sys.exit(not main())
