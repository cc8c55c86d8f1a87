"""The peer of `bench telegram`: a bare python-telegram-bot echo by webhook. Its address and the Bot API's come in by the environment."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from telegram import Update
from telegram.ext import AIORateLimiter, ApplicationBuilder, ContextTypes, MessageHandler, filters


def echo() -> FastAPI:
    """`ECHO_PER_SECOND`: with the same limiter as Lots, at so many messages a second; without it there is none."""
    built: Any = (
        ApplicationBuilder()
        .token(os.environ["ECHO_TOKEN"])
        .base_url(f"{os.environ['ECHO_API']}/bot")
        .connection_pool_size(256)
        .updater(None)
    )
    if limit := os.environ.get("ECHO_PER_SECOND"):
        built = built.rate_limiter(AIORateLimiter(overall_max_rate=float(limit)))
    application = built.build()

    async def answer(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.text:
            await update.message.reply_text(update.message.text)

    application.add_handler(MessageHandler(filters.ALL, answer))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with application:
            await application.bot.set_webhook(os.environ["ECHO_URL"] + "/hook", max_connections=100)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/api/v1/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/hook")
    async def hook(request: Request) -> dict[str, str]:
        body: dict[str, Any] = await request.json()
        await application.process_update(Update.de_json(body, application.bot))
        return {}

    return app
