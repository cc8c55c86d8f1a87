"""Fixtures every test may use, and the order tests are run in. Small: the work is in tests/support."""

import pytest

from common.memory import begin_loading, end_loading
from tests.support.databases import database_kind, database_url, db, fixed_clock, postgres_server, sqlite_db, templates
from tests.support.logs import log

__all__ = ["database_kind", "database_url", "db", "fixed_clock", "log", "postgres_server", "sqlite_db", "templates"]


def pytest_sessionstart() -> None:
    """All the tests and all they import are loaded now and kept: sweeping it for garbage took a sixth of a run's time."""
    begin_loading()


def pytest_collection_finish() -> None:
    end_loading()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first, which is what a browser does, so that no worker is left alone with them in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/browser/"))
