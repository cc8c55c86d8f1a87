"""What Telegram says of whoever opened a page inside it: its signature and age checked, and nothing else believed. Pure.

The fields come from the page, so from anyone; only the bot's token makes the signature (core.telegram.org/bots/webapps).
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

LONGEST: Final = 4096
OLDEST: Final = timedelta(minutes=10)
AHEAD: Final = timedelta(minutes=1)
"""How far Telegram's clock may be before ours."""


class _User(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The account that opened the page, and the signature: the same however its fields are ordered, so what tells one opening from another."""

    account: int
    signature: str


def opened_by(init_data: str, token: str, now: datetime) -> Opened | None:
    """None for what Telegram did not sign, or signed too long ago."""
    if not token or len(init_data) > LONGEST:
        return None
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        return None
    signature = fields.pop("hash", "")
    if not hmac.compare_digest(_signature(fields, token).encode(), signature.encode()):
        return None
    account = _user(fields) if _is_fresh(fields.get("auth_date", ""), now) else None
    return None if account is None else Opened(account, signature)


def _signature(fields: dict[str, str], token: str) -> str:
    told = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()


def _is_fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        return False
    at = datetime.fromtimestamp(int(stamp), UTC)
    return now - OLDEST <= at <= now + AHEAD


def _user(fields: dict[str, str]) -> int | None:
    try:
        return _User.model_validate_json(fields.get("user", "")).id
    except ValidationError:
        return None
