"""A backup while Lots runs, and a restore into an empty database: one file for SQLite and PostgreSQL alike. Holds no keys.

The file is a zip: `manifest.json`, and for each table its rows as JSON lines, all from one moment. Tables are read as they are in the
database, so that a backup of an older schema is restored in that schema and brought up to date afterwards.
"""

import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from alembic.util import CommandError
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, DateTime, MetaData, Table, bindparam, func, inspect, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from common.crypto import Cipher
from common.database import Database
from common.errors import BackupBroken, BackupRefused
from common.files import sync_folder
from common.outbox import HELD_BY, HELD_UNTIL, OutboxRow, OutboxState
from common.sealed import Registry

MANIFEST: Final = "manifest.json"
VERSIONS: Final = "alembic_version"
BATCH: Final = 500


class TableContent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


class Manifest(BaseModel):
    """`keys` are the ids of every key that is needed to read what was backed up; the keys themselves are kept apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lots: str
    schema_version: str
    made_at: datetime
    keys: tuple[str, ...]
    tables: dict[str, TableContent]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is made of. `left_out` are tables whose rows are of no use in another place or at another time."""

    db: Database
    cipher: Cipher
    sealed: Registry
    left_out: Collection[str]


async def backup(source: Source, file: Path, made_at: datetime, version: str) -> Manifest:
    """Writes the file whole, readable by its owner only, or leaves nothing. An existing file is never overwritten."""
    with _new_file(file) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        async with source.db.snapshot() as session:
            connection = await session.connection()
            meta = await connection.run_sync(_tables)
            schema = (await connection.execute(select(meta.tables[VERSIONS].c.version_num))).scalar_one()
            keys: set[str] = set(source.cipher.fixed_ids)
            tables: dict[str, TableContent] = {}
            for table in meta.sorted_tables:
                if table.name != VERSIONS and table.name not in source.left_out:
                    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as lines:
                        tables[table.name] = await _write(connection, table, source.sealed, keys, lines)
        manifest = Manifest(
            lots=version, schema_version=schema, made_at=made_at, keys=tuple(sorted(keys)), tables=tables
        )
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


async def _write(
    connection: AsyncConnection, table: Table, sealed: Registry, keys: set[str], lines: IO[bytes]
) -> TableContent:
    ours = [one for one in sealed if one.table == table.name]
    count, digest = 0, hashlib.sha256()
    async for row in _rows(connection, table):
        line = json.dumps({name: _out(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n"
        lines.write(line)
        digest.update(line)
        count += 1
        for one in ours:
            value = row[one.column]
            if value and (not one.kinds or row["kind"] in one.kinds):
                keys.add(str(value).partition(".")[0])
    return TableContent(rows=count, sha256=digest.hexdigest())


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[Mapping[str, object]]:
    """A page at a time by primary key, so that a large table is never held whole."""
    key = tuple(table.primary_key.columns)
    page = select(table).order_by(*key).limit(BATCH)
    wanted = page
    while rows := (await connection.execute(wanted)).mappings().all():
        for row in rows:
            yield dict(row)
        last = (bindparam(None, rows[-1][column.name], column.type) for column in key)
        wanted = page.where(tuple_(*key) > tuple_(*last))


def read_manifest(file: Path) -> Manifest:
    try:
        with zipfile.ZipFile(file) as archive:
            return Manifest.model_validate_json(archive.read(MANIFEST))
    except OSError as error:
        raise BackupBroken(file, str(error.strerror)) from error
    except (zipfile.BadZipFile, KeyError, ValidationError) as error:
        raise BackupBroken(file, "it is no backup of Lots, or was cut off") from error


async def restore(db: Database, cipher: Cipher, file: Path) -> Manifest:
    """Everything or nothing, into an empty database. What had been waiting to go out stays until it is released."""
    manifest = read_manifest(file)
    missing = sorted(set(manifest.keys) - cipher.key_ids)
    if missing:
        raise BackupRefused(f"keys.json lacks the key {', '.join(missing)}. Put back the keys.json of that time.")
    await _refuse_unless_empty(db, manifest)
    try:
        await db.migrate(manifest.schema_version)
    except CommandError as error:
        reason = f"it is of schema {manifest.schema_version}, which this Lots does not know. Use Lots {manifest.lots}."
        raise BackupRefused(reason) from error
    async with db.write() as session:
        await db.lock(session, "restore")
        connection = await session.connection()
        meta = await connection.run_sync(_tables)
        await _refuse_rows(connection, meta)
        with zipfile.ZipFile(file) as archive:
            for table in meta.sorted_tables:
                if table.name in manifest.tables:
                    await _fill(connection, table, archive, manifest.tables[table.name], file)
    await db.migrate()
    return manifest


async def _fill(
    connection: AsyncConnection, table: Table, archive: zipfile.ZipFile, content: TableContent, file: Path
) -> None:
    count, digest, batch = 0, hashlib.sha256(), list[dict[str, object]]()
    try:
        for line in _lines(archive, table):
            digest.update(line)
            count += 1
            batch.append(_in(table, json.loads(line)))
            if len(batch) == BATCH:
                await connection.execute(table.insert(), batch)
                batch = []
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BackupBroken(file, f"{table.name} cannot be read") from error
    if batch:
        await connection.execute(table.insert(), batch)
    if (count, digest.hexdigest()) != (content.rows, content.sha256):
        raise BackupBroken(file, f"{table.name} is not what the manifest says")
    await _number_on(connection, table)


def _lines(archive: zipfile.ZipFile, table: Table) -> Iterator[bytes]:
    with archive.open(f"{table.name}.jsonl") as lines:
        yield from lines


async def _number_on(connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL numbers rows from a sequence, which goes on after the restored ones."""
    if connection.dialect.name == "sqlite":
        return
    for column in table.primary_key.columns:
        found = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = (await connection.execute(found, {"table": table.name, "column": column.name})).scalar_one()
        if sequence is not None:
            last = (await connection.execute(select(func.max(column)))).scalar_one()
            if last is not None:
                await connection.execute(text("SELECT setval(:name, :last)"), {"name": sequence, "last": last})


async def _refuse_unless_empty(db: Database, manifest: Manifest) -> None:
    """Before anything is made: a database with rows, or with tables of another version, is not touched."""
    async with db.read() as session:
        connection = await session.connection()
        if not await connection.run_sync(lambda sync: inspect(sync).has_table(VERSIONS)):
            return
        meta = await connection.run_sync(_tables)
        await _refuse_rows(connection, meta)
        found = (await connection.execute(select(meta.tables[VERSIONS].c.version_num))).scalar_one_or_none()
    if found not in (None, manifest.schema_version):
        raise BackupRefused(f"the database has tables of schema {found} already. Give it one that was never used.")


async def _refuse_rows(connection: AsyncConnection, meta: MetaData) -> None:
    for table in meta.sorted_tables:
        if table.name != VERSIONS and (await connection.execute(select(1).select_from(table).limit(1))).first():
            raise BackupRefused(f"the database is not empty: there are rows in {table.name}. Nothing was changed.")


def _tables(connection: Connection) -> MetaData:
    meta = MetaData()
    meta.reflect(connection)
    return meta


def _out(value: object) -> object:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return value


def _in(table: Table, row: Mapping[str, Any]) -> dict[str, object]:
    made: dict[str, object] = {}
    for column in table.columns:
        value = row[column.name]
        moment = isinstance(column.type, DateTime) and value is not None
        made[column.name] = datetime.fromisoformat(value) if moment else value
    if table.name == OutboxRow.__tablename__ and made["state"] == OutboxState.WAITING:
        made |= {"claimed_until": HELD_UNTIL, "claimed_by": HELD_BY}
    return made


@contextmanager
def _new_file(file: Path) -> Iterator[IO[bytes]]:
    """Appears under its name when it is whole and on the disk."""
    if file.exists():
        raise BackupRefused(f"{file} exists already, and a backup is never overwritten. Give another name.")
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(f"{file} cannot be written ({error.strerror}).") from error
    try:
        with os.fdopen(handle, "w+b") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
        try:
            sync_folder(file.parent)
        except OSError:
            file.unlink()
            raise
    except OSError as error:
        raise BackupRefused(f"{file} cannot be written ({error.strerror}). Nothing is left of it.") from error
    finally:
        draft.unlink()
