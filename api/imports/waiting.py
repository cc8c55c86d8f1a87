"""Uploaded files between the look and the confirmation: sealed, the sender's own, for an hour. Knows no HTTP and no sheet."""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import Api
from api.errors import FileGone, PersonRequired
from api.imports.tables import ImportFileRow
from common.ids import new_id

Kind = Literal["units", "staff"]
KEPT: Final = timedelta(hours=1)


async def keep(api: Api, caller: Caller, kind: Kind, text: str) -> str:
    """In place of any file that the sender had waiting."""
    if caller.staff_id is None:
        raise PersonRequired
    file_id, now = new_id(), api.now()
    async with api.db.write() as session:
        old = (col(ImportFileRow.staff_id) == caller.staff_id) | (col(ImportFileRow.made_at) < now - KEPT)
        await session.exec(delete(ImportFileRow).where(old))
        content = api.cipher.seal(text, f"import:{file_id}")
        session.add(ImportFileRow(id=file_id, kind=kind, staff_id=caller.staff_id, content=content, made_at=now))
    return file_id


async def waiting(api: Api, caller: Caller, file_id: str) -> tuple[Kind, str]:
    """The sender's own file, or FileGone."""
    async with api.db.read() as session:
        row = (await session.exec(select(ImportFileRow).where(ImportFileRow.id == file_id))).first()
    if row is None or row.staff_id != caller.staff_id or row.made_at < api.now() - KEPT:
        raise FileGone
    return ("units" if row.kind == "units" else "staff"), api.cipher.open(row.content, f"import:{row.id}")


async def take(session: AsyncSession, file_id: str) -> None:
    """Used: in the transaction that carries it out, so that it is carried out once. FileGone if somebody was first."""
    done = await session.exec(delete(ImportFileRow).where(col(ImportFileRow.id) == file_id))
    if not done.rowcount:
        raise FileGone
