"""What `lots token` and `lots units` ask for. Prints nothing."""

from api.authorisation import Role
from api.context import Api
from api.staff import service as staff
from api.units import service as units
from knowledge.directory import Unit
from knowledge.vocabulary import UnitType


async def token(api: Api, unit_id: str, role: Role) -> str:
    """A new key for scripts that act as the unit in the role. Raises UnitUnknown."""
    return await staff.issue_key(api, name=api.knowledge.texts.text("cli.script"), unit_id=unit_id, role=role)


async def list_units(api: Api, *, pack_id: str | None = None, unit_type: UnitType | None = None) -> list[Unit]:
    """The directory in the database; a pack means the units of its region. Raises UnknownPack."""
    region = None if pack_id is None else api.knowledge.registry.pack(pack_id).region
    return await units.listed(api, region=region, unit_type=unit_type)
