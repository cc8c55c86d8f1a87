"""The peer of a handover: a bare FastAPI + SQLAlchemy endpoint that durably writes the same rows, unencrypted and unchecked.

As someone who knows both would write it: WAL and full durability, one transaction, one writer at a time on SQLite.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import api.app  # noqa: F401 - every table
from bench.handed import again


class Message(BaseModel):
    subject: str
    sections: list[dict[str, str]]
    person: dict[str, str]
    consent: dict[str, str]


def writing() -> FastAPI:
    """Reads BENCH_URL, the database, and BENCH_ROWS, the rows of one message."""
    engine = create_async_engine(os.environ["BENCH_URL"], pool_size=10, max_overflow=0)
    on_sqlite = engine.url.get_backend_name() == "sqlite"
    if on_sqlite:
        event.listen(engine.sync_engine, "connect", _durable)
    rows = again(Path(os.environ["BENCH_ROWS"]))
    tables = SQLModel.metadata.tables
    one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/api/v1/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/v1/messages", status_code=201)
    async def write(message: Message) -> dict[str, Any]:
        made = next(rows)
        for table, row in made:
            if table == "message":
                row |= {
                    "content": message.model_dump_json(include={"subject", "sections"}),
                    "person": message.model_dump_json(include={"person"}),
                    "consent": message.model_dump_json(include={"consent"}),
                }
        async with one_at_a_time if on_sqlite else nullcontext(), engine.begin() as connection:
            for table, row in made:
                await connection.execute(insert(tables[table]), row)
        return {"id": next(row["id"] for table, row in made if table == "message")}

    return app


def _durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
