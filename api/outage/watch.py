"""Looks whether the message systems answer, and at what time brings. One process at a time asks each; nobody is told here but through the state."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

import httpx2
import structlog
from sqlalchemy import or_, update
from sqlmodel import col, select

from api.context import Api
from api.messages.delivery import Delivery
from api.outage import calls, ending
from api.outage.schemas import OutageOut
from api.outage.tables import CheckRow
from api.units.tables import DeliverySettingRow, UnitRow
from common.database import insert_new
from common.errors import DatabaseUnavailable
from common.outbox import rest
from triage.outage.health import Change, Health, Limits, checked

EVERY: Final = timedelta(minutes=1)
PAUSE: Final = 10.0
"""Seconds between rounds. What each round does it does once, however many processes there are."""
PATIENCE: Final = 5.0
SERVER_ERROR: Final = 500

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Target:
    region: str
    organisation: str | None = None

    @property
    def key(self) -> str:
        return f"{self.region}/{self.organisation or ''}"


@runtime_checkable
class AnsweringPort(Protocol):
    """A delivery port that can tell whether its system answers."""

    async def answers(self, organisation: str) -> bool: ...


class Watch:
    """`probes`: how to ask each system; those of the settings and of the port are added when it runs."""

    def __init__(self, api: Api, probes: Mapping[Target, Probe] | None = None, limits: Limits | None = None) -> None:
        self._api = api
        self._given = dict(probes or {})
        self._limits = limits or Limits()
        self._log = structlog.get_logger("outage")

    async def run(self, stop: asyncio.Event) -> None:
        async with AsyncExitStack() as doors:
            client = await doors.enter_async_context(_client()) if self._api.settings.outage_checks else None
            while not stop.is_set():
                try:
                    await self.look(client)
                except DatabaseUnavailable as error:
                    self._log.warning("outage watch waits", reason=error.reason)
                except Exception as error:  # noqa: BLE001 - the outer edge: a watch that has died looks like good health
                    self._log.error("outage watch failed", exc_info=error)
                await rest(stop, PAUSE)

    async def look(self, client: httpx2.AsyncClient | None = None) -> None:
        """One round: every system whose turn it is, then what time brings."""
        for target, probe in (await self._probes(client)).items():
            if await self._take(target):
                await self._note(target, passed=await _ask(probe))
        await ending.tend(self._api)
        await calls.tend(self._api)

    async def _probes(self, client: httpx2.AsyncClient | None) -> dict[Target, Probe]:
        found = dict(self._given)
        if client is not None:
            for region, url in self._api.settings.outage_checks.items():
                found[Target(region)] = _by_http(client, url)
        port: object = self._api.port
        if isinstance(port, AnsweringPort):
            for target in await self._ported():
                found[target] = _by_port(port, target.organisation or "")
        return found

    async def _ported(self) -> list[Target]:
        wanted = (
            select(UnitRow.region, UnitRow.organisation)
            .distinct()
            .where(
                col(UnitRow.organisation) == col(DeliverySettingRow.organisation),
                DeliverySettingRow.delivery == Delivery.PORT,
            )
        )
        async with self._api.db.read() as session:
            return [Target(*found) for found in (await session.exec(wanted)).all()]

    async def _take(self, target: Target) -> bool:
        """Whether this process asks now: only one does in each turn."""
        now = self._api.now()
        turn = or_(col(CheckRow.checked_at).is_(None), col(CheckRow.checked_at) <= now - EVERY)
        async with self._api.db.write() as session:
            await insert_new(session, CheckRow(target=target.key))
            mine = update(CheckRow).where(col(CheckRow.target) == target.key, turn).values(checked_at=now)
            return bool((await session.exec(mine)).rowcount)

    async def _note(self, target: Target, *, passed: bool) -> None:
        now = self._api.now()
        async with self._api.db.write() as session:
            await self._api.db.lock(session, f"outage:{target.region}")
            row = await session.get(CheckRow, target.key, with_for_update=True)
            if row is None:
                return
            before = Health(row.passing, row.run, row.since, row.down, row.told_at)
            after, change = checked(before, passed=passed, now=now, limits=self._limits)
            row.passing, row.run, row.since = after.passing, after.run, after.since
            row.down, row.told_at = after.down, after.told_at
            session.add(row)
            if change is not None:
                begins = change is Change.BEGINS
                await ending.by_check(self._api, target.region, target.organisation, session, begins=begins)
        if change is not None:
            self._log.warning("outage", target=target.key, change=change)


def _client() -> httpx2.AsyncClient:
    """Made only where a system is asked over HTTP: what it needs of encryption takes a while to load."""
    return httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False)


async def _ask(probe: Probe) -> bool:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(PATIENCE):
            return await probe()
    return False


def _by_http(client: httpx2.AsyncClient, url: str) -> Probe:
    async def ask() -> bool:
        return (await client.get(url)).status_code < SERVER_ERROR

    return ask


def _by_port(port: AnsweringPort, organisation: str) -> Probe:
    async def ask() -> bool:
        return await port.answers(organisation)

    return ask


async def quiet_since(api: Api, outage: OutageOut) -> datetime | None:
    """Since when the checks have passed without a break although the outage is open: what an administrator is shown.

    Where it was they that found it, or where they failed while it lasted.
    """
    async with api.db.read() as session:
        row = await session.get(CheckRow, Target(outage.region, outage.organisation).key)
    if row is None or row.since is None or not row.passing:
        return None
    return row.since if row.down or (outage.started_at is not None and row.since > outage.started_at) else None
