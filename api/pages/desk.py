"""What every page works with: the API's parts, the layout, and who is signed in. Holds no page.

A page is a function `(desk, request, caller) -> Response`; `Desk.signed_in` and `Desk.anyone` make it an endpoint that answers every
error with a page in Swedish.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import caller_of
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import ApiError, NotSignedIn, SignInRequired
from api.messages import service as messages
from api.pages import people
from api.pages.views import Views
from api.problems import Problems
from common.errors import DatabaseUnavailable
from common.ids import new_token
from common.log import where_it_broke
from common.web.forms import FormError
from common.web.pages import Pages, Shell, SignedIn, Voice

Endpoint = Callable[[Request], Awaitable[Response]]
AtDesk = Callable[["Desk", Request], Awaitable[Response]]
SignedInPage = Callable[["Desk", Request, Caller], Awaitable[Response]]
OpenPage = Callable[["Desk", Request], Awaitable[Response]]
Values = Mapping[str, object]

ADDRESS_PART: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
"""What an id in an address can be; a database need not be asked about anything else."""
SIGN_IN: Final = "/sign-in"
HTTP_ERRORS: Final = {403: "forbidden", 404: "not_found", 405: "not_found"}


@dataclass(frozen=True)
class Desk:
    api: Api
    pages: Pages
    problems: Problems
    voice: Voice

    def text(self, key: str, **params: object) -> str:
        return self.voice.text(key, **params)

    def for_reader(self, request: Request, caller: Caller | None = None) -> "Desk":
        """The same desk in the reader's language."""
        voice = self.pages.voice(request, caller.language if caller else None)
        if voice is self.voice:
            return self
        knowledge = self.api.knowledge.speaking(voice.language)
        return replace(self, voice=voice, problems=Problems(knowledge.texts))

    @property
    def provider(self) -> str | None:
        """What people call the identity provider, where there is one to sign in at."""
        return None if self.api.identity is None else self.api.identity.name

    def views(self) -> Views:
        return Views(self.text, self.voice.time, self.api.knowledge.registry, self.api.now())

    def once(self) -> str:
        """A key for a form, so that sending it twice is one deed."""
        return new_token()

    async def who(self, request: Request) -> Caller | None:
        """Who is signed in, if anyone. Pages are for people in browsers: programs' keys have no way in here."""
        if "authorization" in request.headers:
            return None
        try:
            caller = await caller_of(request, self.api)
        except NotSignedIn:
            return None
        return caller if caller.staff_id else None

    async def shell(self, caller: Caller | None) -> Shell:
        if caller is None:
            return Shell()
        place = caller.here
        waiting = await messages.count_waiting(self.api, caller, place.unit_id) if place.gives(Right.RECEIVE) else None
        return Shell(SignedIn(people.short(caller.name), self.text(f"page.role.{place.role}"), place.name), waiting)

    async def show(
        self,
        request: Request,
        caller: Caller | None,
        template: str,
        title: str,
        values: Values | None = None,
        *,
        status: int = 200,
    ) -> Response:
        shell = await self.shell(caller)
        return self.pages.show(
            request,
            template,
            shell,
            {"title": title, "provider": self.provider, **(values or {})},
            status=status,
            voice=self.voice,
        )

    def signed_in(self, page: SignedInPage) -> Endpoint:
        """The endpoint of a page that needs a person."""

        async def endpoint(desk: Desk, request: Request) -> Response:
            caller = await desk.who(request)
            if caller is None:
                raise NotSignedIn
            return await page(desk.for_reader(request, caller), request, caller)

        return self._answering(endpoint)

    def anyone(self, page: OpenPage) -> Endpoint:
        """The endpoint of a page that anyone may see."""

        return self._answering(page)

    def _answering(self, endpoint: AtDesk) -> Endpoint:
        async def answering(request: Request) -> Response:
            desk = self.for_reader(request)
            try:
                if not all(ADDRESS_PART.fullmatch(str(part)) for part in request.path_params.values()):
                    raise HTTPException(404)
                return await endpoint(desk, request)
            except NotSignedIn:
                return await desk.ask_to_sign_in(request)
            except SignInRequired as error:
                return await desk.ask_to_sign_in(request, error)
            except ApiError as error:
                problem = desk.problems.describe(error)
                page = await desk.notice(request, problem.title, problem.detail, "alert", status=error.status)
                page.headers.update(error.headers)
                return page
            except FormError as error:
                return await desk.problem(request, "form", status=error.status)
            except HTTPException as error:
                return await desk.http_error(request, error)
            except DatabaseUnavailable:
                return desk.bare(request, "busy", status=503)
            except Exception as error:  # noqa: BLE001 - the outer edge: a page without a word of what was sent
                return desk.broken(request, error)

        return answering

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        return await self.problem(request, HTTP_ERRORS.get(error.status_code, "form"), status=error.status_code)

    async def problem(self, request: Request, kind: str, *, status: int) -> Response:
        title, words = self.text(f"page.problem.{kind}_title"), self.text(f"page.problem.{kind}_text")
        return await self.notice(request, title, words, "alert", status=status)

    async def notice(self, request: Request, title: str, words: str, symbol: str, *, status: int = 200) -> Response:
        """A page that says one thing, to whoever is there."""
        values = {"text": words, "symbol": symbol, "people": (), "next": "", "reference": None}
        return await self.show(request, await self._who_if_known(request), "notice.html", title, values, status=status)

    async def ask_to_sign_in(self, request: Request, error: SignInRequired | None = None) -> Response:
        """`error`: she is signed in, but not so that she may do this."""
        told = None if error is None else self.problems.describe(error)
        leads_back = request.method == "GET" and request.url.path != SIGN_IN
        values = {
            "text": told.detail if told else self.text("page.sign_in.needed_text"),
            "symbol": "lock",
            "people": await people.for_demo(self.api),
            "next": request.url.path if leads_back else "",
            "reference": None,
        }
        title, status = (told.title, told.status) if told else (self.text("page.sign_in.needed_title"), 401)
        return await self.show(request, None, "notice.html", title, values, status=status)

    def broken(self, request: Request, error: Exception) -> Response:
        """What nobody foresaw: logged without its message, which may quote what was sent."""
        reference = new_token()[:8]
        structlog.get_logger("pages").error("unexpected error", reference=reference, **where_it_broke(error))
        return self.bare(request, "error", status=500, reference=reference)

    def bare(self, request: Request, kind: str, *, status: int, reference: str | None = None) -> Response:
        """A page for when nothing can be looked up."""
        values = {
            "title": self.text(f"page.problem.{kind}_title"),
            "text": self.text(f"page.problem.{kind}_text"),
            "symbol": "alert",
            "people": (),
            "next": "",
            "reference": reference,
        }
        return self.pages.show(request, "notice.html", Shell(), values, status=status, voice=self.voice)

    async def _who_if_known(self, request: Request) -> Caller | None:
        try:
            return await self.who(request)
        except ApiError:
            return None
