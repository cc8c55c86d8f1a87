"""Reads a posted file with the form around it, in memory only: what is in it never lies on a disk in the clear. Understands no content."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from common.web.forms import Form, FormShapeError, FormSizeError

LIMIT_BYTES = 8 * 1024 * 1024
LIMIT_FIELD_BYTES = 4096
LIMIT_FIELDS = 10
UPLOAD_TYPE = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """`content` is empty when no file was chosen."""

    form: Form
    content: bytes


async def read_upload(request: Request) -> Upload:
    """The form and its one file, or a FormError."""
    where = f"upload of {request.url.path}"
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != UPLOAD_TYPE:
        raise FormShapeError(f"{where}: content type is not {UPLOAD_TYPE}")
    parser = MultiPartParser(
        request.headers,
        _limited(request, where),
        max_files=1,
        max_fields=LIMIT_FIELDS,
        max_part_size=LIMIT_FIELD_BYTES,
    )
    parser.spool_max_size = LIMIT_BYTES + 1
    try:
        data = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        raise FormShapeError(f"{where}: not a form with one file") from error
    fields: list[tuple[str, str]] = []
    content = b""
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
        else:
            fields.append((name, value))
    await data.close()
    return Upload(Form(tuple(fields)), content)


async def _limited(request: Request, where: str) -> AsyncGenerator[bytes, None]:
    left = LIMIT_BYTES
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise FormSizeError(f"{where}: more than {LIMIT_BYTES} bytes")
        yield chunk
