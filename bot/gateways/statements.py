"""The statements that stand before and after every turn, each made once. Tables are named here; what is in them is sealed elsewhere."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from bot.gateways.tables import ConversationRow, IncomingRow, LineRow
from bot.replies import Tone
from common.database import few, table_of
from common.outbox import OutboxRow, OutboxState

COMMAND: Final = "bot.command"
_LAST_SIGN: Final = "\U0010ffff"


@lru_cache(maxsize=1)
def opening() -> Select[*tuple[Any, ...]]:
    """The columns of `conversation`, and `message_id` where `message` has been acted on."""
    row, came = table_of(ConversationRow), table_of(IncomingRow)
    same = and_(came.c.conversation_id == row.c.id, came.c.message_id == bindparam("message"))
    return (
        select(row, came.c.message_id)
        .select_from(row.outerjoin(came, same))
        .where(row.c.id == bindparam("conversation"))
    )


@lru_cache(maxsize=1)
def first_of_cause() -> Select[int | None]:
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
def erase_copies() -> Delete:
    """What was shown to be copied in lines with a number under `before`."""
    lines = table_of(LineRow)
    here = lines.c.conversation_id == bindparam("conversation")
    return few(delete(lines).where(here, lines.c.number < bindparam("before"), lines.c.tone == str(Tone.COPY)))


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
