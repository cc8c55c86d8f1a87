"""Whom a call rings. All of it is sealed; beside it stands what may be shown anywhere: numbers that the directory or a routine has.

A daughter's name and number belong on the call's own page, never in a chat.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.outage.schemas import NumberIn
from api.outage.tables import PhoneCallRow
from common.crypto import Cipher

HIDDEN: Final = NumberIn(name="–", phone="---")
"""Stands for a number that is nobody's but the caller's; the version before can read it."""
AT_A_TIME: Final = 100
_NUMBERS: Final = TypeAdapter(tuple[NumberIn, ...])


async def put(api: Api, session: AsyncSession, row: PhoneCallRow, numbers: Sequence[NumberIn]) -> None:
    """The call's numbers, in order, into its row."""
    loaded = await api.units.current(session)
    known = set(_of_routines(api))
    for unit in loaded.units.values():
        known |= {(unit.name, unit.phone), (unit.name, unit.on_call_phone)}
    known = {(" ".join(name.split()), phone) for name, phone in known}
    shown = [one if (one.name, one.phone) in known else HIDDEN for one in numbers]
    row.numbers = json.dumps([one.model_dump() for one in shown], ensure_ascii=False)
    row.whom = api.cipher.seal(_NUMBERS.dump_json(tuple(numbers)).decode(), f"phone_call:{row.id}:whom")


def _of_routines(api: Api) -> Iterator[tuple[str, str | None]]:
    for pack in api.knowledge.registry.packs:
        yield from ((number.name, number.phone) for number in pack.numbers)
    for routine in api.knowledge.outages.by_pack.values():
        yield routine.switchboard.name, routine.switchboard.phone
        yield from ((number.name, number.phone) for number in routine.municipalities)


def every(cipher: Cipher, row: PhoneCallRow) -> tuple[NumberIn, ...]:
    """Whom to ring, in order: for the call's own page."""
    return _NUMBERS.validate_json(
        row.numbers if row.whom is None else cipher.open(row.whom, f"phone_call:{row.id}:whom")
    )


def shown(row: PhoneCallRow) -> NumberIn | None:
    """Whom to ring now, where anyone may see it. Of a row that waits to be sealed nobody knows."""
    now = None if row.whom is None else _NUMBERS.validate_json(row.numbers)[row.place]
    return None if now == HIDDEN else now


async def seal_older(api: Api) -> None:
    """Seals what the version before has written down."""
    unsealed = select(PhoneCallRow).where(col(PhoneCallRow.whom).is_(None)).limit(AT_A_TIME)
    async with api.db.read() as session:
        if (await session.exec(unsealed)).first() is None:
            return
    async with api.db.write() as session:
        for row in (await session.exec(unsealed.with_for_update(skip_locked=True))).all():
            await put(api, session, row, every(api.cipher, row))
            session.add(row)
