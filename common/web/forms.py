"""Reads a posted form and nothing else: url-encoded, of limited size, with its CSRF token checked by the caller.

FormError
├── FormSizeError     more than the limit: 413
├── FormShapeError    not url-encoded UTF-8, or too many fields: 400
└── FormTokenError    the CSRF token is missing or another one's: 403
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from starlette.requests import Request

LIMIT_BYTES = 256 * 1024
LIMIT_FIELDS = 200
PASTED = dict.fromkeys(range(32)) | {ord(sign): "\n" for sign in "\n\v\f"} | {ord("\t"): "\t"}
"""Control signs come along when text is pasted from elsewhere: breaks become line breaks, the others are nothing."""
FORM_TYPE = "application/x-www-form-urlencoded"


class FormError(Exception):
    """A posted form that cannot be used. `status` is the HTTP status of the page that says so."""

    status = 400


class FormSizeError(FormError):
    status = 413


class FormShapeError(FormError):
    status = 400


class FormTokenError(FormError):
    status = 403


@dataclass(frozen=True)
class Form:
    """What was posted. A field given more than once counts as its last value; `many` gives all of them."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The value without surrounding blanks; an absent field is an empty one."""
        return next((value for key, value in reversed(self.fields) if key == name), "").strip()

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(value.strip() for key, value in self.fields if key == name)

    def values(self) -> Mapping[str, str]:
        """Every field for filling in the form again."""
        return {key: value.strip() for key, value in self.fields}


async def read_form(request: Request) -> Form:
    """The posted form, or a FormError."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != FORM_TYPE:
        raise FormShapeError(f"form of {request.url.path}: content type is not {FORM_TYPE}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT_BYTES:
            raise FormSizeError(f"form of {request.url.path}: more than {LIMIT_BYTES} bytes")
    return parse_form(bytes(body), request.url.path)


def parse_form(body: bytes, where: str) -> Form:
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=LIMIT_FIELDS, errors="strict")
    except ValueError as error:
        raise FormShapeError(f"form of {where}: not url-encoded UTF-8, or more than {LIMIT_FIELDS} fields") from error
    return Form(tuple((key, value.replace("\r\n", "\n").translate(PASTED)) for key, value in pairs))


def day_in(text: str) -> date | None:
    """The day that was picked; None for what is no day, or one that nobody can mean."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None
