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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, ValidationError

from common.errors import Fault, KeysMissing, SealBroken, UnknownKey, UnsafeSettings
from common.files import sync_folder

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
            try:
                data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                cls.new().save(path)
            except OSError as error:
                fault = Fault("LOTS_DATA_DIR", "not_writable", {"path": str(data_dir), "reason": str(error.strerror)})
                raise UnsafeSettings((fault,)) from error
        return cls.load(path)

    def with_new(self) -> "Keys":
        """A new sealing key becomes the current one; the others still open what they sealed."""
        made = Keys.new()
        return replace(self, current=made.current, seal={**self.seal, **made.seal})

    def only_current(self) -> "Keys":
        return replace(self, seal={self.current: self.seal[self.current]})

    @property
    def ids(self) -> frozenset[str]:
        """The sealing keys, and a name for each of the other two that tells nothing of them."""
        return frozenset(self.seal) | {_name("l", self.lookup), _name("a", self.audit)}

    @property
    def fixed_ids(self) -> tuple[str, str]:
        """The names of the lookup and the audit key, which are never changed."""
        return _name("l", self.lookup), _name("a", self.audit)

    def save(self, path: Path) -> None:
        """Writes the file whole, mode 0600. When another process made it first, theirs stands."""
        draft = self._draft(path)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def save_over(self, path: Path) -> None:
        """Puts these keys in place of the file, whole or not at all."""
        try:
            draft = self._draft(path)
        except OSError as error:
            raise KeysMissing(f"{path} cannot be written anew ({error.strerror}). Nothing was changed.") from error
        try:
            draft.replace(path)
        except OSError as error:
            draft.unlink()
            raise KeysMissing(f"{path} cannot be replaced ({error.strerror}). Nothing was changed.") from error
        sync_folder(path.parent)

    def _draft(self, path: Path) -> Path:
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
        return draft


class Cipher:
    """Seals and opens text with the keys of one instance. With a file it follows that file, so that keys can be rotated meanwhile."""

    def __init__(self, keys: Keys, file: Path | None = None) -> None:
        self._file = file
        self._stamp = _stamp(file)
        self._take(keys)

    @classmethod
    def of_folder(cls, data_dir: Path, env: str) -> "Cipher":
        """The keys of the data folder, followed as they change."""
        keys = Keys.load_or_create(data_dir, env)
        cipher = cls(keys, data_dir / FILE_NAME)
        cipher._stamp = None  # a change between the two lines above is seen at the first use
        return cipher

    def _take(self, keys: Keys) -> None:
        self._keys = keys
        self._ring = {key_id: AESGCM(key) for key_id, key in keys.seal.items()}

    def _follow(self) -> None:
        """Takes the file's keys when it has changed. A file that cannot be read now is tried again at the next use."""
        if self._file is None or (stamp := _stamp(self._file)) is None or stamp == self._stamp:
            return
        try:
            self._take(Keys.load(self._file))
        except KeysMissing:
            return
        self._stamp = stamp

    @property
    def current_key(self) -> str:
        self._follow()
        return self._keys.current

    @property
    def fixed_ids(self) -> tuple[str, str]:
        return self._keys.fixed_ids

    @property
    def key_ids(self) -> frozenset[str]:
        return self._keys.ids

    def seal(self, text: str, context: str) -> str:
        """`key id.nonce and text`. `context` names the place, as in `message:01h…:body`; opening needs the same one."""
        self._follow()
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ring[self._keys.current].encrypt(nonce, text.encode(), context.encode())
        return f"{self._keys.current}.{_encode(nonce + sealed)}"

    def open(self, value: str, context: str) -> str:
        key_id, _, body = value.partition(".")
        if key_id not in self._ring:
            self._follow()
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

    def audit_mac(self, text: str) -> str:
        """A keyed hash with the audit key, which chains the audit's rows."""
        return hmac.new(self._keys.audit, text.encode(), hashlib.sha256).hexdigest()


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """What changes when the file is replaced."""
    try:
        found = None if file is None else os.stat(file)  # noqa: PTH116 - on the path of every seal
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_ino)


def _name(kind: str, key: bytes) -> str:
    return kind + hmac.new(key, b"name", hashlib.sha256).hexdigest()[:8]


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
