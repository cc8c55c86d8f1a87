"""The chat over HTTP: one incoming event → the replies, as JSON. Translates; decides nothing.

Errors are problem details with a stable code, as in the rest of the API.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from bot.clients.visitors import Directory, Visitor, visitor_of
from bot.events import ChoicePicked, CommandGiven, CommandName, Incoming, PersonEvent, TextSaid
from bot.gateways.records import Line
from bot.ports import ApiDownError
from bot.render import Texts
from bot.turn import NotYours, Shell, TooBusy
from common.errors import DatabaseUnavailable

CLIENT: Final = "api"
LIMIT_BYTES: Final = 256 * 1024
LIMIT_TEXT: Final = 20_000
PAGE: Final = 100
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


class EventIn(BaseModel):
    """One event: exactly one of `text`, `choice` and `command`. The same `message_id` again gives the same replies."""

    model_config = ConfigDict(extra="forbid")

    message_id: Id
    text: Annotated[str, StringConstraints(max_length=LIMIT_TEXT)] | None = None
    choice: Annotated[str, StringConstraints(max_length=200)] | None = None
    command: CommandName | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(given is not None for given in (self.text, self.choice, self.command)) != 1:
            raise ValueError("give exactly one of text, choice and command")
        return self

    def event(self) -> PersonEvent:
        if self.command is not None:
            return CommandGiven(self.command)
        return ChoicePicked(self.choice) if self.choice is not None else TextSaid(self.text or "")


class ChoiceOut(BaseModel):
    """`weight` is what the choice is to the person; choices stand in that order. An `assumption` is tapped when it is not so."""

    id: str
    label: str
    weight: Literal["primary", "normal", "assumption", "quiet"]


class LinkOut(BaseModel):
    label: str
    url: str


class ReplyOut(BaseModel):
    """`id` grows within the conversation; ask for what came later with `after`.

    `looks` has a look for each line of the text, and none where all are plain. `assumed` stands above the assumptions.
    """

    id: str
    text: str
    choices: list[ChoiceOut]
    links: list[LinkOut]
    tone: str
    looks: list[Literal["plain", "headline", "title", "small"]] = []
    assumed: str = ""


class ChatAnswer(BaseModel):
    replies: list[ReplyOut]
    phase: str


class LaterReplies(BaseModel):
    replies: list[ReplyOut]


class ProblemOut(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ChatProblem(Exception):  # noqa: N818 - carries an answer, not a fault
    status: int
    code: str
    params: tuple[tuple[str, str | int], ...] = ()


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"content": {"application/problem+json": {"schema": ProblemOut.model_json_schema()}}, "description": text}
    for status, text in (
        (401, "Not signed in"),
        (404, "Not your conversation"),
        (413, "Too large"),
        (422, "Cannot be read"),
        (503, "Not now"),
    )
}
SHAPE: Final = EventIn.model_json_schema(ref_template="#/components/schemas/{model}")
BODY: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": SHAPE}}}}


def chat_api_router(shell: Shell, directory: Directory, texts: Texts) -> APIRouter:
    """Routes under `/api/v1/chat`, to be included in the server's app."""
    router = APIRouter(prefix="/api/v1/chat", tags=["chat"])

    @router.post("/{conversation}/events", response_model=ChatAnswer, responses=PROBLEMS, openapi_extra=BODY)
    async def take_event(request: Request, conversation: Annotated[str, Path()]) -> Any:
        """One incoming event of a conversation. The first one makes the conversation, bound to whoever sent it."""
        try:
            return await _take(request, conversation, shell, directory)
        except ChatProblem as problem:
            return problem_response(problem, texts)

    @router.get("/{conversation}/events", response_model=LaterReplies, responses=PROBLEMS)
    async def later_replies(
        request: Request, conversation: Annotated[str, Path()], after: Annotated[int, Query(ge=0)] = 0
    ) -> Any:
        """What Lots has said since: answers to messages come without being asked for."""
        try:
            return await _later(request, conversation, after, shell, directory)
        except ChatProblem as problem:
            return problem_response(problem, texts)

    return router


async def _take(request: Request, conversation: str, shell: Shell, directory: Directory) -> ChatAnswer:
    visitor = await signed_in(request, directory)
    given = _event_in(await _body(request, visitor))
    incoming = Incoming(conversation_id(conversation), given.message_id, given.event(), visitor.profile.language)
    try:
        taken = await shell.take(incoming, visitor.owner(CLIENT))
    except NotYours:
        raise ChatProblem(404, "conversation_unknown") from None
    except TooBusy:
        raise ChatProblem(503, "busy") from None
    except DatabaseUnavailable:
        raise ChatProblem(503, "database_unavailable") from None
    return ChatAnswer(replies=[_reply_out(line) for line in taken.replies], phase=str(taken.phase))


async def _later(request: Request, conversation: str, after: int, shell: Shell, directory: Directory) -> LaterReplies:
    visitor = await signed_in(request, directory)
    name = conversation_id(conversation)
    try:
        owner = await shell.store.owner(name)
        if owner != visitor.owner(CLIENT):
            raise ChatProblem(404, "conversation_unknown")
        lines = await shell.store.lines(name, after=after, limit=PAGE)
    except DatabaseUnavailable:
        raise ChatProblem(503, "database_unavailable") from None
    return LaterReplies(replies=[_reply_out(line) for line in lines if line.author == "lots"])


async def signed_in(request: Request, directory: Directory) -> Visitor:
    try:
        visitor = await visitor_of(request, directory)
    except ApiDownError:
        raise ChatProblem(503, "api_unreachable") from None
    if visitor is None:
        raise ChatProblem(401, "not_signed_in")
    return visitor


def conversation_id(name: str) -> str:
    """A name that cannot be one is an unknown conversation."""
    if len(name) > 64 or not all(sign.isascii() and (sign.isalnum() or sign in "_.:-") for sign in name):
        raise ChatProblem(404, "conversation_unknown")
    return f"{CLIENT}:{name}"


async def _body(request: Request, visitor: Visitor) -> bytes:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if visitor.by_session and kind != "application/json":
        raise ChatProblem(422, "validation_error", (("what", "content-type"),))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT_BYTES:
            raise ChatProblem(413, "body_too_large", (("limit", LIMIT_TEXT),))
    return bytes(body)


def _event_in(body: bytes) -> EventIn:
    try:
        return EventIn.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        if any(problem["type"] == "string_too_long" and problem["loc"] == ("text",) for problem in found):
            raise ChatProblem(413, "body_too_large", (("limit", LIMIT_TEXT),)) from None
        places = ", ".join(dict.fromkeys(".".join(map(str, problem["loc"])) or "body" for problem in found))
        raise ChatProblem(422, "validation_error", (("what", places),)) from None


def problem_response(problem: ChatProblem, texts: Texts) -> JSONResponse:
    text = texts.text(f"web.problem.{problem.code}", **dict(problem.params))
    kind = f"urn:lots:problem:{problem.code}"
    body = ProblemOut(type=kind, title=text.split(".")[0], status=problem.status, code=problem.code, detail=text)
    headers = {"Retry-After": "2"} if problem.status == 503 else None
    return JSONResponse(body.model_dump(), problem.status, headers, media_type="application/problem+json")


def _reply_out(line: Line) -> ReplyOut:
    said = line.said
    return ReplyOut(
        id=str(line.number),
        text=said.text,
        choices=[ChoiceOut(id=choice.id, label=choice.label, weight=choice.weight.value) for choice in said.choices],
        links=[LinkOut(label=link.label, url=link.url) for link in said.links],
        tone=str(said.tone),
        looks=[look.value for look in said.looks],
        assumed=said.assumed,
    )
