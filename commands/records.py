"""What the message API keeps beside messages: the directory and how long things are kept."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from commands.shared import UnitTypeName, fail, load, refuse, with_api


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
    pack: Annotated[str | None, typer.Option(help="for what was sent by this routine only")] = None,
    as_the_rest: Annotated[bool, typer.Option("--as-the-rest", help="take the routine's own time away")] = False,
) -> None:
    """How long organisations keep what messages say, by routine where they wish. Shows it, or sets it for one."""
    from api.errors import OrganisationUnknown, PackUnknown
    from api.keeping.retention import set_days, set_days_of_pack, settings_of
    from common.settings import Settings

    if (organisation is None) != (days is None and not as_the_rest) or (pack is None and as_the_rest):
        raise typer.Exit(refuse("retention_usage"))
    if organisation is not None:
        try:
            if pack is not None:
                asyncio.run(with_api(lambda api: set_days_of_pack(api, organisation, pack, days)))
            else:
                asyncio.run(with_api(lambda api: set_days(api, organisation, days or 0)))
        except OrganisationUnknown:
            raise typer.Exit(
                fail(load().texts.text("problem.organisation_unknown.detail", organisation=organisation))
            ) from None
        except PackUnknown:
            raise typer.Exit(fail(load().texts.text("problem.pack_unknown.detail", pack=pack))) from None
    rules = asyncio.run(with_api(settings_of))
    for rule in rules:
        print(f"{rule.organisation}{f' ({rule.pack})' if rule.pack else ''}: {rule.days}")
    if rules and Settings().export_dir is None:
        print("LOTS_EXPORT_DIR is empty, so nothing is erased yet", file=sys.stderr)
