"""Messages over HTTP. Translates between HTTP and the services; a repeated call answers 200 where the first answered 201."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from api.access import ForReading, ForReceiving, ForSending
from api.context import ApiDep
from api.errors import IdempotencyKeyMissing
from api.fields import IdempotencyKey, UnitId, Word
from api.messages import handling, reading, service
from api.messages.schemas import (
    AnswerIn,
    ClosingIn,
    FollowUpIn,
    ForwardingIn,
    InboxList,
    MessageIn,
    MessageOut,
    MessageSummary,
    NothingIn,
    ParticipantIn,
    SentList,
    SupplementIn,
)

router = APIRouter(tags=["messages"])

Key = Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]


def _answer(result: service.Result, response: Response) -> MessageSummary:
    response.status_code = 201 if result.new else 200
    return result.message


@router.post("/messages", status_code=201, responses={400: {"description": "No `Idempotency-Key`"}})
async def hand_over(
    api: ApiDep, caller: ForSending, body: MessageIn, response: Response, key: Key = None
) -> MessageSummary:
    """Hands a message over, once for its `Idempotency-Key`. Without a consent record nothing is handed over."""
    if key is None:
        raise IdempotencyKeyMissing
    return _answer(await service.hand_over(api, caller, body, key), response)


@router.get("/messages/{message_id}")
async def read_message(api: ApiDep, caller: ForReading, message_id: Word) -> MessageOut:
    """The whole message, for the units that sent or received it. A receiving unit's first look is its read receipt."""
    return await reading.read(api, caller, message_id)


@router.get("/messages/{message_id}/thread")
async def read_thread(api: ApiDep, caller: ForReading, message_id: Word) -> SentList:
    """The messages of the same thread, oldest first, without content."""
    return await reading.thread(api, caller, message_id)


@router.post("/messages/{message_id}/acknowledgement", status_code=201)
async def acknowledge(
    api: ApiDep, caller: ForReceiving, message_id: Word, response: Response, _body: NothingIn | None = None
) -> MessageSummary:
    return _answer(await handling.acknowledge(api, caller, message_id), response)


@router.post("/messages/{message_id}/answers", status_code=201)
async def answer(
    api: ApiDep, caller: ForReceiving, message_id: Word, body: AnswerIn, response: Response, key: Key = None
) -> MessageSummary:
    """An answer, `request_more`, or `redirect` to another way."""
    return _answer(await handling.answer(api, caller, message_id, body, key), response)


@router.post("/messages/{message_id}/forwardings", status_code=201)
async def forward(
    api: ApiDep, caller: ForReceiving, message_id: Word, body: ForwardingIn, response: Response, key: Key = None
) -> MessageSummary:
    """On to the right unit, with the reason."""
    return _answer(await handling.forward(api, caller, message_id, body, key), response)


@router.post("/messages/{message_id}/supplements", status_code=201)
async def supplement(
    api: ApiDep, caller: ForReading, message_id: Word, body: SupplementIn, response: Response, key: Key = None
) -> MessageSummary:
    """More under a heading, where the pack says that the message lives on."""
    return _answer(await handling.supplement(api, caller, message_id, body, key), response)


@router.post("/messages/{message_id}/participants", status_code=201)
async def add_participant(
    api: ApiDep, caller: ForReading, message_id: Word, body: ParticipantIn, response: Response, key: Key = None
) -> MessageSummary:
    """One more unit, where the pack says that the message lives on."""
    return _answer(await handling.add_participant(api, caller, message_id, body, key), response)


@router.post("/messages/{message_id}/sent", status_code=201)
async def mark_sent(
    api: ApiDep, caller: ForSending, message_id: Word, response: Response, _body: NothingIn | None = None
) -> MessageSummary:
    """`copy_out`: the sender has put it into the message system by hand."""
    return _answer(await handling.mark_sent(api, caller, message_id), response)


@router.post("/messages/{message_id}/follow_up", status_code=201)
async def follow_up(
    api: ApiDep, caller: ForSending, message_id: Word, body: FollowUpIn, response: Response
) -> MessageSummary:
    """What the sender has seen of it in the message system."""
    return _answer(await handling.follow_up(api, caller, message_id, body), response)


@router.post("/messages/{message_id}/closing", status_code=201)
async def close(
    api: ApiDep, caller: ForSending, message_id: Word, response: Response, body: ClosingIn | None = None
) -> MessageSummary:
    """The sender needs nothing more of it, or sent it wrongly (`{"reason": "wrong"}`). It is marked, never erased."""
    return _answer(await handling.close(api, caller, message_id, body or ClosingIn()), response)


@router.get("/units/{unit_id}/inbox")
async def read_inbox(
    api: ApiDep,
    caller: ForReceiving,
    unit_id: UnitId,
    after: Cursor = None,
    limit: Limit = 20,
    state: Literal["received", "acknowledged", "answered", "forwarded"] | None = None,
) -> InboxList:
    """What has come to the unit, newest first. `state` is the unit's own."""
    return await reading.inbox(api, caller, unit_id, after, limit, state)


@router.get("/units/{unit_id}/sent")
async def read_sent(
    api: ApiDep,
    caller: ForSending,
    unit_id: UnitId,
    after: Cursor = None,
    limit: Limit = 20,
    mine: bool = False,
    exercise: bool | None = None,
) -> SentList:
    """What the unit has handed over, newest first, without content."""
    return await reading.sent(api, caller, unit_id, after, limit, mine=mine, exercise=exercise)
