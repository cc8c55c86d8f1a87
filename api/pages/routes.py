"""Adds the staff's pages to the API's app: their addresses, the layout's files, and pages in place of problem details outside `/api`."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.context import Api
from api.exercise.routes import EXERCISE_TEMPLATES, exercise_routes
from api.outage.pages import outage_routes
from api.pages import account, drafts, entrance, inbox, living, sent, stream, telegram
from api.pages.administration import administration_routes
from api.pages.desk import Desk, Endpoint
from api.problems import Problems
from common.ids import new_token
from common.web.pages import Pages, PageSettings
from common.web.security import SecurityHeaders

TEMPLATES: Final = Path(__file__).parent / "templates"
OUTAGE_TEMPLATES: Final = TEMPLATES.parents[1] / "outage" / "templates"
MACHINES: Final = "/api/"


def add_pages(app: FastAPI) -> None:
    """After `app.state.api` and `app.state.problems` are there. An app that has the pages already is left as it is."""
    if hasattr(app.state, "pages"):
        return
    api: Api = app.state.api
    problems: Problems = app.state.problems
    pages = make_pages(api, (TEMPLATES, OUTAGE_TEMPLATES, EXERCISE_TEMPLATES))
    desk = Desk(api, pages, problems, pages.home)
    app.router.routes.append(pages.static_route())
    app.router.routes.extend(page_routes(desk))
    _answer_people_with_pages(app, desk)
    app.add_middleware(SecurityHeaders, https_only=api.settings.secure_cookies)
    app.state.pages = pages


def make_pages(api: Api, folders: tuple[Path, ...]) -> Pages:
    settings = PageSettings(secure=api.settings.secure_cookies, demo=not api.settings.production)
    languages = {name: texts.text for name, texts in api.knowledge.languages.items()}
    return Pages(
        api.knowledge.texts.text,
        folders,
        sign=api.cipher.lookup,
        now=api.now,
        new_token=new_token,
        settings=settings,
        languages=languages,
    )


def page_routes(desk: Desk) -> list[BaseRoute]:
    """Every page with its method and who may see it."""
    one, person = desk.anyone, desk.signed_in
    return [
        _get("/", one(entrance.start)),
        _get("/sign-in", one(entrance.sign_in_page)),
        _post("/sign-in", one(entrance.sign_in)),
        _get("/sign-in/start", one(entrance.to_provider)),
        _get("/sign-in/callback", one(entrance.from_provider)),
        _post("/demo", one(entrance.sign_in_as)),
        _post("/sign-out", one(entrance.sign_out)),
        _get("/signed-out", one(entrance.signed_out)),
        _post("/language", one(entrance.choose_language)),
        _get("/profile", person(entrance.profile)),
        _post("/profile/unit", person(entrance.work_at)),
        _get("/profile/sessions", person(account.sessions_page)),
        _post("/profile/sessions", person(account.end_sessions)),
        _get("/profile/chats", person(account.chats_page)),
        _post("/profile/chats", person(account.make_code)),
        _post("/profile/chats/end", person(account.end_chat)),
        _post("/profile/chats/renew", person(account.renew_chat)),
        *outage_routes(desk),
        *exercise_routes(desk),
        _get("/inbox", person(inbox.inbox)),
        _get("/inbox/all", person(inbox.all_messages)),
        _get("/inbox/mark", person(inbox.mark)),
        _get("/inbox/stream", person(stream.stream)),
        _get("/inbox/{message_id}", person(inbox.message)),
        _post("/inbox/{message_id}/acknowledge", person(inbox.acknowledge)),
        _get("/inbox/{message_id}/reply", person(inbox.reply_page)),
        _post("/inbox/{message_id}/reply", person(inbox.reply)),
        _get("/inbox/{message_id}/forward", person(inbox.forward_page)),
        _post("/inbox/{message_id}/forward", person(inbox.forward)),
        *administration_routes(desk),
        _get("/sent", person(sent.sent)),
        _get("/sent/{message_id}", person(sent.message)),
        _post("/sent/{message_id}/marks", person(sent.tick)),
        _post("/sent/{message_id}/reminder", person(sent.remind)),
        _post("/sent/{message_id}/closing", person(sent.close)),
        *(route for back in ("/inbox", "/sent") for route in _living_routes(desk, back)),
        _get("/drafts/{draft_id}", person(drafts.fill_in)),
        _post("/drafts/{draft_id}", person(drafts.preview)),
        _post("/drafts/{draft_id}/change", person(drafts.change)),
        _post("/drafts/{draft_id}/handover", person(drafts.hand_over)),
        _get("/telegram/app", one(telegram.app)),
        _post("/telegram/session", one(telegram.enter)),
    ]


def _living_routes(desk: Desk, back: str) -> list[BaseRoute]:
    one = f"{back}/{{message_id}}"
    return [
        _get(f"{one}/supplement", desk.signed_in(living.supplement_page(back))),
        _post(f"{one}/supplement", desk.signed_in(living.supplement(back))),
        _get(f"{one}/participants", desk.signed_in(living.participant_page(back))),
        _post(f"{one}/participants", desk.signed_in(living.add_participant(back))),
    ]


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"], include_in_schema=False)


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"], include_in_schema=False)


def _answer_people_with_pages(app: FastAPI, desk: Desk) -> None:
    """An address that is not there: a page for people; programs under `/api` go on getting problem details."""
    for_machines = app.exception_handlers[HTTPException]

    async def by_address(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(MACHINES) or not isinstance(error, HTTPException):
            answer = for_machines(request, error)
            return answer if isinstance(answer, Response) else await answer
        return await desk.for_reader(request).http_error(request, error)

    app.add_exception_handler(HTTPException, by_address)
