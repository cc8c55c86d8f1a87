"""Which columns hold sealed values, and the place each value is bound to. Knows no table: each room lists its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Row, Table, and_
from sqlmodel import SQLModel


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`context` is the seal's place with the row's own columns in braces, as in `message:{id}:content`."""

    of: type[SQLModel]
    column: str
    context: str
    kinds: tuple[str, ...] = ()
    """Where only rows of some kinds are sealed: the values of their column `kind`."""

    @property
    def rows(self) -> Table:
        found: Table = self.of.__table__  # type: ignore[attr-defined]
        return found

    @property
    def table(self) -> str:
        return self.rows.name

    @property
    def value(self) -> "Column[str]":
        return self.rows.c[self.column]

    @property
    def key(self) -> "tuple[Column[object], ...]":
        return tuple(self.rows.primary_key.columns)

    def filled(self) -> ColumnElement[bool]:
        """The rows that hold a sealed value."""
        there = and_(self.value.is_not(None), self.value != "")
        return and_(there, self.rows.c.kind.in_(self.kinds)) if self.kinds else there

    def place(self, row: "Row[tuple[object, ...]]") -> str:
        return self.context.format_map(dict(row._mapping))


Registry = Sequence[SealedColumn]
