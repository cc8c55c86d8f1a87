"""A homeserver reached with matrix-nio: logs in, keeps the device's keys, encrypts and decrypts. The only module that loads the library."""

import logging
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import nio
from aiohttp import ClientError
from nio.store import SqliteStore

from bot.clients.matrix.device import Device, DeviceFolder
from bot.clients.matrix.homeserver import (
    Away,
    Came,
    Happened,
    Heard,
    Invited,
    NoText,
    Reacted,
    Refused,
    Room,
    Said,
    Shown,
    Shut,
    Unreadable,
    Words,
)

NAME: Final = "Lots"
SECONDS: Final = 20.0
TYPING_MS: Final = 30_000
MAKERS_SINCE: Final = 12
MEGOLM: Final = "m.megolm.v1.aes-sha2"
NEVER: Final[dict[str, list[str]]] = {"types": []}
FILTER: Final[dict[str, object]] = {
    "room": {"timeline": {"limit": 100}, "ephemeral": NEVER, "account_data": NEVER},
    "presence": NEVER,
    "account_data": NEVER,
}
WRONG: Final = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_FORBIDDEN", "M_USER_DEACTIVATED")


@dataclass(frozen=True, slots=True)
class Account:
    """Password or token, one of them. A token is of a device that nothing else uses."""

    homeserver: str
    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@asynccontextmanager
async def open_homeserver(account: Account, folder: DeviceFolder) -> "AsyncIterator[NioServer]":
    """Logged in as the device of before, or as a new one the first time. Raises MatrixError."""
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # its warnings name people
    client = await _entered(account, folder)
    try:
        yield NioServer(client)
    finally:
        await client.close()


async def _entered(account: Account, folder: DeviceFolder) -> Any:
    if account.token:
        found = await _whoami(account, account.token)
        if found is None or found.user_id != account.user:
            raise Shut("LOTS_MATRIX_TOKEN is not (or no longer) a way in for LOTS_MATRIX_USER: make a new one.")
        return _client(account, folder, Device(account.user, found.device_id, account.token))
    device = folder.read(account.user)
    if device is not None and await _whoami(account, device.token) is not None:
        return _client(account, folder, device)
    device = await _login(account, None if device is None else device.id)
    folder.write(device)
    return _client(account, folder, device)


async def _whoami(account: Account, token: str) -> Any:
    """None: the token holds no longer."""
    client = nio.AsyncClient(account.homeserver, account.user, config=_config())
    client.access_token = token
    try:
        return await called(client.whoami())
    except Refused as error:
        if error.code in WRONG:
            return None
        raise
    finally:
        await client.close()


async def _login(account: Account, device_id: str | None) -> Device:
    client = nio.AsyncClient(account.homeserver, account.user, device_id=device_id or "", config=_config())
    try:
        found = await called(client.login(account.password, device_name=NAME))
    except Refused as error:
        raise Shut(f"LOTS_MATRIX_USER and LOTS_MATRIX_PASSWORD: the homeserver refuses them ({error.code}).") from None
    finally:
        await client.close()
    if found.user_id != account.user:
        raise Shut("LOTS_MATRIX_USER is not what the homeserver calls that account: write it as @name:server.")
    return Device(account.user, found.device_id, found.access_token)


def _config(**more: object) -> Any:
    return nio.AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=SECONDS, **more)


def _client(account: Account, folder: DeviceFolder, device: Device) -> Any:
    config = _config(
        store=SqliteStore,
        store_name=folder.keys_of(device.id),
        pickle_key=folder.pickle_key,
        encryption_enabled=True,
        store_sync_tokens=False,
    )
    client = nio.AsyncClient(account.homeserver, account.user, store_path=str(folder.path), config=config)
    try:
        client.restore_login(device.user, device.id, device.token)
    except Exception as error:  # noqa: BLE001 - the libraries under it have no common root
        raise Shut(
            f"The device keys in {folder.path} do not open ({type(error).__name__}): keys.json is not the one they were "
            "made with. Put it back, or remove the folder: Lots is then a new device."
        ) from None
    return client


async def called(call: Awaitable[Any]) -> Any:
    """The answer, or Away or Refused. What the homeserver says in words may name people and is left out."""
    try:
        answer = await call
    except (ClientError, OSError, TimeoutError, nio.SendRetryError, nio.LocalProtocolError) as error:
        raise Away(type(error).__name__) from None
    if not isinstance(answer, nio.ErrorResponse):
        return answer
    status = getattr(answer.transport_response, "status", 500)
    code = str(answer.status_code or "")
    if status >= 500 or status == 429 or not code.startswith("M_"):
        raise Away(code or f"status {status}", (answer.retry_after_ms or 0) / 1000)
    raise Refused(code)


class NioServer:
    def __init__(self, client: Any) -> None:
        self.user: str = client.user_id
        self._client = client
        self._known = False
        """Whether the rooms have been read since we came."""
        self._makers: dict[str, frozenset[str]] = {}
        """Who may do anything in a room: the library does not know them."""

    async def listen(self, since: str, seconds: float) -> Heard:
        wait = int(seconds * 1000) if self._known else 0
        answer = await called(
            self._client.sync(wait, sync_filter=FILTER, since=since or None, full_state=not self._known)
        )
        self._known = True
        await self._tend_keys()
        return Heard(tuple(self._happened(answer, timeline=bool(since))), answer.next_batch)

    async def _tend_keys(self) -> None:
        client = self._client
        await called_all(client.send_to_device_messages())
        if client.should_upload_keys:
            await called(client.keys_upload())
        if client.should_query_keys:
            await called(client.keys_query())
        if client.should_claim_keys:
            await called(client.keys_claim(client.get_users_for_key_claiming()))

    # ── what happened ───────────────────────────────────────────────────────────────────────────────────────────────

    def _happened(self, answer: Any, *, timeline: bool) -> list[Happened]:
        found: list[Happened] = []
        for room_id, invited in answer.rooms.invite.items():
            senders = [event.sender for event in invited.invite_state if self._invites_us(event)]
            found += [Invited(room_id, sender) for sender in senders[-1:]]
        for room_id, joined in answer.rooms.join.items():
            self._note_makers(room_id, (*joined.state, *joined.timeline.events))
            if not timeline:
                continue
            told = [one for event in joined.timeline.events for one in self._told(room_id, event)]
            found += _from_our_coming(told)
        return found

    def _note_makers(self, room_id: str, events: Iterable[Any]) -> None:
        """From room version 12 those who made a room, and those they named then, stand above all power levels."""
        for event in events:
            if isinstance(event, nio.RoomCreateEvent) and str(event.room_version).isdigit():
                named = event.source["content"].get("additional_creators", ())
                above = int(event.room_version) >= MAKERS_SINCE
                self._makers[room_id] = frozenset((event.sender, *named)) if above else frozenset()

    def _invites_us(self, event: Any) -> bool:
        return (
            isinstance(event, nio.InviteMemberEvent) and event.state_key == self.user and event.membership == "invite"
        )

    def _told(self, room_id: str, event: Any) -> list[Happened]:
        """One event of a room as what it is to us; nothing for most."""
        event_id, sender = event.event_id, event.sender
        if isinstance(event, nio.RoomMemberEvent):
            changed = event.membership != event.prev_membership
            own = event.state_key == self.user and event.membership == "join"
            return [Came(room_id, event_id, own)] if changed else []
        relation = _relation(event)
        if sender == self.user:
            return [Shown(room_id, event_id)] if relation.get("rel_type") == "m.replace" else []
        match event:
            case nio.MegolmEvent():
                return [Unreadable(room_id, event_id, sender, event.session_id or event_id)]
            case nio.RoomMessageNotice():
                return []
            case nio.RoomMessageText() | nio.RoomMessageEmote():
                return [Said(room_id, event_id, sender, _text(event, relation), clear=not event.decrypted)]
            case nio.ReactionEvent():
                return [Reacted(room_id, event_id, sender, event.reacts_to, event.key)]
            case nio.RoomMessage() | nio.StickerEvent():
                return [NoText(room_id, event_id, sender)]
            case _:
                return []

    def room(self, room_id: str) -> Room:
        room = self._room(room_id)
        members = frozenset(room.users) | frozenset(room.invited_users)
        above = self.user in self._makers.get(room_id, ())
        return Room(members, bool(room.encrypted), above or bool(room.power_levels.can_user_redact(self.user)))

    def _room(self, room_id: str) -> Any:
        try:
            return self._client.rooms[room_id]
        except KeyError:
            raise Refused("M_NOT_FOUND") from None

    # ── what can be done ────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, room_id: str, words: Words, key: str, *, replaces: str | None = None) -> str:
        content = _content(words)
        if replaces is not None:
            content = {
                **content,
                "body": f"* {words.plain}",
                "m.new_content": content,
                "m.relates_to": {"rel_type": "m.replace", "event_id": replaces},
            }
        return await self._put(room_id, "m.room.message", content, key)

    async def react(self, room_id: str, event_id: str, sign: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": sign}
        return await self._put(room_id, "m.reaction", {"m.relates_to": relation}, key)

    async def _put(self, room_id: str, kind: str, content: dict[str, Any], key: str) -> str:
        """To every device of the person's, also those that she has not verified: to her, the account is what counts."""
        self._room(room_id)
        sent = await called(self._client.room_send(room_id, kind, content, tx_id=key, ignore_unverified_devices=True))
        event_id: str = sent.event_id
        return event_id

    async def redact(self, room_id: str, event_id: str, key: str) -> None:
        await called(self._client.room_redact(room_id, event_id, tx_id=key))

    async def typing(self, room_id: str, *, on: bool) -> None:
        await called(self._client.room_typing(room_id, typing_state=on, timeout=TYPING_MS))

    async def encrypt(self, room_id: str) -> None:
        room = self._room(room_id)
        await called(self._client.room_put_state(room_id, "m.room.encryption", {"algorithm": MEGOLM}))
        room.encrypted = True
        self._client.encrypted_rooms.add(room_id)
        self._client.olm.update_tracked_users(room)

    async def join(self, room_id: str) -> None:
        await called(self._client.join(room_id))

    async def leave(self, room_id: str) -> None:
        await called(self._client.room_leave(room_id))


async def called_all(calls: Awaitable[list[Any]]) -> None:
    try:
        await calls
    except (ClientError, OSError, TimeoutError) as error:
        raise Away(type(error).__name__) from None


def _content(words: Words) -> dict[str, Any]:
    content: dict[str, Any] = {"msgtype": "m.text", "body": words.plain}
    if words.html:
        content |= {"format": "org.matrix.custom.html", "formatted_body": words.html}
    return content


def _relation(event: Any) -> dict[str, Any]:
    content = event.source.get("content", {})
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    return relation if isinstance(relation, dict) else {}


def _text(event: Any, relation: dict[str, Any]) -> str:
    """What was written: the newest wording of an edit, and of a reply not what it quotes."""
    content = event.source["content"]
    new = content.get("m.new_content")
    if relation.get("rel_type") == "m.replace" and isinstance(new, dict):
        return str(new.get("body", ""))
    body = str(event.body)
    if "m.in_reply_to" in relation and body.startswith("> "):
        lines = body.split("\n")
        while lines and lines[0].startswith(">"):
            lines.pop(0)
        return "\n".join(lines).strip("\n")
    return body


def _from_our_coming(told: list[Happened]) -> list[Happened]:
    """Our own coming first; of what was said before it, what can be read."""
    coming = next((place for place, one in enumerate(told) if isinstance(one, Came) and one.own), None)
    if coming is None:
        return told
    before = [one for one in told[:coming] if isinstance(one, Said) and not one.clear]
    return [told[coming], *before, *told[coming + 1 :]]
