"""The exported heads: a small file in the data folder that says how long the chain was and how it ended. Only ever appended to.

Whoever can write to the database cannot shorten the chain without this file saying so. Each line is signed with the audit key.
Copy the file elsewhere now and then: then whoever can also write to the data folder cannot shorten it unseen either.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from common.crypto import Cipher
from common.errors import CommonError

FILE_NAME: Final = "audit-heads.jsonl"
Kind = Literal["head", "restore"]


class HeadsBroken(CommonError):  # noqa: N818 - says what happened
    def __init__(self, file: Path, line: int) -> None:
        reason = f"line {line} is no head that Lots signed with this audit key" if line else "it cannot be read"
        super().__init__(f"{file}: {reason}")


class Head(BaseModel):
    """`restore`: the database was restored from a backup that ended here, so longer heads before this line no longer hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    seq: int
    mac: str
    at: str
    signature: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the file demands of the chain: the HMAC at each exported number; and how many rows restores have taken away."""

    macs: dict[int, str]
    lost: int
    last: int


class Heads:
    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self.file = folder / FILE_NAME
        self._cipher = cipher

    def append(self, kind: Kind, seq: int, mac: str, at: datetime) -> None:
        moment = at.isoformat()
        head = Head(kind=kind, seq=seq, mac=mac, at=moment, signature=self._sign(kind, seq, mac, moment))
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, self._after_half_a_line() + head.model_dump_json().encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def _after_half_a_line(self) -> bytes:
        """A process that was killed while writing may have left half a line; the next one begins anew."""
        with self.file.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return b""
            file.seek(-1, os.SEEK_END)
            return b"" if file.read(1) == b"\n" else b"\n"

    def read(self, copy: Path | None = None) -> Anchors:
        """Of the file, or of a copy from elsewhere. A half line, from a process that was killed, is passed over.

        Raises HeadsBroken at a whole line that was not signed by us, and for a copy that cannot be read.
        """
        file = copy or self.file
        if copy is None and not file.exists():
            return Anchors({}, 0, 0)
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                return _anchors(self._heads(file, lines))
        except OSError as error:
            raise HeadsBroken(file, 0) from error

    def _heads(self, file: Path, lines: Iterable[str]) -> Iterator[Head]:
        for number, line in enumerate(lines, 1):
            if not line.rstrip().endswith("}"):
                continue
            try:
                head = Head.model_validate_json(line)
            except ValidationError:
                raise HeadsBroken(file, number) from None
            if not compare_digest(head.signature, self._sign(head.kind, head.seq, head.mac, head.at)):
                raise HeadsBroken(file, number)
            yield head

    def _sign(self, kind: str, seq: int, mac: str, at: str) -> str:
        return self._cipher.audit_mac(json.dumps(["head", kind, seq, mac, at]))


def _anchors(heads: Iterable[Head]) -> Anchors:
    macs: dict[int, str] = {}
    lost = last = 0
    for head in heads:
        if head.kind == "restore":
            lost += max(0, last - head.seq)
            macs = {seq: mac for seq, mac in macs.items() if seq <= head.seq}
        last = head.seq
        if head.seq:
            macs[head.seq] = head.mac
    return Anchors(macs, lost, max(macs, default=0))
