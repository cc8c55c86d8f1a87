"""Our device at the homeserver: its name, its way in and the file of its keys, in the data folder and for its owner only. Logs in nowhere."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from bot.clients.matrix.homeserver import Shut
from common.crypto import Cipher
from common.errors import CryptoError

FOLDER: Final = "matrix"
FILE: Final = "device.json"
_PLACE: Final = "matrix:device"


@dataclass(frozen=True, slots=True)
class Device:
    user: str
    id: str
    token: str = field(repr=False)


class _Stored(BaseModel):
    user: str
    device: str
    token: str
    """Sealed."""


class DeviceFolder:
    """The keys themselves are written by Matrix' own library, encrypted with `pickle_key`."""

    def __init__(self, data_dir: Path, cipher: Cipher) -> None:
        self.path = data_dir / FOLDER
        self._cipher = cipher

    @property
    def pickle_key(self) -> str:
        """Derived from keys.json: the file of device keys opens with that and with nothing else."""
        return self._cipher.lookup("matrix:pickle")

    def keys_of(self, device_id: str) -> str:
        """The name of the device's file of keys; an empty one is made, for its owner only."""
        name = f"{''.join(sign for sign in device_id if sign.isalnum())}.sqlite3"
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path / name, os.O_CREAT | os.O_RDWR, 0o600))
        return name

    def read(self, user: str) -> Device | None:
        """The device of before; None when there is none, or its keys are gone: then it is of no use."""
        path = self.path / FILE
        if not path.exists():
            return None
        try:
            stored = _Stored.model_validate_json(path.read_bytes())
            token = self._cipher.open(stored.token, _PLACE)
        except (OSError, ValidationError, CryptoError) as error:
            raise Shut(
                f"{path} cannot be read ({type(error).__name__}). Put it back as it was together with keys.json, "
                "or remove the folder: Lots is then a new device."
            ) from None
        keys = self.path / self.keys_of(stored.device)
        return Device(user, stored.device, token) if stored.user == user and keys.stat().st_size else None

    def write(self, device: Device) -> None:
        sealed = self._cipher.seal(device.token, _PLACE)
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path / f"{FILE}.new"
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(_Stored(user=device.user, device=device.id, token=sealed).model_dump_json())
        fresh.replace(self.path / FILE)

    def seal_anew(self) -> None:
        """With the current key, when keys are rotated: this file is in no database."""
        path = self.path / FILE
        if path.exists():
            stored = _Stored.model_validate_json(path.read_bytes())
            self.write(Device(stored.user, stored.device, self._cipher.open(stored.token, _PLACE)))
