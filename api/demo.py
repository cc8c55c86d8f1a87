"""The demo's units, made-up people and deliveries, loaded into an empty database. Never in production."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import select

import knowledge
from api.authorisation import Role
from api.context import Api
from api.errors import SignInLinksOff
from api.messages.delivery import Delivery
from api.staff.tables import MembershipRow, StaffRow
from api.units import service as units
from api.units.tables import UnitRow
from knowledge.data_file import read_model
from knowledge.errors import DataErrors

LOCK: Final = "demo"


class DemoPerson(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    name: str
    unit: str
    role: Role = Role.STAFF


class DemoDelivery(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: str
    channel: str
    delivery: Delivery


class Demo(BaseModel):
    """`guest` is the person whom `make run` signs in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guest: str
    people: tuple[DemoPerson, ...]
    deliveries: tuple[DemoDelivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    guest: str
    new: bool


def read_demo(folder: Path | None = None) -> Demo:
    """Raises DataErrors, with file and line."""
    file = (folder or Path(knowledge.__file__).parent) / "demo" / "people.yaml"
    demo, _, errors = read_model(file, Demo)
    if demo is None or errors:
        raise DataErrors(errors)
    return demo


async def load_when_empty(api: Api) -> Loaded | None:
    """Fills an empty database, once however many processes try. In production nothing is loaded: None."""
    if api.settings.production:
        return None
    demo = read_demo(api.settings.knowledge_dir)
    now = api.now()
    async with api.db.write() as session:
        await api.db.lock(session, LOCK)
        if (await session.exec(select(UnitRow.id).limit(1))).first() is not None:
            return Loaded(demo.guest, new=False)
        await units.save(api, session, api.knowledge.directory.units)
        await session.flush()
        for person in demo.people:
            session.add(StaffRow(id=person.id, name=person.name, demo=True))
        await session.flush()
        for person in demo.people:
            session.add(MembershipRow(staff_id=person.id, unit_id=person.unit, role=person.role, chosen_at=now))
        for setting in demo.deliveries:
            await units.set_delivery(api, session, setting.organisation, setting.channel, setting.delivery)
    return Loaded(demo.guest, new=True)


async def person_at(api: Api, unit_id: str) -> str:
    """A made-up person at the unit, for a conversation in the terminal: one of the demo's, else a new one. Never in production."""
    if api.settings.production:
        raise SignInLinksOff
    async with api.db.write() as session:
        found = (
            await session.exec(
                select(MembershipRow.staff_id)
                .where(MembershipRow.unit_id == unit_id, MembershipRow.role == Role.STAFF)
                .limit(1)
            )
        ).first()
        if found is not None:
            return found
        staff_id = f"demo-{unit_id}"
        session.add(StaffRow(id=staff_id, name=api.knowledge.texts.text("cli.demo_person"), demo=True))
        await session.flush()
        session.add(MembershipRow(staff_id=staff_id, unit_id=unit_id, role=Role.STAFF, chosen_at=api.now()))
    return staff_id
