"""How often someone may ask, by key, person or address. Counts in memory, by the clock it is given; decides nothing else.

Each process counts for itself: a limit is there to stop a flood or a guesser, not to be exact. Nobody is ever shut out for what others
do in her name: refusals are counted by address and account together, and whoever proves who she is never counts as refused.
"""

import ipaddress
from enum import Enum
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from api.errors import TooManyRequests
from common.clock import Clock
from common.settings import Settings

CROWDED: Final = 20_000
"""Counters before those that are over are swept out."""
IPV6_NETWORK: Final = 64
"""One household or ward has as many addresses as it likes in one of these."""


class Kind(Enum):
    """What is counted, and by whom."""

    KEY = "calls by a program's key"
    PERSON = "calls by a person in a browser"
    WRITE = "changes by a person in a browser"
    SIGN_IN = "sign-ins from one address that failed"
    REFUSED = "wrong keys from one address"
    STRANGER = "sign-ins of one account, from one address, whom nobody here knows"
    REDEEM = "codes that one chat account gets wrong"
    EXTRACT = "extracts of what is kept about people, by one person or key"


class Limits:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._memory = _Memory(clock)
        self._counters = FixedWindowRateLimiter(self._memory)
        self._items: dict[Kind, RateLimitItem] = {
            Kind.KEY: RateLimitItemPerMinute(settings.limit_key),
            Kind.PERSON: RateLimitItemPerMinute(settings.limit_person),
            Kind.WRITE: RateLimitItemPerMinute(settings.limit_writes),
            Kind.SIGN_IN: RateLimitItemPerMinute(settings.limit_sign_in),
            Kind.REFUSED: RateLimitItemPerMinute(settings.limit_refused),
            Kind.STRANGER: RateLimitItemPerMinute(settings.limit_failures, 15),
            Kind.REDEEM: RateLimitItemPerMinute(settings.limit_failures, 15),
            Kind.EXTRACT: RateLimitItemPerHour(settings.limit_extracts),
        }

    def count(self, kind: Kind, *who: str) -> None:
        """One more of these. Raises TooManyRequests when that is more than may be."""
        if not self._counters.hit(self._items[kind], kind.name, *who):
            self._raise(kind, who)

    def check(self, kind: Kind, *who: str) -> None:
        """Raises TooManyRequests when there have been too many already; counts nothing."""
        if not self._counters.test(self._items[kind], kind.name, *who):
            self._raise(kind, who)

    @property
    def remembered(self) -> int:
        """How many counters there are."""
        return len(self._memory)

    def _raise(self, kind: Kind, who: tuple[str, ...]) -> None:
        ends = self._counters.get_window_stats(self._items[kind], kind.name, *who).reset_time
        raise TooManyRequests(seconds=max(1, round(ends - self._clock.now().timestamp())))


def network(address: str) -> str:
    """What counts as one address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False).network_address)
    return address


class _Memory(Storage):
    """The library's counters by our clock: key → how many, until when."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock.now().timestamp()
        count, ends = self._counts.get(key, (0, 0.0))
        if ends <= now:
            if len(self._counts) >= CROWDED:
                self._sweep(now)
            count, ends = 0, now + expiry
        self._counts[key] = (count + amount, ends)
        return count + amount

    def get(self, key: str) -> int:
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > self._clock.now().timestamp() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, self._clock.now().timestamp()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        dropped = len(self._counts)
        self._counts.clear()
        return dropped

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)

    def _sweep(self, now: float) -> None:
        self._counts = {key: found for key, found in self._counts.items() if found[1] > now}
