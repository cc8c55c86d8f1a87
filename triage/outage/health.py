"""From checks that pass and fail to an outage that begins and ends, with patience: a blip is none, and flapping is told once. Pure.

An outage begins after `failures` failed checks in a row over at least `failing_for`. It ends after `passes` passed ones in a row over at
least `calm`. Whatever the checks say, they alone change what everyone is told at most once in `hour_between`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Change(StrEnum):
    BEGINS = "begins"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Limits:
    failures: int = 5
    failing_for: timedelta = timedelta(minutes=5)
    passes: int = 5
    calm: timedelta = timedelta(minutes=15)
    between: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """What is remembered between checks. `since` is when the present run of passes or failures began."""

    passing: bool = True
    run: int = 0
    since: datetime | None = None
    down: bool = False
    told_at: datetime | None = None
    """When the checks last changed what everyone is told."""


def checked(health: Health, *, passed: bool, now: datetime, limits: Limits) -> tuple[Health, Change | None]:
    """The health after one more check, and what it changed."""
    same = health.since is not None and passed == health.passing
    since = health.since if same and health.since is not None else now
    seen = replace(health, passing=passed, run=health.run + 1 if same else 1, since=since)
    change = _change(seen, now, limits)
    if change is None:
        return seen, None
    return replace(seen, down=change is Change.BEGINS, told_at=now), change


def _change(health: Health, now: datetime, limits: Limits) -> Change | None:
    if health.since is None or (health.told_at is not None and now - health.told_at < limits.between):
        return None
    lasted = now - health.since
    if not health.down and not health.passing and health.run >= limits.failures and lasted >= limits.failing_for:
        return Change.BEGINS
    if health.down and health.passing and health.run >= limits.passes and lasted >= limits.calm:
        return Change.ENDS
    return None
