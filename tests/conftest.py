"""Fixtures every test may use. Small: the work is in tests/support."""

from tests.support.databases import database_kind, database_url, db, fixed_clock, postgres_server, sqlite_db, templates
from tests.support.logs import log

__all__ = ["database_kind", "database_url", "db", "fixed_clock", "log", "postgres_server", "sqlite_db", "templates"]
