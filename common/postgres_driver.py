"""PostgreSQL's connections without needless calls to the server: no question before each use, no beginning of what is only read. Knows no tables.

A connection from the pool is asked whether it still lives when its socket has something to say, as it has when the server closed it, or when
it has lain unused for a while. Statements of a `read()` stand alone; a transaction begins with its first statement, in the same go.
"""

import select
import time
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InvalidatePoolError

from common.beginning import Beginning, beginning_of

UNUSED_SECONDS: Final = 5.0
"""How long a connection may lie before it is asked whether it lives: a network that went silent closes nothing."""
_USED_AT: Final = "lots.used_at"


def options() -> dict[str, Any]:
    """For SQLAlchemy: statements are sent as they are compiled, with places numbered as PostgreSQL itself numbers them.

    Else psycopg would take each statement apart to number them, a long one every time. What stands alone needs no taking back.
    """
    return {"paramstyle": "numeric_dollar", "use_native_hstore": False, "skip_autocommit_rollback": True}


def connect_arguments(busy_seconds: float) -> dict[str, Any]:
    return {
        "connect_timeout": max(2, int(busy_seconds)),
        "options": f"-c lock_timeout={int(busy_seconds * 1000)}",
        "cursor_factory": psycopg.AsyncRawCursor,
    }


def set_up(engine: Engine) -> None:
    def checkout(adapted: Any, record: Any, _fairy: object) -> None:
        if _is_doubtful(adapted.driver_connection, record.info.get(_USED_AT)) and not _answers(engine, adapted):
            raise InvalidatePoolError

    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkout", checkout)
    event.listen(engine, "checkin", _note_use)


def _begin(connection: Connection) -> None:
    """Says what the first statement begins; asks the server nothing."""
    how = beginning_of(connection)
    adapted: Any = connection.connection.dbapi_connection
    alone = how in {Beginning.READING, Beginning.ALONE}
    if adapted.autocommit is not alone:
        adapted.set_autocommit(alone)
    level = IsolationLevel.REPEATABLE_READ if how is Beginning.SNAPSHOT else None
    if adapted.driver_connection.isolation_level is not level:
        adapted.set_isolation_level(level)


def _note_use(_adapted: object, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _is_doubtful(connection: psycopg.AsyncConnection, used_at: float | None) -> bool:
    if used_at is None:
        return False  # it has just been made
    in_use = connection.pgconn.transaction_status != TransactionStatus.IDLE  # by a statement that was broken off
    if connection.closed or in_use or time.monotonic() - used_at > UNUSED_SECONDS:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(engine: Engine, adapted: Any) -> bool:
    try:
        return bool(engine.dialect.do_ping(adapted))
    except psycopg.Error:
        return False
