"""A PostgreSQL with as many properly sealed messages as asked for, put in by COPY. Measures nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col, select

from api.context import Api
from api.messages import sealing
from api.messages.schemas import ConsentIn, MessageIn
from api.messages.status import MessageState, RecipientState
from api.messages.tables import MessageRow, RecipientRow
from api.units.tables import UnitRow
from bench.handed import RECEIVER, SENDER, order
from common.ids import new_id
from common.outbox import OutboxRow
from triage.identity import PersonId, check_person_id

Values = dict[str, Any]


async def units(api: Api, number: int) -> tuple[str, ...]:
    """As many receiving units, each like the demo's health centre."""
    async with api.db.write() as session:
        like = (await session.exec(select(UnitRow).where(col(UnitRow.id) == RECEIVER))).one()
        made = [like.model_copy(update={"id": f"bench-{at:05}", "name": f"Enhet {at}"}) for at in range(number)]
        session.add_all(UnitRow.model_validate(unit.model_dump()) for unit in made)
    return tuple(unit.id for unit in made)


def fill(api: Api, to: tuple[str, ...], number: int, due: datetime | None = None, kind: str | None = None) -> None:
    """`number` messages, one a second up to now, dealt out over the units. With a `kind` of work each has one that is due."""
    first, like = api.now() - timedelta(seconds=number), _Like.made()
    messages = (_message(api, like, f"B-{to[0]}-{at}", first + timedelta(seconds=at), due) for at in range(number))
    url = make_url(api.settings.database_url.get_secret_value()).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        rows = list(_copied(connection, MessageRow, messages))
        _copy(connection, RecipientRow, (_recipient(row, to[at % len(to)]) for at, row in enumerate(rows)))
        if kind is not None and due is not None:
            _copy(connection, OutboxRow, (_job(row, kind, due) for row in rows))
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@dataclass(frozen=True, slots=True)
class _Like:
    """What every message says, checked once."""

    asked: MessageIn
    consent: ConsentIn
    person: PersonId

    @classmethod
    def made(cls) -> "_Like":
        asked = MessageIn.model_validate(order())
        person = check_person_id(asked.person.id_type, asked.person.id)
        assert isinstance(person, PersonId)
        assert asked.consent is not None
        return cls(asked, asked.consent, person)


def _message(api: Api, like: _Like, number: str, at: datetime, due: datetime | None) -> Values:
    asked, consent = like.asked, like.consent
    mine = new_id()
    row = MessageRow(
        id=mine,
        number=number,
        thread=mine,
        pack=asked.pack,
        channel=asked.channel,
        sender_unit=SENDER,
        exercise=False,
        delivery="built_in",
        state=MessageState.DELIVERED,
        consent_state=consent.state,
        consent_basis=consent.basis,
        consent=sealing.seal_consent(api.cipher, mine, consent),
        content=sealing.seal_content(api.cipher, mine, asked),
        person=sealing.seal_person(api.cipher, mine, like.person, None),
        person_hash=sealing.person_hash(api.cipher, like.person),
        created_at=at,
        due_at=due,
    )
    return row.model_dump()


def _recipient(message: Values, unit: str) -> Values:
    return RecipientRow(
        message_id=message["id"],
        unit_id=unit,
        state=RecipientState.RECEIVED,
        added_as="recipient",
        hidden=False,
        received_at=message["created_at"],
    ).model_dump()


def _job(message: Values, kind: str, due: datetime) -> Values:
    return OutboxRow(id=new_id(), kind=kind, key=message["id"], payload=message["id"], due_at=due).model_dump()


def _copied(connection: psycopg.Connection, table: type[SQLModel], rows: Iterator[Values]) -> Iterator[Values]:
    """Copies the rows in and gives back of each what others refer to."""
    kept: list[Values] = []

    def noted() -> Iterator[Values]:
        for row in rows:
            kept.append({"id": row["id"], "created_at": row["created_at"]})
            yield row

    _copy(connection, table, noted())
    yield from kept


def _copy(connection: psycopg.Connection, table: type[SQLModel], rows: Iterator[Values]) -> None:
    names = list(table.model_fields)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(str(table.__tablename__)), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
