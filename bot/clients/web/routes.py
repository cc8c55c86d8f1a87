"""The chat page: shown by the server, sent by forms, live by server-sent events when there is a script. Decides nothing.

Without a script every tap is a post that leads back to the page; with one, `chat.js` does the same without leaving it.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from bot.clients.visitors import Directory, Visitor, visitor_of
from bot.clients.web.around import around, person
from bot.clients.web.view import Box, bubbles
from bot.events import ChoicePicked, CommandGiven, CommandName, Incoming, PersonEvent, TextSaid
from bot.gateways.records import Owner
from bot.ports import ApiDownError
from bot.render import Texts
from bot.turn import Shell, TooBusy
from common.errors import DatabaseUnavailable
from common.ids import new_id
from common.web.forms import Form, FormError, FormSizeError, read_form
from common.web.pages import SESSION_COOKIE, VISITOR_COOKIE, Pages
from common.web.pages import Shell as Layout

CLIENT: Final = "web"
TEMPLATES: Final = Path(__file__).parent / "templates"
LINES_SHOWN: Final = 200
LIMIT_TEXT: Final = 20_000
LIMIT_ONCE: Final = 64
LOOK_SECONDS: Final = 3.0
STREAM_SECONDS: Final = 600.0
LONGEST_NUMBER: Final = 18
"""Digits of a line number that a database can hold."""
COMMANDS: Final = (
    CommandName.MESSAGES,
    CommandName.PRACTICE,
    CommandName.RESTART,
    CommandName.PROFILE,
    CommandName.HELP,
)
"""Offered under the box on every screen."""


class Connection(Protocol):
    """As much of a request as a stream needs."""

    async def is_disconnected(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Everything the page's routes work with."""

    shell: Shell
    directory: Directory
    pages: Pages
    texts: Texts
    sign_in: str = "/sign-in"


def chat_page_router(page: ChatPage) -> APIRouter:
    """`/chat` and `/chat/stream`, to be included in the server's app."""
    router = APIRouter(include_in_schema=False)

    @router.get("/chat")
    async def show(request: Request) -> Response:
        return await _show(request, page)

    @router.post("/chat")
    async def send(request: Request) -> Response:
        return await _send(request, page)

    @router.get("/chat/stream")
    async def stream(request: Request) -> Response:
        return await _stream(request, page)

    return router


# ── showing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _show(request: Request, page: ChatPage) -> Response:
    try:
        visitor = await visitor_of(request, page.directory)
    except ApiDownError:
        return _trouble(request, page, "api_unreachable", Form(()))
    if visitor is None:
        return page.pages.go(page.sign_in)
    try:
        await _greet(visitor, page)
        return await _conversation(request, page, visitor, Box(new_id()))
    except ApiDownError:
        return _trouble(request, page, "api_unreachable", Form(()), visitor)
    except TooBusy:
        return _trouble(request, page, "busy", Form(()), visitor)
    except DatabaseUnavailable:
        return _trouble(request, page, "database_unavailable", Form(()), visitor)


async def _greet(visitor: Visitor, page: ChatPage) -> None:
    """A conversation without lines begins with Lots' own words. The id makes two openings of the page one greeting."""
    (conversation_id, owner), language = _place(visitor), visitor.profile.language
    newest, erased = await page.shell.store.newest(conversation_id)
    if newest < max(erased, 1):
        start = Incoming(conversation_id, f"start:{newest}", CommandGiven(CommandName.START), language)
        await page.shell.take(start, owner)


async def _conversation(request: Request, page: ChatPage, visitor: Visitor, box: Box, *, status: int = 200) -> Response:
    conversation_id, _ = _place(visitor)
    lines = await page.shell.store.lines(conversation_id, limit=LINES_SHOWN)
    stored = (await page.shell.store.open(conversation_id, "")).stored
    offered = frozenset(offer.id for offer in stored.conversation.offered) if stored else frozenset()
    values: dict[str, object] = {
        "bubbles": bubbles(lines, offered),
        "newest": lines[-1].number if lines else 0,
        "cut": len(lines) == LINES_SHOWN,
        "box": box,
        "commands": [str(name) for name in COMMANDS],
        "limit": LIMIT_TEXT,
    }
    voice = page.pages.voice(request, visitor.profile.language)
    layout = await around(request, page.directory, visitor)
    return page.pages.show(request, "chat.html", layout, values, status=status, voice=voice)


def _trouble(
    request: Request, page: ChatPage, code: str, form: Form, visitor: Visitor | None = None, status: int = 503
) -> Response:
    """A page that needs neither database nor API, with everything that was written, ready to be sent again."""
    voice = page.pages.voice(request, visitor.profile.language if visitor else None)
    values: dict[str, object] = {
        "sign_in": page.sign_in if code == "not_signed_in" else None,
        "problem": voice.text(f"web.problem.{code}", limit=LIMIT_TEXT),
        "box": Box(form.get("once") or new_id(), form.get("text")),
        "again": {name: form.get(name) for name in ("choice", "command") if form.get(name)},
        "posted": bool(form.fields),
    }
    layout = Layout(person(visitor) if visitor else None)
    return page.pages.show(request, "trouble.html", layout, values, status=status, voice=voice)


def _place(visitor: Visitor) -> tuple[str, Owner]:
    return f"{CLIENT}:{visitor.profile.staff_id}", visitor.owner(CLIENT)


# ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _send(request: Request, page: ChatPage) -> Response:
    try:
        form = await read_form(request)
    except FormError as error:
        code = "body_too_large" if isinstance(error, FormSizeError) else "form_unreadable"
        return _trouble(request, page, code, Form(()), status=error.status)
    try:
        visitor = await visitor_of(request, page.directory)
    except ApiDownError:
        return _trouble(request, page, "api_unreachable", form)
    if visitor is None:
        return _trouble(request, page, "not_signed_in", form, status=401)
    binding = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)
    if not page.pages.csrf.valid(binding, form.get("csrf")):
        return _trouble(request, page, "form_expired", form, visitor, status=403)
    return await _take(request, page, visitor, form)


async def _take(request: Request, page: ChatPage, visitor: Visitor, form: Form) -> Response:
    event = _event(form)
    if event is None or not 1 <= len(form.get("once")) <= LIMIT_ONCE:
        return _trouble(request, page, "form_unreadable", form, visitor, status=400)
    if isinstance(event, TextSaid) and len(event.text) > LIMIT_TEXT:
        return _trouble(request, page, "body_too_large", form, visitor, status=413)
    conversation_id, owner = _place(visitor)
    try:
        said = Incoming(conversation_id, f"form:{form.get('once')}", event, visitor.profile.language)
        await page.shell.take(said, owner)
    except TooBusy:
        return _trouble(request, page, "busy", form, visitor)
    except DatabaseUnavailable:
        return _trouble(request, page, "database_unavailable", form, visitor)
    return page.pages.go("/chat#senaste")


def _event(form: Form) -> PersonEvent | None:
    """A tapped button goes before what may stand in the box."""
    if form.get("command"):
        known = form.get("command") in {str(name) for name in CommandName}
        return CommandGiven(CommandName(form.get("command"))) if known else None
    if form.get("choice"):
        return ChoicePicked(form.get("choice"))
    return TextSaid(form.get("text"))


# ── live ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _stream(request: Request, page: ChatPage) -> Response:
    """Numbers of new lines, never their text: the page fetches itself anew. Goes on after `Last-Event-ID` in any process."""
    try:
        visitor = await visitor_of(request, page.directory)
    except ApiDownError:
        return Response(status_code=503, headers={"Retry-After": "5"})
    if visitor is None:
        return Response(status_code=401)
    given = request.headers.get("last-event-id") or request.query_params.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER else 0
    conversation_id, _ = _place(visitor)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    numbers = events(request, page.shell, conversation_id, after)
    return StreamingResponse(numbers, media_type="text/event-stream", headers=headers)


async def events(connection: Connection, shell: Shell, conversation_id: str, after: int) -> AsyncGenerator[str]:
    """Holds no database session while waiting, and ends when the server stops or after a while (the browser comes back)."""
    ends = asyncio.get_running_loop().time() + STREAM_SECONDS
    yield "retry: 2000\n\n"
    _, erased = await _newest(shell, conversation_id, (after, 0))
    with shell.news.listen(conversation_id) as listening:
        while not await connection.is_disconnected():
            newest, gone = await _newest(shell, conversation_id, (after, erased))
            if newest > after or gone > erased:
                after, erased = newest, gone
                yield f"id: {newest}\ndata: {newest} {gone}\n\n"
            else:
                yield ":\n\n"
            if shell.news.closed or asyncio.get_running_loop().time() > ends:
                return
            await listening.wait(LOOK_SECONDS)


async def _newest(shell: Shell, conversation_id: str, known: tuple[int, int]) -> tuple[int, int]:
    """The last line and the erased ones; while the database is away, what was known."""
    try:
        return await shell.store.newest(conversation_id)
    except DatabaseUnavailable:
        return known
