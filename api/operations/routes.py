"""Health, readiness and metrics for those who run Lots. Public, and about nobody."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.audit.reading import unsealed
from api.context import ApiDep
from api.events.service import withheld
from common.outbox import held, waiting

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: str


@router.get("/health")
async def health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready")
async def ready(api: ApiDep) -> Health:
    """The database answers too; else 503."""
    await api.db.ping()
    return Health(status="ready")


@router.get("/metrics", response_class=Response)
async def metrics(api: ApiDep) -> Response:
    """Prometheus's text form."""
    async with api.db.read() as session:
        api.metrics.outbox(await waiting(session))
        api.metrics.keeping(await held(session), await unsealed(session), await withheld(api, session))
    return Response(api.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
