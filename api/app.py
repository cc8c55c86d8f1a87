"""The message API as one ASGI app: `create_app` puts the parts together. Starts nothing: no server, no worker, no migration.

A server that starts it stops where messages should leave through a port that nobody has connected.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from api.audit.routes import router as audit
from api.context import Api
from api.decisions.routes import router as decisions
from api.docs.document import Described
from api.docs.routes import add_docs
from api.drafts.routes import router as drafts
from api.duties.routes import router as duties
from api.edge import Edge
from api.enrolment.routes import router as enrolment
from api.events.routes import router as events
from api.exercise.material import Shelf
from api.exercise.rooms import router as exercise_rooms
from api.exercise.scene import Scenes
from api.keeping.routes import router as keeping
from api.limits import Limits
from api.messages.delivery import DeliveryPort
from api.messages.numbers import Numbers
from api.messages.routes import router as messages
from api.oidc.provider import Provider
from api.operations.metrics import Metrics
from api.operations.routes import router as operations
from api.outage.routes import router as outages
from api.problems import Problem, Problems
from api.staff.routes import router as staff
from api.units.index import UnitIndex
from api.units.routes import router as units
from api.units.service import check_ports
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.holidays_se import swedish_free_days
from common.settings import Settings
from knowledge.bundle import Knowledge
from triage.reading import Reader

PREFIX = "/api/v1"
PROBLEM: dict[str, Any] = {"model": Problem, "description": "RFC 9457 problem details"}
ROUTERS = (
    operations,
    staff,
    units,
    messages,
    duties,
    drafts,
    events,
    decisions,
    audit,
    keeping,
    enrolment,
    outages,
    exercise_rooms,
)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route of the API. They know no app, and take longer to build than an app does: the apps of a process share them.

    They go straight into the app: as a router of its own within it each would be built once more.
    """
    every = APIRouter()
    for router in ROUTERS:
        every.include_router(router, prefix=PREFIX, responses={422: PROBLEM})
    return tuple(every.routes)


def make_api(
    settings: Settings,
    clock: Clock,
    db: Database,
    knowledge: Knowledge,
    cipher: Cipher,
    port: DeliveryPort | None = None,
    reader: Reader | None = None,
) -> Api:
    """The parts that the services work with, for those who need them without HTTP: the demo, the worker, the command line.

    `reader`: one of this knowledge's lexicon, where there is one already; it takes a while to make.
    """
    return Api(
        settings=settings,
        clock=clock,
        db=db,
        knowledge=knowledge,
        cipher=cipher,
        free_day=swedish_free_days(),
        reader=reader or Reader(knowledge.lexicon),
        units=UnitIndex(),
        numbers=Numbers(db),
        metrics=Metrics(),
        limits=Limits(settings, clock),
        identity=Provider(settings, clock) if settings.oidc_issuer else None,
        port=port,
    )


def create_app(
    settings: Settings,
    clock: Clock,
    db: Database,
    knowledge: Knowledge,
    cipher: Cipher,
    port: DeliveryPort | None = None,
    reader: Reader | None = None,
) -> FastAPI:
    """The app, to which `api.pages.routes.add_pages` adds the staff's pages. `app.state.api` holds its parts; `port` is the door to the organisation's own system, if there is one."""
    api = make_api(settings, clock, db, knowledge, cipher, port, reader)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await check_ports(api)
        yield

    app = Described(
        title="Lots", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.state.api = api
    app.state.scenes = Scenes(Shelf(knowledge))
    problems = Problems(knowledge.texts)
    problems.install(app)
    app.state.problems = problems
    app.router.routes.extend(_routes())
    add_docs(app)
    app.add_middleware(Edge, problems=problems, metrics=api.metrics)
    return app
