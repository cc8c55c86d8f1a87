"""The same call twice is one deed: a key per caller and operation, with a keyed hash of what was asked. Keeps no bodies."""

from dataclasses import asdict, dataclass

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import Api
from api.errors import IdempotencyConflict
from api.messages.tables import CallRow
from common.database import table_of
from common.together import New, insert_together


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its key. `operation` names the route and the message it is about."""

    scope: str
    key: str
    fingerprint: str


def call_of(api: Api, caller: Caller, operation: str, key: str | None, body: BaseModel) -> Call | None:
    """None without a key: such a call is a deed of its own each time."""
    return None if key is None else keyed(api, caller, operation, key, body)


def keyed(api: Api, caller: Caller, operation: str, key: str, body: BaseModel) -> Call:
    asked = body.model_dump_json()
    return Call(f"{caller.actor}|{operation}", key, api.cipher.lookup(f"call:{operation}:{asked}"))


async def made_before(session: AsyncSession, call: Call | None) -> str | None:
    """What the call made the first time, or None. Another body under the same key is a conflict."""
    if call is None:
        return None
    row = await session.get(CallRow, (call.scope, call.key))
    if row is None:
        return None
    if row.fingerprint != call.fingerprint:
        raise IdempotencyConflict
    return row.result


async def claim(api: Api, session: AsyncSession, call: Call | None, result: str) -> str | None:
    """Takes the key for what is about to be made, first in its transaction. Gives what another call made meanwhile, if one did."""
    if call is None:
        return None
    if await insert_together(session, row_of(api, call, result), ()):
        return None
    return await made_before(session, call)


def row_of(api: Api, call: Call, result: str) -> New:
    """The key as a row, to be written together with what the call makes."""
    return New(table_of(CallRow), asdict(call) | {"result": result, "created_at": api.now()})
