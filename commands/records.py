"""What the message API keeps beside messages: the directory and how long things are kept."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from commands.shared import UnitTypeName, fail, load, with_api


def units(
    pack: Annotated[str | None, typer.Option(help="units of this routine's region")] = None,
    type: Annotated[UnitTypeName | None, typer.Option(help="units of this type")] = None,  # noqa: A002
) -> None:
    """The directory as JSON lines."""
    from api.tokens import list_units
    from knowledge.vocabulary import UnitType

    wanted = None if type is None else UnitType(type)
    for unit in asyncio.run(with_api(lambda api: list_units(api, pack_id=pack, unit_type=wanted))):
        print(json.dumps(unit.model_dump(mode="json"), ensure_ascii=False))


def retention(
    organisation: Annotated[str | None, typer.Option(help="as in `lots units`")] = None,
    days: Annotated[int | None, typer.Option(min=0, max=36500, help="days after a finished message; 0: always")] = None,
) -> None:
    """How long organisations keep what messages say. Shows it, or sets it for one."""
    from api.errors import OrganisationUnknown
    from api.keeping.retention import set_days, settings_of
    from common.settings import Settings

    if (organisation is None) != (days is None):
        raise typer.Exit(fail("Give both --organisation and --days, or neither."))
    if organisation is not None and days is not None:
        try:
            asyncio.run(with_api(lambda api: set_days(api, organisation, days)))
        except OrganisationUnknown:
            raise typer.Exit(
                fail(load().texts.text("problem.organisation_unknown.detail", organisation=organisation))
            ) from None
    rows = asyncio.run(with_api(settings_of))
    for row in rows:
        print(f"{row.organisation}: {row.days}")
    if rows and Settings().export_dir is None:
        print("LOTS_EXPORT_DIR is empty, so nothing is erased yet", file=sys.stderr)
