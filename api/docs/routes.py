"""`/api/docs`: the interface described on a page of our own, which needs no other site. Shows what the OpenAPI document says."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.context import Api
from api.docs.reading import Reference, read
from common.ids import new_token
from common.web.pages import Pages, PageSettings, Shell

TEMPLATES = Path(__file__).parent / "templates"


def add_docs(app: FastAPI) -> None:
    """To be called once, after `app.state.api` is there. The document is read at the first look, when every route is in place."""
    api: Api = app.state.api
    pages = _pages(api)
    known: dict[int, Reference] = {}

    async def show(request: Request) -> Response:
        document = app.openapi()
        if id(document) not in known:
            known[id(document)] = read(document)
        values = {"title": api.knowledge.texts.text("docs.title"), "reference": known[id(document)]}
        return pages.show(request, "api_docs.html", Shell(), values)

    app.router.routes.append(Route("/api/docs", show, methods=["GET"], include_in_schema=False))


def _pages(api: Api) -> Pages:
    settings = PageSettings(secure=api.settings.secure_cookies, demo=not api.settings.production)
    return Pages(
        api.knowledge.texts.text,
        (TEMPLATES,),
        sign=api.cipher.lookup,
        now=api.now,
        new_token=new_token,
        settings=settings,
    )
