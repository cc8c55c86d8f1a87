"""The chain: each row's HMAC covers its own words, its number and the HMAC before it. Pure; the key lies outside the database."""

import json
from datetime import UTC, datetime
from typing import Final

from api.audit.tables import AuditRow
from common.crypto import Cipher

START: Final = ""
"""The HMAC before the first row."""


def link(cipher: Cipher, before: str, row: AuditRow, seq: int, sealed_at: datetime) -> str:
    """The row's HMAC as number `seq`, after a row whose HMAC is `before`."""
    words = [
        before,
        seq,
        _moment(sealed_at),
        row.id,
        _moment(row.at),
        row.action,
        row.actor,
        row.via,
        row.unit_id,
        row.object_id,
    ]
    return cipher.audit_mac(json.dumps(words, ensure_ascii=False, separators=(",", ":")))


def _moment(at: datetime) -> str:
    """The same on every database: UTC to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
