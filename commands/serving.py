"""The running product: `lots settings`, `lots serve` and `lots chat`."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.house import open_house
from commands.shared import UnitTypeName, fail, in_words, load

if TYPE_CHECKING:
    from types import FrameType

    from api.context import Api
    from common.settings import Settings


def settings() -> None:
    """Every setting and its value; secrets are not shown."""
    from common.settings import Settings, not_settings

    for fault in not_settings(os.environ):
        fail(in_words(fault))
    for name, value in sorted(Settings().summary().items()):
        print(f"{name}={value}")


def serve(
    host: Annotated[str | None, typer.Option()] = None, port: Annotated[int | None, typer.Option()] = None
) -> None:
    """Everything in one process: message API, staff's pages and chat."""
    from common.memory import begin_loading

    begin_loading()
    from common.settings import Settings

    given: dict[str, Any] = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = Settings(**given)
    tell(settings)
    asyncio.run(serving(settings))


def tell(settings: "Settings") -> None:
    """What was set, for whoever reads the log. A name that is no setting stops production: what it was to protect would not be."""
    from common.errors import UnsafeSettings
    from common.settings import not_settings

    wrong = not_settings(os.environ)
    if wrong and settings.production:
        raise UnsafeSettings(wrong)
    for line in (*map(in_words, wrong), *(f"{name}={value}" for name, value in sorted(settings.chosen().items()))):
        print(line, file=sys.stderr)


async def serving(settings: "Settings") -> None:
    import uvicorn

    from api.staff.service import make_sign_in_link
    from common.clock import SystemClock
    from common.log import configure
    from common.memory import end_loading

    class Server(uvicorn.Server):
        """Ends the browsers' streams when told to stop, so that nobody waits for them."""

        def handle_exit(self, sig: int, frame: "FrameType | None") -> None:
            house.bot.shell.news.close()
            house.api.db.bell.close()
            super().handle_exit(sig, frame)

    configure(settings.log_level)
    with listening(settings) as door:
        async with open_house(settings, SystemClock()) as house:
            texts = house.api.knowledge.texts
            print(texts.text("cli.ready", address=settings.address))
            if house.guest is not None:
                print(texts.text("cli.sign_in", person=await person_name(house.api, house.guest)))
                print(f"  {await make_sign_in_link(house.api, house.guest)}")
            print(texts.text("cli.stop"), flush=True)
            end_loading()
            config = uvicorn.Config(
                house.app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=10,
            )
            # uvicorn hands the signal on when it has stopped: what runs beside it is to end in order too, and leases to be given back
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            await Server(config).serve(sockets=[door])


@contextmanager
def listening(settings: "Settings") -> Iterator[socket.socket]:
    """The door to the world, opened before anything else: a taken port is said at once, in words."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        door = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = load().texts.text(
            "cli.port_taken", host=settings.host, port=settings.port, reason=error.strerror or ""
        )
        raise typer.Exit(fail(reason)) from None
    with door:
        # those accepted inherit it: an answer's body is not kept back until the caller has acknowledged its headers, which takes 40 ms
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield door


async def person_name(api: "Api", staff_id: str) -> str:
    from api.staff.tables import StaffRow

    async with api.db.read() as session:
        row = await session.get(StaffRow, staff_id)
    return row.name if row is not None else staff_id


def chat(
    pack: Annotated[str, typer.Option(help="the routine to talk by")] = "halland-2024",
    unit: Annotated[UnitTypeName, typer.Option(help="the type of unit you work at")] = "municipal_health",
) -> None:
    """A conversation in the terminal, with the message API behind it. Lines can be piped in."""
    from common.settings import Settings

    asyncio.run(chatting(Settings(log_level="error"), pack, unit))


async def chatting(settings: "Settings", pack_id: str, unit_type: str) -> None:
    from api.demo import person_at
    from bot.clients.console import run_console
    from common.clock import SystemClock
    from common.log import configure
    from knowledge.vocabulary import UnitType

    configure(settings.log_level)
    async with open_house(settings, SystemClock()) as house:
        knowledge, texts = house.api.knowledge, house.api.knowledge.texts
        pack = knowledge.registry.pack(pack_id)
        current = knowledge.registry.in_force(pack.region, house.api.today())
        if house.guest is None:
            raise typer.Exit(fail(texts.text("cli.production")))
        if current is not pack:
            words = texts.text(
                "cli.not_in_force", pack=pack.id, region=pack.name, current=current.id if current else "–"
            )
            raise typer.Exit(fail(words))
        units = [u for u in knowledge.directory.units if u.region == pack.region and u.type is UnitType(unit_type)]
        if not units:
            raise typer.Exit(fail(texts.text("cli.no_unit", type=unit_type, region=pack.name)))
        await run_console(house.bot.shell, await person_at(house.api, units[0].id), texts)
