"""Whom an account in a chat client speaks for: asked of the message API at every turn, so that revoking counts at once. Keeps nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.gateways.http import Door, Problem
from bot.ports import ApiDownError

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

    def quiet_until(self, now: datetime) -> datetime | None:
        """How long news must wait, or None; hours past midnight go on to the morning."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        local = now.astimezone(STOCKHOLM)
        begins, ends, time_now = self.quiet_from, self.quiet_to, local.time()
        if begins <= ends:
            if not begins <= time_now < ends:
                return None
            return local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0).astimezone(UTC)
        if ends <= time_now < begins:
            return None
        day = local.date() if time_now < ends else local.date() + timedelta(days=1)
        return datetime.combine(day, ends, STOCKHOLM).astimezone(UTC)


class _Redeem(BaseModel):
    code: str
    client: str
    account: str
    language: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a code does not hold, in the API's own words."""

    words: str


_ENROLLED: Final = TypeAdapter(Enrolled)


class Enrolments:
    """`nearer` answers as the API's own call does, without HTTP, where both are one process."""

    def __init__(
        self, door: Door, client: str, nearer: Callable[[str, str], Awaitable[object | None]] | None = None
    ) -> None:
        self._door = door
        self._client = client
        self._nearer = nearer

    async def whose(self, account: int | str) -> Enrolled | None:
        """None for an account that speaks for nobody. Raises ApiDownError."""
        if self._nearer is not None:
            near = await self._nearer(self._client, str(account))
            return None if near is None else Enrolled.model_validate(near, from_attributes=True)
        found = await self._door.get(
            _ENROLLED, f"{PATH}/{self._client}/{quote(str(account), safe='')}", self._door.behalf(None)
        )
        if isinstance(found, Problem):
            if found.status != NOBODY:
                raise ApiDownError(f"whose: {found.code}")
            return None
        return found

    async def redeem(self, code: str, account: int | str, language: str) -> Enrolled | Refusal:
        spoken = "en" if language.startswith("en") else "sv"
        body = _Redeem(code=code[:80], client=self._client, account=str(account), language=spoken)
        found = await self._door.post(
            _ENROLLED, f"{PATH}/redeem", self._door.behalf(None), body.model_dump_json().encode()
        )
        return Refusal(found.detail) if isinstance(found, Problem) else found
