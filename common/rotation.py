"""Changes the sealing key: a new one becomes current, every sealed value is sealed anew, and the old one is dropped when nothing uses it.

It may be stopped at any moment and run again: which values are left is seen in the values themselves, and the old key stays in the ring
until there are none. Processes that run meanwhile follow the key file, so they seal with the new key at once.
"""

import fcntl
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, not_, select, tuple_, update

from common.crypto import Cipher, Keys
from common.database import Database
from common.errors import CryptoError, KeysMissing, RotationUnfinished
from common.sealed import Registry, SealedColumn

BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """After each batch: what was sealed anew in it."""

    table: str
    column: str
    values: int


@dataclass(frozen=True, slots=True)
class Rotated:
    current: str
    dropped: tuple[str, ...]
    resumed: bool
    values: int


Say = Callable[[Progress], None]


async def rotate(
    db: Database, file: Path, sealed: Registry, *, settle: Callable[[], Awaitable[None]], say: Say, batch: int = BATCH
) -> Rotated:
    """`settle` waits until no process can still be writing what it sealed before the key was changed."""
    with alone(file):
        keys = Keys.load(file)
        resumed = len(keys.seal) > 1
        if not resumed:
            keys = keys.with_new()
            keys.save_over(file)
        cipher = Cipher(keys)
        values = await _seal_anew(db, cipher, sealed, say, batch)
        await settle()
        values += await _seal_anew(db, cipher, sealed, say, batch)
        left = [f"{one.table}.{one.column}: {count}" for one in sealed if (count := await _left(db, cipher, one))]
        if left:
            raise RotationUnfinished(tuple(left))
        keys.only_current().save_over(file)
        return Rotated(keys.current, tuple(sorted(set(keys.seal) - {keys.current})), resumed, values)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """One rotation at a time on this machine; a killed one's lock is gone with it."""
    handle = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise KeysMissing(f"Another rotation of {file} is running. Wait until it has ended.") from error
    finally:
        os.close(handle)


async def _seal_anew(db: Database, cipher: Cipher, sealed: Registry, say: Say, batch: int) -> int:
    return sum([await _column(db, cipher, one, say, batch) for one in sealed])


async def _column(db: Database, cipher: Cipher, one: SealedColumn, say: Say, batch: int) -> int:
    done = 0
    last: tuple[object, ...] | None = None
    while True:
        async with db.read() as session:
            rows = (await (await session.connection()).execute(_older(cipher, one, last).limit(batch))).all()
        if not rows:
            return done
        last = tuple(rows[-1]._mapping[column.name] for column in one.key)
        changes = [change for row in rows if (change := _change(cipher, one, row)) is not None]
        if changes:
            await _write(db, one, changes)
        done += len(changes)
        say(Progress(one.table, one.column, len(changes)))


def _older(cipher: Cipher, one: SealedColumn, last: tuple[object, ...] | None) -> Any:
    """The rows sealed with another key than the current one, by primary key."""
    older = and_(one.filled(), not_(one.value.startswith(f"{cipher.current_key}.", autoescape=True)))
    if last is not None:
        older = and_(older, tuple_(*one.key) > tuple_(*(bindparam(None, part) for part in last)))
    return select(one.rows).where(older).order_by(*one.key)


def _change(cipher: Cipher, one: SealedColumn, row: "Row[Any]") -> dict[str, object] | None:
    """None for a value that does not open: it stays as it is, and so does its key."""
    value, place = row._mapping[one.column], one.place(row)
    try:
        sealed = cipher.seal(cipher.open(value, place), place)
    except CryptoError:
        return None
    return {"was": value, "anew": sealed, **{f"key_{column.name}": row._mapping[column.name] for column in one.key}}


async def _write(db: Database, one: SealedColumn, changes: list[dict[str, object]]) -> None:
    """A value that someone changed meanwhile is left: it was sealed with the new key, or the next look finds it."""
    same = and_(one.value == bindparam("was"), *(column == bindparam(f"key_{column.name}") for column in one.key))
    statement = update(one.rows).where(same).values({one.column: bindparam("anew")})
    async with db.write() as session:
        await (await session.connection()).execute(statement, changes)


async def _left(db: Database, cipher: Cipher, one: SealedColumn) -> int:
    async with db.read() as session:
        counted = select(func.count()).select_from(_older(cipher, one, None).order_by(None).subquery())
        return int((await (await session.connection()).execute(counted)).scalar_one())
