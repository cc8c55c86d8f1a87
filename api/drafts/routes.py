"""Drafts over HTTP. Translates between HTTP and the service."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.access import ForSending
from api.context import ApiDep
from api.drafts import service
from api.drafts.schemas import DraftIn, DraftOut, HandoverIn
from api.fields import IdempotencyKey, Word
from api.messages.schemas import MessageSummary

router = APIRouter(prefix="/drafts", tags=["drafts"])

Key = Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")]


@router.post("", status_code=201)
async def create_draft(api: ApiDep, caller: ForSending, body: DraftIn, response: Response, key: Key = None) -> DraftOut:
    """From a chat to the secure page at `url`. Anything may still be missing, the person above all."""
    draft, new = await service.create(api, caller, body, key)
    response.status_code = 201 if new else 200
    return draft


@router.get("/{draft_id}")
async def read_draft(api: ApiDep, caller: ForSending, draft_id: Word) -> DraftOut:
    return await service.read(api, caller, draft_id)


@router.put("/{draft_id}")
async def save_draft(api: ApiDep, caller: ForSending, draft_id: Word, body: DraftIn) -> DraftOut:
    return await service.save(api, caller, draft_id, body)


@router.post("/{draft_id}/handover", status_code=201)
async def hand_over_draft(
    api: ApiDep, caller: ForSending, draft_id: Word, body: HandoverIn, response: Response, _key: Key = None
) -> MessageSummary:
    """Makes the draft a message, once, whatever the key; the draft's text is erased with it."""
    result = await service.hand_over(api, caller, draft_id, body)
    response.status_code = 201 if result.new else 200
    return result.message
