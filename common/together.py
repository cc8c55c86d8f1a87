"""Rows of several tables, written at once: all of them, or none because the first could not be. Knows no tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate
from sqlmodel.ext.asyncio.session import AsyncSession

from common.database import Database, few

MOST: Final = 16
"""Rows in one statement; more are written one by one, in the same transaction."""
Computed = tuple[tuple[str, ColumnElement[Any]], ...]


class Shape(NamedTuple):
    """All that is the same of rows that differ in their values alone."""

    table: Table
    names: tuple[str, ...]
    computed: Computed = ()
    held: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True, slots=True)
class New:
    """A new row with every value it has; the others are null. `computed`: what the database works out itself, by parts of statements that are made once."""

    table: Table
    values: Mapping[str, Any]
    computed: Computed = ()
    once: bool = False
    """Of a further row: it is left out where a unique key has it already."""

    @property
    def shape(self) -> Shape:
        return Shape(self.table, tuple(self.values), self.computed, once=self.once)


@dataclass(frozen=True, slots=True)
class Next:
    """New values of a row that stands there, if it still is as `held` says."""

    table: Table
    held: Mapping[str, Any]
    values: Mapping[str, Any]

    @property
    def shape(self) -> Shape:
        return Shape(self.table, tuple(self.values), held=tuple(self.held))


First = New | Next


async def put_together(db: Database, first: First, others: Sequence[New], topics: Iterable[str]) -> bool:
    """`write_together` in a transaction of its own; those who wait for the topics are nudged."""
    return await db.do(partial(write_together, first=first, others=others), topics, alone=at_once(others))


async def insert_together(session: AsyncSession, first: New, others: Sequence[New]) -> bool:
    """`write_together` in a session's transaction."""
    return await session.run_sync(lambda inner: write_together(inner.connection(), first, others))


def at_once(others: Sequence[New]) -> bool:
    """Whether PostgreSQL takes so many further rows in one statement."""
    return len(others) < MOST


def write_together(connection: Connection, first: First, others: Sequence[New]) -> bool:
    """The rows, unless a unique key has the first already or it has changed since; says whether they went in. PostgreSQL is asked once
    for all of it.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite or not at_once(others):
        return _one_by_one(connection, first, others, on_sqlite=on_sqlite)
    rows = (first, *others)
    given = {name: value for place, row in enumerate(rows) for name, value in _named(place, row)}
    return connection.execute(_all(tuple(row.shape for row in rows)), given).scalar_one() > 0


def _one_by_one(connection: Connection, first: First, others: Sequence[New], *, on_sqlite: bool) -> bool:
    went_in = connection.execute(_first(first.shape, on_sqlite=on_sqlite), dict(_named(0, first))).first() is not None
    if went_in:
        for row in others:
            connection.execute(_one(row.shape, on_sqlite=on_sqlite), dict(_named(0, row)))
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
        row = postgresql.insert(shape.table).from_select(list(values), chosen, include_defaults=False)
        rows.append((row.on_conflict_do_nothing() if shape.once else row).cte(f"row_{place}"))
    return select(func.count()).select_from(first).add_cte(*rows)


@lru_cache(maxsize=256)
def _first(shape: Shape, *, on_sqlite: bool) -> ReturningInsert[tuple[Any]] | ReturningUpdate[tuple[Any]]:
    one: ColumnElement[Any] = literal_column("1")
    if shape.held:
        columns = shape.table.c
        same = and_(*(columns[name] == bindparam(_held(name), type_=columns[name].type) for name in shape.held))
        return few(update(shape.table).where(same).values(_values(0, shape))).returning(one)
    make = sqlite.insert if on_sqlite else postgresql.insert
    return make(shape.table).values(_values(0, shape)).on_conflict_do_nothing().returning(one)


@lru_cache(maxsize=256)
def _one(shape: Shape, *, on_sqlite: bool) -> Insert:
    row = (sqlite.insert if on_sqlite else postgresql.insert)(shape.table).values(_values(0, shape))
    return few(row.on_conflict_do_nothing() if shape.once else row)


def _values(place: int, shape: Shape) -> dict[str, Any]:
    columns = shape.table.c
    return {name: bindparam(_name(place, name), type_=columns[name].type) for name in shape.names} | dict(
        shape.computed
    )


def _named(place: int, row: First) -> Iterator[tuple[str, Any]]:
    yield from ((_name(place, name), value) for name, value in row.values.items())
    if isinstance(row, Next):
        yield from ((_held(name), value) for name, value in row.held.items())


def _name(place: int, name: str) -> str:
    return f"{name}__{place}"


def _held(name: str) -> str:
    return f"{name}__held"
