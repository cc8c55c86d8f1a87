"""A real Synapse on loopback with SQLite, started when it can be; and people in it with programs of their own that encrypt."""

import asyncio
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

SERVER = "lots.test"
PASSWORD = "loopback-only"
SECONDS = 40.0
_MUCH = {"room": {"timeline": {"limit": 100}}}
_PLENTY = {"per_second": 10_000, "burst_count": 10_000}


class NoSynapse(RuntimeError):  # noqa: N818 - an outcome: the tests are skipped
    """It is not installed here, or did not start: why."""


@dataclass(frozen=True)
class Synapse:
    address: str

    def account(self, name: str) -> str:
        """A new person (or the bot), by the way in that stands open on loopback."""
        body = {"username": name, "password": PASSWORD, "auth": {"type": "m.login.dummy"}, "inhibit_login": True}
        request = Request(  # noqa: S310 - our own server on loopback
            f"{self.address}/_matrix/client/v3/register",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server on loopback
            user: str = json.load(answer)["user_id"]
        return user


@contextmanager
def running_synapse(folder: Path) -> Iterator[Synapse]:
    """Raises NoSynapse."""
    port = _free_port()
    config = folder / "homeserver.yaml"
    config.write_text(json.dumps(_config(folder, port)), encoding="utf-8")
    command = [sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(config)]
    made = subprocess.run([*command, "--generate-keys"], capture_output=True, text=True, check=False, cwd=folder)
    if made.returncode:
        raise NoSynapse(made.stderr[-400:])
    with (folder / "synapse.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process)
            yield Synapse(address)
        finally:
            process.terminate()
            process.wait(20)


def _config(folder: Path, port: int) -> dict[str, object]:
    (folder / "log.yaml").write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}), encoding="utf-8")
    listener = {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
    return {
        "server_name": SERVER,
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "pid_file": str(folder / "synapse.pid"),
        "report_stats": False,
        "trusted_key_servers": [],
        "macaroon_secret_key": secrets.token_hex(),
        "form_secret": secrets.token_hex(),
        "bcrypt_rounds": 4,
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "rc_message": _PLENTY,
        "rc_registration": _PLENTY,
        "rc_login": {"address": _PLENTY, "account": _PLENTY, "failed_attempts": _PLENTY},
        "rc_joins": {"local": _PLENTY, "remote": _PLENTY},
        "rc_invites": {"per_room": _PLENTY, "per_user": _PLENTY, "per_issuer": _PLENTY},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise NoSynapse(f"it ended with {process.returncode}")
        try:
            with urlopen(f"{address}/health", timeout=2):  # noqa: S310 - our own server on loopback
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise NoSynapse(f"it did not answer within {SECONDS:.0f} s")


@dataclass
class Person:
    """A person with a program that encrypts (matrix-nio, another device than the bot's)."""

    client: Any
    user: str
    room_id: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    """Lots' messages as she reads them, edits written in."""
    signs: list[tuple[str, str]] = field(default_factory=list)
    """What is put on messages: the message and the sign."""
    unread: int = 0
    """Messages that her program could not decrypt."""

    @property
    def text(self) -> str:
        return "\n".join(self.shown.values())

    @property
    def last(self) -> str:
        return list(self.shown.values())[-1]

    async def sync(self, wait_ms: int = 0) -> None:
        client = self.client
        answer = await client.sync(wait_ms, sync_filter=_MUCH, full_state=not client.next_batch)
        for room_id, joined in answer.rooms.join.items():
            for event in joined.timeline.events if room_id == self.room_id else ():
                self._see(event)
        await client.send_to_device_messages()
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())

    def _see(self, event: Any) -> None:
        import nio

        if event.sender == self.user:
            return
        content = event.source.get("content", {})
        relation = content.get("m.relates_to", {})
        if isinstance(event, nio.MegolmEvent):
            self.unread += 1
        elif isinstance(event, nio.ReactionEvent):
            self.signs.append((event.reacts_to, event.key))
        elif isinstance(event, nio.RoomMessageText) and relation.get("rel_type") == "m.replace":
            self.shown[relation["event_id"]] = content["m.new_content"]["body"]
        elif isinstance(event, nio.RoomMessageText):
            assert event.decrypted, "Lots said something in the clear"
            self.shown[event.event_id] = event.body

    async def invites(self, bot: str) -> str:
        import nio

        encrypted = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        made = await self.client.room_create(
            is_direct=True,
            invite=[bot],
            preset=nio.RoomPreset.trusted_private_chat,
            initial_state=encrypted,
        )
        self.room_id = made.room_id
        await self.sync()
        return self.room_id

    async def says(self, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        sent = await self.client.room_send(self.room_id, "m.room.message", content, ignore_unverified_devices=True)
        event_id: str = sent.event_id
        return event_id

    async def picks(self, sign: str) -> None:
        """On the latest message that has that number."""
        target = next(event for event in reversed(self.shown) if sign in self.shown[event])
        relation = {"rel_type": "m.annotation", "event_id": target, "key": sign}
        await self.client.room_send(
            self.room_id, "m.reaction", {"m.relates_to": relation}, ignore_unverified_devices=True
        )

    async def until(self, words: str, seconds: float = 30) -> None:
        """Reads until the words are there."""
        ends = asyncio.get_running_loop().time() + seconds
        while words not in self.text:
            assert asyncio.get_running_loop().time() < ends, f"{words!r} never came; she sees:\n{self.text}"
            await self.sync(1_000)


async def person(synapse: Synapse, name: str, folder: Path) -> Person:
    """Signed in, with keys of her own."""
    import nio
    from nio.store import SqliteStore

    user = synapse.account(name)
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test's own folder
    config = nio.AsyncClientConfig(store=SqliteStore, encryption_enabled=True, store_sync_tokens=False)
    client = nio.AsyncClient(synapse.address, user, store_path=str(folder), config=config)
    await client.login(PASSWORD)
    one = Person(client, user)
    await one.sync()
    return one
