"""Log checks over HTTP, for auditors. Translates between HTTP and the reading."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from api.access import ForAuditing
from api.audit import reading
from api.audit.schemas import AuditList, AuditQuery, AuditSample, AuditSampled, AuditSearch
from api.context import ApiDep

router = APIRouter(prefix="/audit", tags=["audit"])
JSON_LINES = "application/x-ndjson"


@router.get("")
async def search_audit(api: ApiDep, caller: ForAuditing, query: Annotated[AuditSearch, Query()]) -> AuditList:
    """Who did what with whose message, newest first, in the auditor's own organisations."""
    return await reading.search(api, caller, query)


@router.get("/sample")
async def sample_audit(api: ApiDep, caller: ForAuditing, query: Annotated[AuditSample, Query()]) -> AuditSampled:
    """Deeds drawn at random for a recurrent log check."""
    return await reading.sample(api, caller, query)


@router.get("/export", response_class=StreamingResponse)
async def export_audit(api: ApiDep, caller: ForAuditing, query: Annotated[AuditQuery, Query()]) -> StreamingResponse:
    """The same as JSON lines, all of them."""
    return StreamingResponse(reading.export(api, caller, query), media_type=JSON_LINES)
