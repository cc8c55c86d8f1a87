"""Renders the pages of both shells in one layout: environment, static files, flash messages, form tokens. Knows no page by name.

A shell makes one `Pages` with its own template folders, adds `pages.static_route()` to its app and `SecurityHeaders` around it, and
answers with `pages.show(request, "inbox.html", shell, {...})` or `pages.go("/inbox", flash="flash.acknowledged")`.
Templates extend `base.html` and take their parts from `macros.html`; Swedish comes from `t("key")`, never from the template.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import CodeType
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from common.web.dates import SwedishTime, Text
from common.web.forms import Form, FormTokenError, read_form
from common.web.security import Csrf
from common.web.uploads import Upload, read_upload

HERE = Path(__file__).parent
SESSION_COOKIE = "lots_session"
VISITOR_COOKIE = "lots_visitor"
FLASH_COOKIE = "lots_flash"
LANGUAGE_COOKIE = "lots_language"
WARNING = "warn:"
"""Before the key of a flash that tells of something that was not done."""
HOME_LANGUAGE = "sv"
YEAR = 365 * 24 * 3600
STOCKHOLM = "Europe/Stockholm"
LONG = "public, max-age=31536000, immutable"
_READ_AS_ONE = re.compile(r"\bL-\d{4}-\d+|\bkl\. \d{1,2}[.:]\d{2}|\b0\d{1,3}-\d[\d ]{3,}\d|\b\d{6,8}-\d{4}\b")
"""A message's number, a time of day, a phone number and a person's: no line may end within them."""


@dataclass(frozen=True)
class SignedIn:
    """Who the page is shown to, in the words it shows."""

    name: str
    role: str
    unit: str


@dataclass(frozen=True)
class Shell:
    """What surrounds every page: who is signed in (None: nobody), how many messages wait in the unit's inbox (None: she has no mailboxes)."""

    person: SignedIn | None = None
    waiting: int | None = 0


@dataclass(frozen=True)
class Voice:
    """The words and times of one language. `text(key, **params)` is its catalogue."""

    language: str
    text: Text
    time: SwedishTime


@dataclass(frozen=True)
class PageSettings:
    """`secure`: cookies for https only (production). `demo`: the band that says that everything is made up."""

    secure: bool = False
    demo: bool = False


class Pages:
    """One jinja environment over the shell's folders and the common one, and the cookies that pages need.

    `text(key, **params)` is the home language's catalogue and `languages` those of others, `sign` a keyed hash, `now` the clock,
    `new_token` the source of randomness.
    """

    def __init__(
        self,
        text: Text,
        folders: Iterable[Path] = (),
        *,
        sign: Callable[[str], str],
        now: Callable[[], datetime],
        new_token: Callable[[], str],
        settings: PageSettings | None = None,
        languages: Mapping[str, Text] | None = None,
    ) -> None:
        self.settings = settings or PageSettings()
        self.csrf = Csrf(sign)
        zone, catalogues = ZoneInfo(STOCKHOLM), {**(languages or {}), HOME_LANGUAGE: text}
        self._voices = {name: Voice(name, words, SwedishTime(words, now, zone)) for name, words in catalogues.items()}
        self._sign = sign
        self._new_token = new_token
        places = (*folders, HERE / "templates")
        self._environments = {name: _environment(places, voice) for name, voice in self._voices.items()}

    @property
    def home(self) -> Voice:
        return self._voices[HOME_LANGUAGE]

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self._voices)

    def voice(self, request: Request, chosen: str | None = None) -> Voice:
        """The language that the person has chosen for herself, else what this browser has, else the home's."""
        language = chosen or request.cookies.get(LANGUAGE_COOKIE, HOME_LANGUAGE)
        return self._voices.get(language, self.home)

    def show(
        self,
        request: Request,
        template: str,
        shell: Shell,
        values: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        voice: Voice | None = None,
    ) -> HTMLResponse:
        """The page as a response, in the browser's language if no other `voice` is given. A visitor without any cookie gets one, for the forms' token to hang on."""
        fresh = None if _binding(request) else self._new_token()
        voice = voice or self.voice(request)
        flash, warned = self._read_flash(request, voice)
        html = (
            self._environments[voice.language]
            .get_template(template)
            .render(
                shell=shell,
                path=request.url.path,
                language=voice.language,
                other_languages=sorted(self.languages - {voice.language}),
                csrf=self.csrf.token(_binding(request) or fresh or ""),
                flash=flash,
                warned=warned,
                demo=self.settings.demo,
                **(values or {}),
            )
        )
        response = HTMLResponse(html, status_code=status)
        if fresh:
            self._set_cookie(response, VISITOR_COOKIE, fresh)
        if FLASH_COOKIE in request.cookies:
            response.delete_cookie(FLASH_COOKIE, path="/")
        return response

    def go(self, path: str, *, flash: str | None = None, warn: bool = False) -> RedirectResponse:
        """After a post: see the page at `path`, once with the text `flash` (a key without parameters) on top; `warn`: it was not done."""
        response = RedirectResponse(path, status_code=303)
        if flash:
            said = f"{WARNING}{flash}" if warn else flash
            self._set_cookie(response, FLASH_COOKIE, f"{said}|{self._sign('flash:' + said)}", max_age=60)
        return response

    async def form(self, request: Request) -> Form:
        """The posted form with its token checked; FormError otherwise."""
        form = await read_form(request)
        if not self.csrf.valid(_binding(request), form.get("csrf")):
            raise FormTokenError(f"form of {request.url.path}: the token is missing or belongs to another session")
        return form

    async def upload(self, request: Request) -> Upload:
        """The posted file with its form, whose token is checked; FormError otherwise."""
        upload = await read_upload(request)
        if not self.csrf.valid(_binding(request), upload.form.get("csrf")):
            raise FormTokenError(f"upload of {request.url.path}: the token is missing or belongs to another session")
        return upload

    def set_session(self, response: Response, token: str, *, max_age: int) -> None:
        self._set_cookie(response, SESSION_COOKIE, token, max_age=max_age)

    def clear_session(self, response: Response) -> None:
        response.delete_cookie(SESSION_COOKIE, path="/")

    def set_language(self, response: Response, language: str) -> None:
        """For a year in this browser. A language without texts changes nothing."""
        if language in self._voices:
            self._set_cookie(response, LANGUAGE_COOKIE, language, max_age=YEAR)

    def static_route(self) -> Mount:
        """`/static`, to be put before other routes."""
        return Mount("/static", app=LastingFiles(directory=HERE / "static"), name="static")

    def _read_flash(self, request: Request, voice: Voice) -> tuple[str | None, bool]:
        """The text, and whether it tells of something that was not done."""
        key, _, signature = request.cookies.get(FLASH_COOKIE, "").partition("|")
        genuine = bool(key) and hmac.compare_digest(signature.encode(), self._sign("flash:" + key).encode())
        return voice.text(key.removeprefix(WARNING)) if genuine else None, key.startswith(WARNING)

    def _set_cookie(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=self.settings.secure
        )


class LastingFiles(StaticFiles):
    """Static files whose address carries their content's hash (`?v=`): a browser may keep those for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope.get("query_string"):
            response.headers["cache-control"] = LONG
        else:
            response.headers["cache-control"] = "no-cache"
        return response


def _binding(request: Request) -> str | None:
    """The cookie that a form's token belongs to: the session, before it the visitor."""
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE) or None


class Compiled(BytecodeCache):
    """What the templates became. The same source becomes the same code, so several environments compile it once."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key] = bucket.checksum, bucket.code


@cache
def _compiled(_language: str) -> Compiled:
    """One for each language: what a filter makes of a constant is worked out already when the template is compiled."""
    return Compiled()


def _environment(folders: tuple[Path, ...], voice: Voice) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(voice.language),
    )
    environment.globals.update(t=voice.text, static=_static_addresses(HERE / "static"))
    environment.filters.update(
        moment=lambda value: _kept_together(voice.time.moment(value)),
        full_moment=lambda value: _kept_together(voice.time.full_moment(value)),
        day=voice.time.day,
        clock=voice.time.clock,
        iso=datetime.isoformat,
        unbroken=unbroken,
    )
    return environment


def unbroken(text: str) -> Markup:
    """The text with what is read as one kept on one line. The signs stay as they are, so that a number can be copied and searched for."""
    parts, end = [], 0
    for found in _READ_AS_ONE.finditer(text):
        parts += [escape(text[end : found.start()]), Markup('<span class="unbroken">{}</span>').format(found.group())]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _kept_together(moment: str) -> str:
    """No line break before the clock: "kl. 14.05" is read as one."""
    before, space, clock = moment.rpartition(" ")
    return f"{before}\N{NO-BREAK SPACE}{clock}" if space else moment


def _static_addresses(folder: Path) -> Callable[[str], str]:
    versions = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in folder.iterdir() if file.is_file()
    }

    def address(name: str) -> str:
        return f"/static/{name}?v={versions[name]}"

    return address
