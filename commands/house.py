"""The whole product put together over one database: message API, pages, chat and timed work. Listens to nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.context import Api
    from bot.assemble import Bot
    from common.clock import Clock
    from common.settings import Settings


@dataclass(frozen=True)
class House:
    """The whole product over one database, put together but not listening."""

    app: "FastAPI"
    api: "Api"
    bot: "Bot"
    guest: str | None
    """The demo's person to sign in as; None in production."""


@asynccontextmanager
async def open_house(settings: "Settings", clock: "Clock") -> "AsyncIterator[House]":
    """Migrated, with demo data when it is empty and no production; timed work runs until the end."""
    import httpx2

    from api.app import create_app
    from api.demo import load_when_empty
    from api.messages import unloaded
    from api.pages.routes import add_pages, make_pages
    from api.staff.service import bot_key
    from api.units.service import check_ports
    from api.worker import loops, schedule
    from bot.assemble import TEMPLATES, Ground, make_bot, matrix_of, telegram_of
    from bot.gateways.http import Door
    from commands.inside import EnrolledInside, Inside, NearInside
    from common.crypto import Cipher
    from common.database import Database
    from common.memory import keep_loaded
    from knowledge.bundle import load_knowledge

    keep_loaded()
    settings.check()
    knowledge = load_knowledge(settings.knowledge_dir)
    cipher = Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        await db.migrate()
        app = create_app(settings, clock, db, knowledge, cipher)
        add_pages(app)
        parts: Api = app.state.api
        await check_ports(parts)
        await unloaded.warn(parts)
        loaded = await load_when_empty(parts)
        inside = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=inside, base_url="http://lots") as client:
            ground = Ground(db, cipher, clock, knowledge, parts.reader, parts.free_day)
            door = Door(client, await bot_key(parts))
            bot = make_bot(
                ground,
                door,
                settings.trusted_clients,
                telegram_of(settings),
                nearer=EnrolledInside(parts),
                matrix=matrix_of(settings),
                near=NearInside(parts, app.state.scenes, door),
            )
            for router in bot.routers(make_pages(parts, (TEMPLATES,)), Inside(parts)):
                app.include_router(router)
            await schedule(parts)
            async with working(*loops(parts), *bot.loops):
                yield House(app, parts, bot, loaded.guest if loaded else None)
    finally:
        await db.close()


@asynccontextmanager
async def working(*loops: "Callable[[asyncio.Event], Coroutine[Any, Any, None]]") -> "AsyncIterator[None]":
    """Runs the loops beside what happens inside, and lets each finish what it has begun."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
