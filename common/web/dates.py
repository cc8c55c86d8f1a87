"""Moments as Swedes write them, in Europe/Stockholm: "i dag kl. 14.05". Knows no framework and reads no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

Text = Callable[..., str]
"""`text(key, **params)`: the catalogue of Swedish words, handed in by whoever composes."""

NEAR_DAYS = {-1: "time.yesterday", 0: "time.today", 1: "time.tomorrow"}


@dataclass(frozen=True)
class SwedishTime:
    """Writes moments and days. `now` decides what "i dag" is; every moment handed in must be aware."""

    text: Text
    now: Callable[[], datetime]
    zone: ZoneInfo

    def moment(self, value: datetime) -> str:
        """ "i dag kl. 14.05", "i morgon kl. 08.00" or "fredag 20 november kl. 14.05"."""
        local = self.local(value)
        return self.text("time.moment", day=self.day(local.date()), clock=self.clock(value))

    def day(self, value: date) -> str:
        """ "i dag", "i morgon", "i går", "fredag 20 november", with the year when it is another one."""
        today = self.today()
        near = NEAR_DAYS.get((value - today) // timedelta(days=1))
        return self.text(near) if near else self.full_day(value)

    def full_day(self, value: date) -> str:
        """ "fredag 20 november", never relative: for what is printed or copied."""
        words = {
            "weekday": self.text(f"time.weekday.{value.isoweekday()}"),
            "day": value.day,
            "month": self.text(f"time.month.{value.month}"),
        }
        if value.year == self.today().year:
            return self.text("time.day", **words)
        return self.text("time.day_and_year", year=value.year, **words)

    def full_moment(self, value: datetime) -> str:
        """ "fredag 20 november kl. 14.05", never relative."""
        return self.text("time.moment", day=self.full_day(self.local(value).date()), clock=self.clock(value))

    def clock(self, value: datetime) -> str:
        """ "14.05", with a full stop."""
        return f"{self.local(value):%H.%M}"

    def local(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be shown: make it aware where it is made")
        return value.astimezone(self.zone)

    def today(self) -> date:
        return self.local(self.now()).date()
