"""What takes long: a fuzz of the reading (`bench.fuzz`), and `lots serve` killed with SIGKILL in the middle of handing over, again and again.

The kills come at different moments, on both databases.
A person confirms her preview in the chat and a program posts a message of its own; the server is killed a moment later and started
again; both try again as clients do, with the same id and the same key. In the end each message must be there exactly once.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from bench import fuzz
from bench.serving import LOTS, free_port, wait_for
from tests.support.databases import Postgres, binaries

KILLS = 20
STEP = 0.006
"""Seconds between the moments of the kills: the first comes at once, the last after the turn and the handover."""
PATIENCE = 60.0
LOG = "standard-error.txt"
"""In the data folder: why a server ended, if one did by itself."""
SENDER, RECEIVER = "halland-hemsjukvard-halmstad", "halland-vc-ekliden"
MATTER = "Levaxin är slut om två veckor för en kvinna som vi delar dosett åt hemma, går det att förnya? Till vårdcentralen Ekliden"
PERSON = "19121212-1212"


@dataclass
class Instance:
    """One data folder and database, whose server is started and killed again and again."""

    env: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        wait_for(self.url, self.begin())

    def begin(self) -> subprocess.Popen[bytes]:
        """Without waiting for the first answer."""
        command = [str(LOTS), "serve", "--port", str(self.port)]
        with (Path(self.env["LOTS_DATA_DIR"]) / LOG).open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL, stderr=log)
        return self.process

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def key(self, unit: str) -> dict[str, str]:
        done = subprocess.run(
            [str(LOTS), "token", "--unit", unit], env=self.env, capture_output=True, text=True, check=True
        )
        name, value = done.stdout.strip().splitlines()[-1].split(": ", 1)
        return {name: value}


def main() -> None:
    broken = fuzz.main()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        failures += soak("SQLite", {**os.environ, "LOTS_DATA_DIR": folder})
    with postgres() as url, tempfile.TemporaryDirectory() as folder:
        failures += soak("PostgreSQL", {**os.environ, "LOTS_DATA_DIR": folder, "LOTS_DATABASE_URL": url})
    if failures or broken:
        raise SystemExit(f"{failures} messages lost or doubled, {broken} faults in reading")


@contextmanager
def postgres() -> Iterator[str]:
    programs = binaries()
    if programs is None:
        raise SystemExit("PostgreSQL's programs are missing: make setup")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    server = Postgres(folder, programs)
    server.start()
    try:
        yield server.url.render_as_string(hide_password=False)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def soak(name: str, env: dict[str, str]) -> int:
    instance = Instance(env)
    instance.start()
    keys = {unit: instance.key(unit) for unit in (SENDER, RECEIVER)}
    try:
        wrong = asyncio.run(kill_again_and_again(instance, keys))
    finally:
        instance.kill()
    print(
        f"{name:11} {KILLS} kills, {2 * KILLS} messages: {wrong['lost']} lost, {wrong['doubled']} doubled", flush=True
    )
    return wrong["lost"] + wrong["doubled"]


async def kill_again_and_again(instance: Instance, keys: dict[str, dict[str, str]]) -> Counter[str]:
    for number in range(KILLS):
        async with httpx2.AsyncClient(base_url=instance.url, headers=keys[SENDER], timeout=30) as client:
            person = Person(client, f"soak-{number}")
            await person.to_the_preview(f"Samtal {number:02}")
            tries = [asyncio.create_task(attempt(person.confirm())), asyncio.create_task(attempt(post(client, number)))]
            await asyncio.sleep(STEP * number)
            instance.kill()
            await asyncio.gather(*tries)
            instance.start()
        async with httpx2.AsyncClient(base_url=instance.url, headers=keys[SENDER], timeout=30) as client:
            person.client = client
            await person.confirm()
            await post(client, number)
    wanted = {f"Samtal {n:02}" for n in range(KILLS)} | {f"Program {n:02}" for n in range(KILLS)}
    async with httpx2.AsyncClient(base_url=instance.url, headers=keys[RECEIVER], timeout=30) as client:
        return compare(await arrived(client, len(wanted)), wanted)


def compare(found: Counter[str], wanted: set[str]) -> Counter[str]:
    lost = sum(subject not in found for subject in wanted)
    return Counter(lost=lost, doubled=sum(count - 1 for count in found.values()))


async def attempt(call: Any) -> None:
    """A call that the kill may cut off: the client does not know whether it got through."""
    try:
        await call
    except httpx2.TransportError:
        return


async def post(client: httpx2.AsyncClient, number: int) -> None:
    """A program's own message, always with the same key."""
    body = {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": SENDER,
        "recipient_units": [RECEIVER],
        "person": {"id_type": "personnummer", "id": PERSON},
        "subject": f"Program {number:02}",
        "sections": [{"heading": "Fråga", "text": "Kan receptet förnyas?"}],
        "consent": {
            "state": "given",
            "basis": "oral",
            "obtained_by": "sjuksköterska",
            "obtained_at": "2026-03-04T09:30:00Z",
        },
    }
    answer = await client.post("/api/v1/messages", json=body, headers={"Idempotency-Key": f"soak-{number}"})
    answer.raise_for_status()


async def arrived(client: httpx2.AsyncClient, wanted: int) -> Counter[str]:
    """The marks of what lies in the receiving unit's inbox, once as many as wanted are there or patience ends, and a moment after that."""
    marks: Counter[str] = Counter()
    waited = 0.0
    while waited < PATIENCE:
        marks = await inbox(client)
        if sum(marks.values()) >= wanted:
            break
        await asyncio.sleep(0.5)
        waited += 0.5
    await asyncio.sleep(3)
    return await inbox(client)


async def inbox(client: httpx2.AsyncClient) -> Counter[str]:
    marks: Counter[str] = Counter()
    after: str | None = None
    while True:
        params = {} if after is None else {"after": after}
        page = (await client.get(f"/api/v1/units/{RECEIVER}/inbox", params=params)).raise_for_status().json()
        marks.update([await mark(client, item["id"]) for item in page["items"]])
        after = page["next"]
        if after is None:
            return marks


async def mark(client: httpx2.AsyncClient, message_id: str) -> str:
    """The words that tell a message apart: a program's in its subject, a person's under its first heading."""
    message = (await client.get(f"/api/v1/messages/{message_id}")).raise_for_status().json()
    return str(message["subject"] if message["subject"].startswith("Program") else message["sections"][0]["text"])


class Person:
    """Someone at a chat over HTTP: answers what she is asked until the preview, and confirms it, with one id for one tap."""

    def __init__(self, client: httpx2.AsyncClient, conversation: str, matter: str = MATTER) -> None:
        self.client = client
        self._matter = matter
        self._path = f"/api/v1/chat/{conversation}/events"
        self._said = 0
        self._confirm = ""

    async def to_the_preview(self, subject: str) -> None:
        told = await self._say({"text": self._matter})
        for _ in range(12):
            if told["phase"] == "preview":
                self._confirm = self._choice(told, "Lämna över")
                return
            told = await self._say(self._answer(told, subject))
        raise RuntimeError(f"the conversation stopped in {told['phase']}")

    async def confirm(self) -> None:
        answer = await self.client.post(self._path, json={"message_id": "confirm", "choice": self._confirm})
        answer.raise_for_status()

    def _answer(self, told: dict[str, Any], subject: str) -> dict[str, str]:
        match told["phase"]:
            case "card":
                return {"choice": self._choice(told, "Skriv utkast")}
            case "drafting" if self._has(told, "Ser bra ut"):
                shown = any(subject in reply["text"] for reply in told["replies"])
                return {"choice": self._choice(told, "Ser bra ut" if shown else "Ändra: Ärende")}
            case "drafting":
                return {"text": subject}
            case "consent":
                return {"choice": self._choice(told, "Ja, muntligt")}
            case "identity":
                return {"text": PERSON}
        raise RuntimeError(f"nothing to answer in {told['phase']}")

    @staticmethod
    def _has(told: dict[str, Any], label: str) -> bool:
        return any(label in choice["label"] for reply in told["replies"] for choice in reply["choices"])

    @staticmethod
    def _choice(told: dict[str, Any], label: str) -> str:
        return next(str(c["id"]) for reply in told["replies"] for c in reply["choices"] if label in c["label"])

    async def _say(self, event: dict[str, str]) -> dict[str, Any]:
        self._said += 1
        answer = await self.client.post(self._path, json={"message_id": f"m{self._said}", **event})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


if __name__ == "__main__":
    main()
