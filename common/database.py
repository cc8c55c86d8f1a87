"""One database, SQLite in a file or PostgreSQL by URL: short transactions, migrations under a lock, one error. Holds no tables."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import Connection, DateTime, Delete, Dialect, Executable, Insert, Row, Table, Update, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import greenlet_spawn
from sqlmodel import SQLModel, func, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from common import sqlite_driver, wake
from common.beginning import OPTION, Beginning, beginning_of
from common.errors import DatabaseUnavailable, Fault, UnsafeSettings

if TYPE_CHECKING:
    from alembic.config import Config

Done = TypeVar("Done")
Writes = TypeVar("Writes", bound=Insert | Update | Delete)
MIGRATION_LOCK: Final = 0x4C4F5453  # "LOTS"
MIGRATION_WAIT_SECONDS: Final = 60
SQLITE_UNAVAILABLE: Final = frozenset({5, 6, 8, 10, 11, 13, 14, 26})
"""busy, locked, read-only, I/O error, corrupt, full, cannot open, not a database"""

POSTGRES_UNAVAILABLE: Final = frozenset({"25006", "25P03", "3F000", "42501"})
"""read-only (as after a failover), left idle too long, no such schema, no right: besides what the driver calls operational"""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC by both databases. Naive ones are refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A stored moment needs its time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Database:
    """`async with db.write() as session:` is one short transaction; it commits at the end or leaves nothing behind.

    On SQLite writers of this process queue for one lock, so that none starves; other processes are waited for `busy_seconds`.
    """

    def __init__(self, url: str | URL, *, busy_seconds: float = 5.0, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._busy_seconds = busy_seconds
        self._file = _sqlite_file(self.url) if self.is_sqlite else None
        self._identity: tuple[int, int] | None = None
        self.bell = wake.Bell()
        self._queue = asyncio.Lock()
        self._engine = self._make_engine(pool_size)
        self._reader, self._looker, self._alone, self._writer = (
            self._engine.execution_options(**{OPTION: how}) for how in Beginning
        )

    def _make_engine(self, pool_size: int) -> AsyncEngine:
        pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": self._busy_seconds}
        if self.is_sqlite:
            given = {"timeout": self._busy_seconds, "async_creator_fn": sqlite_driver.connect}
            engine = create_async_engine(self.url, hide_parameters=True, connect_args=given, **pool)
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
            return engine
        from common import postgres_driver

        given, options = postgres_driver.connect_arguments(self._busy_seconds), postgres_driver.options()
        engine = create_async_engine(self.url, hide_parameters=True, connect_args=given, **pool, **options)
        postgres_driver.set_up(engine.sync_engine)
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading, and nothing else. On PostgreSQL each statement stands alone: a transaction would cost two calls more."""
        async with self._session(self._reader) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session that reads the database as it was at its first look, however long it reads and whatever others write meanwhile."""
        async with self._session(self._looker) as session:
            yield session

    async def ask(self, statement: Executable, given: Mapping[str, Any]) -> Sequence[Row[*tuple[Any, ...]]]:
        """What one question finds: as a `read()`, with less about it."""
        self._check_file()
        with self._told():
            return await greenlet_spawn(_asked, self._reader.sync_engine, statement, given)

    async def do(self, work: Callable[[Connection], Done], topics: Iterable[str] = (), *, alone: bool = False) -> Done:
        """One transaction for what needs no session: as a `write()`, with less about it. `alone`: the work is one statement.

        Those who wait for the topics are nudged once it is committed.
        """
        self._check_file()
        engine = self._alone if alone else self._writer
        async with self._turn() if self.is_sqlite else nullcontext():
            with self._told():
                done: Done = await greenlet_spawn(_done, engine.sync_engine, work)
        self.bell.ring(topics)
        return done

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction. No waiting for anything else inside it: no HTTP, no files."""
        if not self.is_sqlite:
            async with self._session(self._writer) as session, session.begin():
                yield session
        else:
            async with self._turn(), self._session(self._writer) as session, session.begin():
                yield session
        self.bell.ring(session.info.get(wake.KEY, ()))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._busy_seconds):
                await self._queue.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("busy") from error
        try:
            yield
        finally:
            self._queue.release()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        self._check_file()
        with self._told():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A database that cannot be used is said in one way."""
        try:
            yield
        except DBAPIError as error:
            reason = unavailable(error, is_sqlite=self.is_sqlite)
            if reason is None:
                raise
            raise DatabaseUnavailable(reason) from error
        except PoolTimeout as error:
            raise DatabaseUnavailable("no free connection") from error

    def _check_file(self) -> None:
        """SQLite goes on writing to a file that was deleted; what is written there is lost, so it is refused."""
        if self._file is None or self._identity is None:
            return
        try:
            found = os.stat(self._file)  # noqa: PTH116 - on the path of every request
        except OSError as error:
            raise DatabaseUnavailable("the database file is gone") from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise DatabaseUnavailable("the database file was replaced")

    async def migrate(self, revision: str = "head") -> None:
        """Brings the schema to the newest version, or the one given; other processes that start at the same time wait their turn."""
        if self._file is not None and not self._file.parent.is_dir():
            raise DatabaseUnavailable(
                f"the folder {self._file.parent} does not exist; make it or change LOTS_DATABASE_URL"
            )
        if self._file is not None:
            _for_its_owner_only(self._file)
        with self._told():
            async with self._writer.connect() as connection:
                if self.is_sqlite:
                    await connection.run_sync(_wait_longer)
                await connection.begin()
                if not self.is_sqlite:
                    await connection.execute(text(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT_SECONDS}s'"))
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                await connection.run_sync(_upgrade, revision)
                await connection.commit()
                await connection.invalidate()
        if self._file is not None:
            found = self._file.stat()
            self._identity = (found.st_dev, found.st_ino)

    async def lock(self, session: AsyncSession, name: str) -> None:
        """Waits until no other process's transaction holds this name. On SQLite a write transaction is alone already."""
        if not self.is_sqlite:
            await session.exec(select(func.pg_advisory_xact_lock(MIGRATION_LOCK, func.hashtext(name))))

    async def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer."""
        async with self.read() as session:
            await session.exec(select(1))

    async def close(self) -> None:
        await self._engine.dispose()


async def insert_new(session: AsyncSession, row: SQLModel) -> bool:
    """Inserts the row unless a unique key already has it; says whether it was new. The way to write what must stand once."""
    statement = _new_row(table_of(type(row)), on_sqlite=session.get_bind().dialect.name == "sqlite")
    return (await session.exec(statement, params=row.model_dump())).first() is not None


@lru_cache(maxsize=256)
def _new_row(table: Table, *, on_sqlite: bool) -> ReturningInsert[tuple[Any, ...]]:
    make = sqlite.insert if on_sqlite else postgresql.insert
    return make(table).on_conflict_do_nothing().returning(*table.primary_key)


def _asked(engine: Engine, statement: Executable, given: Mapping[str, Any]) -> Sequence[Row[*tuple[Any, ...]]]:
    with engine.connect() as connection:
        return connection.execute(statement, given).all()


def _done(engine: Engine, work: Callable[[Connection], Done]) -> Done:
    with engine.begin() as connection:
        return work(connection)


def table_of(row: type[SQLModel]) -> Table:
    """For statements that need nothing of the class: they cost less to run, and their rows are plain."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def few(statement: Writes) -> Writes:
    """Says that the statement writes few rows, which it finds by a key: on SQLite it is then carried out where it stands."""
    return cast("Writes", statement.prefix_with(sqlite_driver.FEW))


def unavailable(error: DBAPIError, *, is_sqlite: bool) -> str | None:
    """A reason that is safe to log when the database cannot be used; None when the statement itself is at fault."""
    if is_sqlite:
        code = getattr(error.orig, "sqlite_errorcode", None)
        name = getattr(error.orig, "sqlite_errorname", None)
        return str(name) if isinstance(code, int) and code & 0xFF in SQLITE_UNAVAILABLE else None
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, OperationalError | InterfaceError) or state in POSTGRES_UNAVAILABLE:
        return f"SQLSTATE {state}" if state else "no connection"
    return None


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or "mode=memory" in url.database:
        raise UnsafeSettings((Fault("LOTS_DATABASE_URL", "sqlite_in_file"),))
    return Path(url.database)


def _for_its_owner_only(file: Path) -> None:
    """A new database file is nobody else's to read; SQLite gives the files beside it the same rights."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(f"{file} cannot be made or read: {error.strerror}") from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _driver_of(connection: Connection) -> sqlite_driver.OneTripConnection:
    return cast("sqlite_driver.OneTripConnection", connection.connection.driver_connection)


def _begin_sqlite(connection: Connection) -> None:
    may_write = beginning_of(connection) in {Beginning.WRITING, Beginning.ALONE}
    _driver_of(connection).begin_with_the_next(sqlite_driver.WRITING if may_write else sqlite_driver.READING)


def _wait_longer(connection: Connection) -> None:
    _driver_of(connection).patience = MIGRATION_WAIT_SECONDS


def _upgrade(connection: Connection, revision: str) -> None:
    """Nothing is done where it is done already, or where a newer version has been: migrations only add, so this version goes on there."""
    from alembic import command
    from alembic.migration import MigrationContext

    found = MigrationContext.configure(connection).get_current_revision()
    newest, ours = _revisions()
    if found != newest and (found is None or found in ours):
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent.parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@lru_cache(maxsize=1)
def _revisions() -> tuple[str | None, frozenset[str]]:
    """The newest of this version's, and all of them."""
    from alembic.script import ScriptDirectory

    ours = ScriptDirectory.from_config(_alembic())
    return ours.get_current_head(), frozenset(one.revision for one in ours.walk_revisions())
