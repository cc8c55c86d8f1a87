"""Trainers' own scenarios in the database: saved whole and checked, each change a version, shared inside the organisation. Shows nothing."""

from collections.abc import Sequence

from sqlalchemy import or_
from sqlmodel import col, select

from api.authorisation import Caller, Right
from api.context import Api
from api.exercise.tables import OwnScenarioRow
from knowledge.scenario import Scenario


async def listed(api: Api, caller: Caller) -> Sequence[OwnScenarioRow]:
    """The newest version of her own, and of what colleagues share."""
    caller.require(Right.EXERCISE)
    mine = col(OwnScenarioRow.created_by) == caller.actor
    shared = col(OwnScenarioRow.shared) & (col(OwnScenarioRow.organisation) == caller.here.organisation)
    async with api.db.read() as session:
        found = await session.exec(
            select(OwnScenarioRow)
            .where(col(OwnScenarioRow.newest), or_(mine, shared))
            .order_by(col(OwnScenarioRow.created_at).desc())
        )
        return found.all()


async def usable(api: Api, caller: Caller) -> list[Scenario]:
    return [Scenario.model_validate_json(row.body) for row in await listed(api, caller)]
