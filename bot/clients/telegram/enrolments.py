"""Whom an account in Telegram speaks for: asked of the message API at every turn, so that revoking counts at once. Keeps nothing."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.gateways.http import Door, Problem

CLIENT: Final = "telegram"
PATH: Final = "/api/v1/enrolments"
STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
NOBODY: Final = 404


class Enrolled(BaseModel):
    """As the API tells it: the person, her language here, and when she is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    staff_id: str
    language: str = "sv"
    quiet_from: time | None = None
    quiet_to: time | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether news must wait; hours past midnight go on to the morning."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        local = now.astimezone(STOCKHOLM).time()
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= local < self.quiet_to
        return local >= self.quiet_from or local < self.quiet_to


class _Redeem(BaseModel):
    code: str
    client: str = CLIENT
    account: str
    language: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a code does not hold, in the API's own words."""

    words: str


_ENROLLED: Final = TypeAdapter(Enrolled)


class Enrolments:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def whose(self, account: int) -> Enrolled | None:
        """None for an account that speaks for nobody. Raises ApiDownError."""
        found = await self._door.get(_ENROLLED, f"{PATH}/{CLIENT}/{account}", self._door.behalf(None))
        if isinstance(found, Problem):
            return None
        return found

    async def redeem(self, code: str, account: int, language: str) -> Enrolled | Refusal:
        body = _Redeem(code=code[:80], account=str(account), language="en" if language.startswith("en") else "sv")
        found = await self._door.post(
            _ENROLLED, f"{PATH}/redeem", self._door.behalf(None), body.model_dump_json().encode()
        )
        return Refusal(found.detail) if isinstance(found, Problem) else found
