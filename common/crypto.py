"""Sealing what is personal before it is stored, and keyed hashes to find it by. Stores nothing itself.

AES-256-GCM with a random 96-bit nonce; the value carries its key's id; the context (which row and column) is bound in, so that a
sealed value moved elsewhere does not open.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, ValidationError

from common.errors import KeysMissing, SealBroken, UnknownKey

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
FILE_NAME: Final = "keys.json"


class KeyFile(BaseModel):
    """keys.json: the ring of sealing keys by id, which one is current, and the keys of the keyed hashes."""

    model_config = ConfigDict(extra="forbid")

    current: str
    seal: dict[str, str]
    lookup: str
    audit: str


@dataclass(frozen=True)
class Keys:
    current: str
    seal: Mapping[str, bytes] = field(repr=False)
    lookup: bytes = field(repr=False)
    audit: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Keys":
        key_id = f"k{secrets.token_hex(4)}"
        return cls(key_id, {key_id: _random()}, _random(), _random())

    @classmethod
    def load(cls, path: Path) -> "Keys":
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise KeysMissing(f"{path} can be read by others: run chmod 600 on it.")
            found = KeyFile.model_validate_json(path.read_bytes())
            keys = cls(
                found.current,
                {k: _decode(v) for k, v in found.seal.items()},
                _decode(found.lookup),
                _decode(found.audit),
            )
        except OSError as error:
            raise KeysMissing(f"{path} cannot be read ({error.strerror}). Put the key file back.") from error
        except (ValidationError, binascii.Error, ValueError) as error:
            raise KeysMissing(f"{path} is no key file of Lots. Put the right one back.") from error
        if keys.current not in keys.seal:
            raise KeysMissing(f"{path} names the current key {keys.current!r} but does not hold it.")
        return keys

    @classmethod
    def load_or_create(cls, data_dir: Path, env: str) -> "Keys":
        """The keys of this data folder. Outside production a missing file is made; in production that stops the start."""
        path = data_dir / FILE_NAME
        if not path.exists():
            if env == "production":
                raise KeysMissing(f"{path} is missing. Production never makes keys by itself: put the key file there.")
            data_dir.mkdir(parents=True, exist_ok=True)
            cls.new().save(path)
        return cls.load(path)

    def save(self, path: Path) -> None:
        """Writes the file whole, mode 0600. When another process made it first, theirs stands."""
        content = KeyFile(
            current=self.current,
            seal={k: _encode(v) for k, v in self.seal.items()},
            lookup=_encode(self.lookup),
            audit=_encode(self.audit),
        )
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content.model_dump(), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


class Cipher:
    """Seals and opens text with the keys of one instance."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ring = {key_id: AESGCM(key) for key_id, key in keys.seal.items()}

    @property
    def current_key(self) -> str:
        return self._keys.current

    def seal(self, text: str, context: str) -> str:
        """`key id.nonce and text`. `context` names the place, as in `message:01h…:body`; opening needs the same one."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ring[self._keys.current].encrypt(nonce, text.encode(), context.encode())
        return f"{self._keys.current}.{_encode(nonce + sealed)}"

    def open(self, value: str, context: str) -> str:
        key_id, _, body = value.partition(".")
        if key_id not in self._ring:
            raise UnknownKey(key_id)
        try:
            raw = _decode_any(body)
            return self._ring[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise SealBroken(context) from error

    def lookup(self, text: str) -> str:
        """A keyed hash: equal texts give equal values, and without the key nobody can try them out."""
        return hmac.new(self._keys.lookup, text.encode(), hashlib.sha256).hexdigest()


def _random() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode_any(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _decode(text: str) -> bytes:
    raw = _decode_any(text)
    if len(raw) != KEY_BYTES:
        raise ValueError("a key must be 32 bytes")
    return raw
