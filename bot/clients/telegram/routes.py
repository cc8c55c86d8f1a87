"""Where Telegram brings updates: the secret is checked before anything is read. Answers 503 for what must be brought again."""

import hmac
from json import JSONDecodeError, loads
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from telegram.error import TelegramError

from bot.clients.telegram.running import WEBHOOK_PATH, Telegram

SHOWN_WITH: Final = "X-Telegram-Bot-Api-Secret-Token"
LIMIT_BYTES: Final = 256 * 1024


def webhook_router(telegram: Telegram) -> APIRouter:
    """The one route, there in webhook mode; in polling mode nobody may bring updates."""
    router = APIRouter()
    expected = telegram.settings.webhook_secret.encode()

    async def take_update(request: Request) -> Response:
        given = request.headers.get(SHOWN_WITH, "").encode()
        if telegram.settings.mode != "webhook" or not expected or not hmac.compare_digest(given, expected):
            return Response(status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LIMIT_BYTES:
                return Response(status_code=413)
        try:
            update = loads(body)
            taken = isinstance(update, dict) and await telegram.take_json(update)
        except (JSONDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError, TelegramError):
            return Response(status_code=422)
        return Response(status_code=200 if taken else 503)

    # a plain route: nothing stands between Telegram and the check
    router.add_route(WEBHOOK_PATH, take_update, methods=["POST"], include_in_schema=False)
    return router
