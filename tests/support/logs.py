"""The log of a test, as lines of JSON, and everything as it was afterwards."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from common.log import configure


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    out = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure("debug", out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
