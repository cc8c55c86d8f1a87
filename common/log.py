"""Logs as JSON lines with ids, phases and timing. Lets no other words through: what people wrote never reaches a log."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

ALLOWED: Final = re.compile(r"[A-Za-z0-9 _.,:;/{}()\-=+]{0,200}")
"""The characters and length of what may stand in a log value: ids, codes, routes; no å, ä or ö, no free text of any length."""
LONG_NUMBER: Final = re.compile(r"\d{6,8}[-+ ]?\d{4}|\b0\d{1,3}[- ]?\d{2,3}(?: ?\d{2,3}){1,3}\b")
"""What looks like a personal number or a phone number, wherever it came from."""


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Sets up structlog, and the standard library's loggers to go the same way. Access logs are left to us: URLs carry codes."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_where_it_broke,
            only_ids,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)
    logging.getLogger("uvicorn.access").disabled = True


def only_ids(_logger: object, _name: str, values: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keeps values that can be ids, codes, numbers and times; anything else is replaced, and its name says what it was."""
    return {key: _safe(value) for key, value in values.items()}


def _safe(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    shown = str(value)
    if ALLOWED.fullmatch(shown) and not LONG_NUMBER.search(shown):
        return shown
    return "(withheld)"


def _only_where_it_broke(_logger: object, _name: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For those who log with `exc_info`: the same as `where_it_broke`."""
    found = values.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        values.update(where_it_broke(error))
    return values


def where_it_broke(error: BaseException) -> dict[str, str | list[str]]:
    """An exception's type and places, never its message or values: those may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return {"error": type(error).__name__, "at": [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]}


class _Bridge(logging.Handler):
    """Other libraries' loggers: their name and level, and the kind of error, not their words."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        place = f"{Path(record.pathname).name}:{record.lineno}"
        log.log(record.levelno, "library message", library=record.name, place=place, exc_info=record.exc_info)
