"""New rows of several tables, written at once: all of them, or none because the first stands there already. Knows no tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel.ext.asyncio.session import AsyncSession

from common.database import Database, few

MOST: Final = 16
"""Rows in one statement; more are written one by one, in the same transaction."""
Computed = tuple[tuple[str, ColumnElement[Any]], ...]
Shape = tuple[Table, tuple[str, ...], Computed]


@dataclass(frozen=True, slots=True)
class New:
    """A new row with every value it has; the others are null. `computed`: what the database works out itself, by parts of statements that are made once."""

    table: Table
    values: Mapping[str, Any]
    computed: Computed = ()

    @property
    def shape(self) -> Shape:
        return (self.table, tuple(self.values), self.computed)


async def put_together(db: Database, first: New, others: Sequence[New], topics: Iterable[str]) -> bool:
    """`insert_together` in a transaction of its own; those who wait for the topics are nudged."""
    return await db.do(partial(_put, first=first, others=others), topics, alone=len(others) < MOST)


async def insert_together(session: AsyncSession, first: New, others: Sequence[New]) -> bool:
    """The rows, unless a unique key has the first already; says whether it was new. PostgreSQL is asked once for all of it."""
    return await session.run_sync(lambda inner: _put(inner.connection(), first, others))


def _put(connection: Connection, first: New, others: Sequence[New]) -> bool:
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite or len(others) >= MOST:
        return _one_by_one(connection, first, others, on_sqlite=on_sqlite)
    rows = (first, *others)
    given = {name: value for place, row in enumerate(rows) for name, value in _named(place, row)}
    return connection.execute(_all(tuple(row.shape for row in rows)), given).scalar_one() > 0


def _one_by_one(connection: Connection, first: New, others: Sequence[New], *, on_sqlite: bool) -> bool:
    went_in = connection.execute(_first(first.shape, on_sqlite=on_sqlite), dict(_named(0, first))).first() is not None
    if went_in:
        for row in others:
            connection.execute(_one(row.shape), dict(_named(0, row)))
    return went_in


@lru_cache(maxsize=256)
def _all(shapes: tuple[Shape, ...]) -> Select[int]:
    """One statement: each further row goes in where the first did."""
    first = _first(shapes[0], on_sqlite=False).cte("first")
    went_in = exists(select(literal_column("1")).select_from(first))
    rows = []
    for place, shape in enumerate(shapes[1:], 1):
        values = _values(place, shape)
        chosen = select(*values.values()).where(went_in)
        rows.append(insert(shape[0]).from_select(list(values), chosen, include_defaults=False).cte(f"row_{place}"))
    return select(func.count()).select_from(first).add_cte(*rows)


@lru_cache(maxsize=256)
def _first(shape: Shape, *, on_sqlite: bool) -> ReturningInsert[tuple[Any]]:
    make = sqlite.insert if on_sqlite else postgresql.insert
    return make(shape[0]).values(_values(0, shape)).on_conflict_do_nothing().returning(literal_column("1"))


@lru_cache(maxsize=256)
def _one(shape: Shape) -> Insert:
    return few(insert(shape[0])).values(_values(0, shape))


def _values(place: int, shape: Shape) -> dict[str, Any]:
    table, names, computed = shape
    return {name: bindparam(_name(place, name), type_=table.c[name].type) for name in names} | dict(computed)


def _named(place: int, row: New) -> Iterator[tuple[str, Any]]:
    return ((_name(place, name), value) for name, value in row.values.items())


def _name(place: int, name: str) -> str:
    return f"{name}__{place}"
