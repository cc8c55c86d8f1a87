"""`POST /decisions`: the shape of `lots decide`. Translates; triage decides. Stores and logs nothing of what was asked."""

from fastapi import APIRouter

from api.access import ForDecisions
from api.context import ApiDep
from api.errors import DecisionRefused
from triage.exchange import DecisionOut, DecisionRequest, RequestError, respond

router = APIRouter(tags=["decisions"])


@router.post("/decisions")
async def decide(api: ApiDep, _caller: ForDecisions, body: DecisionRequest) -> DecisionOut:
    """Which channel the routine says, or what to ask."""
    try:
        return respond(body, api.knowledge.registry, api.reader, api.knowledge.texts, api.today())
    except RequestError as error:
        raise DecisionRefused(error.code, error.message) from None
