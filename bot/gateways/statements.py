"""The statements that stand before and after every turn, each made once. Tables are named here; what is in them is sealed elsewhere."""

from functools import lru_cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Integer,
    String,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col
from sqlmodel.sql.expression import Select, SelectOfScalar, select

from bot.gateways.tables import ConversationRow, IncomingRow, LineRow
from common.database import UtcDateTime, few, table_of
from common.outbox import OutboxRow, OutboxState

COMMAND: Final = "bot.command"
_LAST_SIGN: Final = "\U0010ffff"


@lru_cache(maxsize=1)
def opening() -> Select[ConversationRow, str]:
    """The row of `conversation`, and whether `message` has been acted on."""
    same = and_(
        col(IncomingRow.conversation_id) == col(ConversationRow.id),
        col(IncomingRow.message_id) == bindparam("message"),
    )
    return (
        select(ConversationRow, IncomingRow.message_id)
        .outerjoin(IncomingRow, same)
        .where(col(ConversationRow.id) == bindparam("conversation"))
    )


@lru_cache(maxsize=2)
def next_state(*, by_person: bool) -> ReturningUpdate[tuple[int]]:
    """Writes the state of `conversation` if its version is still `before`."""
    table = table_of(ConversationRow)
    values: dict[str, object] = {
        "version": bindparam("before", type_=Integer) + 1,
        "sealed": bindparam("new_state"),
        "lost": None,
        "next_line": table.c.next_line + bindparam("said", type_=Integer),
    }
    if by_person:
        values["touched_at"] = bindparam("now", type_=UtcDateTime)
    ours = and_(table.c.id == bindparam("conversation"), table.c.version == bindparam("before"))
    return few(update(table).where(ours).values(**values)).returning(table.c.next_line)


@lru_cache(maxsize=1)
def new_incoming() -> Insert:
    return insert(table_of(IncomingRow))


@lru_cache(maxsize=1)
def new_line() -> Insert:
    return insert(table_of(LineRow))


@lru_cache(maxsize=1)
def first_of_cause() -> SelectOfScalar[int | None]:
    """The first line of `cause` before line `first`."""
    lines = table_of(LineRow)
    return select(func.min(lines.c.number)).where(_same_cause(lines))


@lru_cache(maxsize=1)
def erase_lines() -> Delete:
    """Every line with a number under `before`, and the words that were the cause."""
    lines = table_of(LineRow)
    words = and_(_same_cause(lines), lines.c.author == "person")
    here = lines.c.conversation_id == bindparam("conversation")
    return few(delete(lines).where(here, or_(lines.c.number < bindparam("before"), words)))


@lru_cache(maxsize=1)
def note_erased() -> Update:
    """`conversation` has no line with a number under `before` any more."""
    table = table_of(ConversationRow)
    return few(update(table).where(table.c.id == bindparam("conversation")).values(erased_before=bindparam("before")))


@lru_cache(maxsize=2)
def empty_commands(*, on_sqlite: bool) -> Update:
    """What the outbox still holds of the commands whose keys begin with `prefix`."""
    outbox = table_of(OutboxRow)
    key: ColumnElement[str] = outbox.c.key
    prefix = bindparam("prefix", type_=String)
    # SQLite finds a range by the index; in PostgreSQL a range is by the language's order
    begins = and_(key > prefix, key < prefix + _LAST_SIGN) if on_sqlite else func.starts_with(key, prefix)
    done = and_(outbox.c.kind == COMMAND, begins, outbox.c.state != OutboxState.WAITING)
    return few(update(outbox).where(done).values(payload=""))


def _same_cause(lines: Table) -> ColumnElement[bool]:
    return and_(
        lines.c.conversation_id == bindparam("conversation"),
        lines.c.cause == bindparam("cause"),
        lines.c.number < bindparam("first"),
    )
