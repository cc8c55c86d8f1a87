"""Every error as RFC 9457 problem details in Swedish, with a stable code. Never repeats what was sent."""

from collections.abc import Mapping, Sequence

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from api.errors import (
    ApiError,
    AttachmentForbidden,
    Forbidden,
    InternalError,
    MethodNotAllowed,
    NotFound,
    Unavailable,
    ValidationFailed,
)
from common.errors import DatabaseUnavailable
from common.log import where_it_broke
from knowledge.texts import Catalogue

MEDIA_TYPE = "application/problem+json"
ATTACHMENT = "attachment_forbidden"
"""The type of a validation error that is a problem of its own."""
SIZES = frozenset({"too_long", "too_short"})
"""What pydantic says of lists, and of texts whose length is checked after something else."""


class FieldError(BaseModel):
    """`where` is the field's path in the body or query; `code` the kind of fault; `message` a sentence for a person."""

    where: str
    code: str
    message: str


class Problem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None


class Problems:
    """Turns errors into responses with the catalogue's words."""

    def __init__(self, texts: Catalogue) -> None:
        self._texts = texts
        self._log = structlog.get_logger("api")

    def install(self, app: FastAPI) -> None:
        app.add_exception_handler(ApiError, self._api_error)
        app.add_exception_handler(RequestValidationError, self._validation)
        app.add_exception_handler(HTTPException, self._http)
        app.add_exception_handler(DatabaseUnavailable, self._database)

    def describe(self, error: ApiError, errors: list[FieldError] | None = None) -> Problem:
        """The error in the catalogue's words: also what pages show."""
        code = error.stable_code
        detail = f"problem.{error.code}.{error.variant or 'detail'}"
        return Problem(
            type=f"urn:lots:problem:{code}",
            title=self._texts.text(f"problem.{error.code}.title"),
            status=error.status,
            detail=self._texts.text(detail, **error.params),
            code=code,
            errors=errors,
        )

    def respond(self, error: ApiError, errors: list[FieldError] | None = None) -> Response:
        body = self.describe(error, errors).model_dump_json(exclude_none=True)
        return Response(body, status_code=error.status, media_type=MEDIA_TYPE, headers=error.headers)

    async def _api_error(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 - registered for this class only
        return self.respond(error)

    async def _database(self, request: Request, error: Exception) -> Response:
        self._log.warning(
            "database unavailable", route=route_of(request.scope), reason=str(getattr(error, "reason", ""))
        )
        return self.respond(Unavailable())

    def unexpected(self, route: str, error: Exception) -> Response:
        """For the outer edge: what nobody foresaw, logged without its message."""
        self._log.error("unexpected error", route=route, **where_it_broke(error))
        return self.respond(InternalError())

    async def _http(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        known: dict[int, ApiError] = {403: Forbidden(), 404: NotFound(), 405: MethodNotAllowed()}
        found = known.get(status)
        if found is not None:
            response = self.respond(found)
            response.headers.update(getattr(error, "headers", None) or {})
            if status == MethodNotAllowed.status and (methods := _methods(request)):
                response.headers["allow"] = methods
            return response
        return self.respond(ValidationFailed() if 400 <= status < 500 else InternalError())

    async def _validation(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        faults: Sequence[Mapping[str, object]] = error.errors()
        if any(fault.get("type") == ATTACHMENT for fault in faults):
            return self.respond(AttachmentForbidden())
        return self.respond(ValidationFailed(), [self._field(fault) for fault in faults])

    def _field(self, fault: Mapping[str, object]) -> FieldError:
        kind = str(fault.get("type", "invalid"))
        if kind in SIZES and isinstance(fault.get("input"), str):
            kind = f"string_{kind}"
        key = f"problem.field.{kind}"
        place = fault.get("loc")
        where = ".".join(_name(part) for part in place) if isinstance(place, tuple | list) else ""
        return FieldError(
            where=where, code=kind, message=self._texts.text(key if key in self._texts else "problem.field.other")
        )


def _methods(request: Request) -> str:
    """Every method of the address, where a route knows only its own; empty for pages. The document has whole paths, a route the end of its own."""
    paths: Mapping[str, Mapping[str, object]] = request.app.openapi()["paths"]
    own, address = route_of(request.scope), request.scope["path"]
    found = [path for path in paths if path.endswith(own) and address.startswith(path.removesuffix(own))]
    return ", ".join(sorted(method.upper() for path in found for method in paths[path]))


def _name(part: object) -> str:
    """A step of the path, cut: a field that should not be there is named by whoever sent it. Headers have hyphens."""
    return str(part)[:40] if isinstance(part, int) or str(part).replace("-", "_").isidentifier() else "?"


def route_of(scope: Scope) -> str:
    """The route's own path with its placeholders, never the address that was called."""
    return str(getattr(scope.get("route"), "path", "none"))
