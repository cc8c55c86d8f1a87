"""What every command needs: knowledge, today, a table, an error in words, one thing done with the message API. Prints nothing by itself but tables."""

import sys
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from api.context import Api
    from common.errors import Fault
    from knowledge.bundle import Knowledge

T = TypeVar("T")
UnitTypeName = Literal[
    "home_help",
    "needs_assessor",
    "municipal_health",
    "primary_care",
    "regional_rehab",
    "psychiatric_outpatient",
    "specialist_outpatient",
    "ambulance",
    "inpatient_ward",
    "other_party",
]
PackId = Annotated[str, typer.Argument(help="a pack's id, as in `lots packs list`")]


def load() -> "Knowledge":
    from knowledge.bundle import load_knowledge

    return load_knowledge()


def today() -> date:
    from common.clock import SystemClock

    return SystemClock().now().astimezone(ZoneInfo("Europe/Stockholm")).date()


def show(table: Table) -> None:
    """As wide as the terminal; a pipe or a file gets room enough for a row a line."""
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def refuse(key: str, **params: object) -> int:
    """A text of the command line's as an error."""
    return fail(load().texts.text(f"cli.{key}", **params))


def in_words(fault: "Fault") -> str:
    """What is wrong with a setting, and what to do."""
    from common.settings import FOUND
    from knowledge.messages import what_is_wrong

    if fault.code != FOUND:
        return f"{fault.setting}: {load().texts.text(f'settings.fault.{fault.code}', **fault.params)}"
    limits = {name: value for name, value in fault.params.items() if name != "type"}
    told = what_is_wrong({"type": fault.params["type"], "loc": (), "msg": "", "input": None, "ctx": limits})
    return f"{fault.setting}: {told}"


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


async def with_api(work: "Callable[[Api], Awaitable[T]]") -> T:
    """Do one thing with the message API's own services, on a database that is migrated and, for the demo, filled."""
    from api.app import make_api
    from api.demo import load_when_empty
    from common.clock import SystemClock
    from common.crypto import Cipher
    from common.database import Database
    from common.log import configure
    from common.settings import Settings
    from knowledge.bundle import load_knowledge

    settings = Settings()
    configure("error")
    settings.check()
    cipher = Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        await db.migrate()
        api = make_api(settings, SystemClock(), db, load_knowledge(settings.knowledge_dir), cipher)
        await load_when_empty(api)
        return await work(api)
    finally:
        await db.close()
