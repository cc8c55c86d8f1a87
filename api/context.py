"""What every part of the API works with: one frozen set of parts, made once by `create_app`. Does nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from api.limits import Limits
from api.messages.delivery import DeliveryPort
from api.messages.numbers import Numbers
from api.oidc.provider import Provider
from api.operations.metrics import Metrics
from api.units.index import UnitIndex
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.settings import Settings
from knowledge.bundle import Knowledge
from triage.allowed import Allowed
from triage.reading import Reader

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, repr=False)
class Api:
    """Shown by its name alone: a traceback that prints it would print all routines and every setting."""

    settings: Settings
    clock: Clock
    db: Database
    knowledge: Knowledge
    cipher: Cipher
    free_day: Callable[[date], bool]
    reader: Reader
    units: UnitIndex
    numbers: Numbers
    metrics: Metrics
    limits: Limits
    identity: Provider | None = None
    """The identity provider that people sign in at, where one is set."""
    port: DeliveryPort | None = None
    """The organisation's own system, where one is connected."""
    allowed: Allowed = field(default_factory=Allowed)

    def now(self) -> datetime:
        return self.clock.now()

    def today(self) -> date:
        """The day it is in Sweden."""
        return self.clock.now().astimezone(STOCKHOLM).date()


async def api_of(request: Request) -> Api:
    """Async, for what is not is run on a thread."""
    api: Api = request.app.state.api
    return api


ApiDep = Annotated[Api, Depends(api_of)]
