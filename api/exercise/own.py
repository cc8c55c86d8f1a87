"""Trainers' own scenarios in the database: saved whole and checked, each change a version, shared inside the organisation. Shows nothing.

What the linter refuses is never stored: a wrong key, a source that is not there, and first of all anything that looks like an identity.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import count
from typing import Final

import yaml
from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from api.authorisation import Caller, Right
from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise.tables import OwnScenarioRow
from common.ids import new_id
from knowledge.errors import DataError
from knowledge.scenario import Scenario, parse_scenarios
from triage.scenario_faults import Fault, faults, review_scenarios

PREFIX: Final = "egen-"
LONGEST: Final = 200_000
LONGEST_TITLE: Final = 80
Words = Callable[..., str]
"""A text's words in the reader's language, by its key."""
NESTED: Final = re.compile(r"(?:[-?:\[{]\s*){40,}")
"""Notation that nests deeper than any scenario does."""
FILE: Final = "scenarier.yaml"


def new_scenario_id() -> str:
    return f"{PREFIX}{new_id()}"


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
    """Those that the routines still answer as their authors say: a changed routine takes a scenario out until it is mended."""
    scenarios = [scenario_of(row) for row in await listed(api, caller)]
    return [scenario for scenario in scenarios if not faults_of(api, scenario)]


def scenario_of(row: OwnScenarioRow) -> Scenario:
    return Scenario.model_validate_json(row.body)


def faults_of(api: Api, scenario: Scenario) -> tuple[Fault, ...]:
    """Everything wrong with it, by the same linter as the house's own."""
    pack = next((pack for pack in api.knowledge.registry.packs if pack.id == scenario.pack), None)
    if pack is None:
        known = ", ".join(one.id for one in api.knowledge.registry.packs)
        return (Fault(("pack",), api.knowledge.texts.text("exercise.build.no_pack", pack=scenario.pack, known=known)),)
    return faults(scenario, pack, api.knowledge.names)


async def found(api: Api, caller: Caller, scenario_id: str) -> OwnScenarioRow:
    """One that she may see: her own or a colleague's shared one."""
    row = next((row for row in await listed(api, caller) if row.id == scenario_id), None)
    if row is None:
        raise ExerciseUnknown
    return row


async def owned(api: Api, caller: Caller, scenario_id: str) -> OwnScenarioRow:
    """One that she may change."""
    row = await found(api, caller, scenario_id)
    if row.created_by != caller.actor:
        raise ExerciseUnknown
    return row


async def versions(api: Api, caller: Caller, scenario_id: str) -> Sequence[OwnScenarioRow]:
    """Every version, newest first."""
    await found(api, caller, scenario_id)
    async with api.db.read() as session:
        rows = await session.exec(
            select(OwnScenarioRow).where(OwnScenarioRow.id == scenario_id).order_by(col(OwnScenarioRow.version).desc())
        )
        return rows.all()


async def save(api: Api, caller: Caller, scenario: Scenario) -> tuple[Fault, ...]:
    """A new scenario, or a new version of one of hers. What is wrong, if anything is; then nothing was stored."""
    caller.require(Right.EXERCISE)
    wrong = faults_of(api, scenario)
    if wrong:
        return wrong
    async with api.db.write() as session:
        await api.db.lock(session, f"exercise_scenario:{scenario.id}")
        rows = await session.exec(
            select(OwnScenarioRow).where(OwnScenarioRow.id == scenario.id, col(OwnScenarioRow.newest))
        )
        last = rows.first()
        if last is not None and last.created_by != caller.actor:
            raise ExerciseUnknown
        if last is not None:
            last.newest = False
            session.add(last)
        session.add(
            OwnScenarioRow(
                id=scenario.id,
                version=last.version + 1 if last else 1,
                organisation=caller.here.organisation,
                pack=scenario.pack,
                title=scenario.title,
                shared=last.shared if last else False,
                body=scenario.model_dump_json(exclude_none=True),
                created_by=caller.actor,
                created_at=api.now(),
            )
        )
    return ()


async def share(api: Api, caller: Caller, scenario_id: str, *, on: bool) -> None:
    await owned(api, caller, scenario_id)
    async with api.db.write() as session:
        await session.exec(
            update(OwnScenarioRow)
            .where(col(OwnScenarioRow.id) == scenario_id, col(OwnScenarioRow.newest))
            .values(shared=on)
        )


async def copy(api: Api, caller: Caller, scenario: Scenario, words: Words) -> str:
    """Hers from now on, by a name of its own. The id of the copy."""
    title = await free_title(api, caller, scenario.title, words)
    made = scenario.model_copy(update={"id": new_scenario_id(), "title": title})
    await save(api, caller, made)
    return made.id


async def free_title(api: Api, caller: Caller, title: str, words: Words) -> str:
    """ "Prover (kopia)", "Prover (kopia 2)": the first that nothing she sees is called. A copy's copy is one more of the same."""
    taken = {row.title for row in await listed(api, caller)}
    first, numbered = words("exercise.build.copied"), words("exercise.build.copied_again", number=0)
    marks = f"{re.escape(first)}|{re.escape(numbered).replace('0', '[0-9]+')}"
    base = re.sub(rf" (?:{marks})$", "", title)
    for number in count(1):
        mark = first if number == 1 else words("exercise.build.copied_again", number=number)
        named = f"{base[: LONGEST_TITLE - len(mark) - 1].rstrip()} {mark}"
        if named not in taken:
            break
    return named


async def remove(api: Api, caller: Caller, scenario_id: str) -> None:
    """With all its versions. Sessions that were held with it keep theirs until their own day."""
    await owned(api, caller, scenario_id)
    async with api.db.write() as session:
        await session.exec(delete(OwnScenarioRow).where(col(OwnScenarioRow.id) == scenario_id))


# ── YAML, as the house's own stand in files ─────────────────────────────────────────────────────────────────────────────


def as_yaml(scenarios: Sequence[Scenario]) -> str:
    """Of one routine and day. Reads back as the same scenarios."""
    first = scenarios[0]
    written = [
        one.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"pack", "day"})
        for one in scenarios
    ]
    content = {"pack": first.pack, "day": date.fromisoformat(str(first.day)), "scenarios": written}
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def read_yaml(api: Api, text: str) -> tuple[tuple[Scenario, ...], tuple[DataError, ...]]:
    """The scenarios, or every error with its line, notation, shape and key alike."""
    if len(text) > LONGEST or NESTED.search(text):
        return (), (DataError(FILE, 1, api.knowledge.texts.text("exercise.build.too_deep")),)
    try:
        read, errors = parse_scenarios(text, FILE)
    except RecursionError:
        return (), (DataError(FILE, 1, api.knowledge.texts.text("exercise.build.too_deep")),)
    report = review_scenarios(read, api.knowledge.registry, api.knowledge.names)
    return read.all, tuple(sorted({*errors, *report.errors}))


async def import_yaml(api: Api, caller: Caller, text: str) -> tuple[tuple[str, ...], tuple[DataError, ...]]:
    """All of the file or nothing: the ids, or the errors. A scenario of hers becomes a new version, any other a new scenario."""
    caller.require(Right.EXERCISE)
    scenarios, errors = read_yaml(api, text)
    if errors:
        return (), errors
    hers = {row.id for row in await listed(api, caller) if row.created_by == caller.actor}
    made = [one if one.id in hers else one.model_copy(update={"id": new_scenario_id()}) for one in scenarios]
    for scenario in made:
        await save(api, caller, scenario)
    return tuple(one.id for one in made), ()
