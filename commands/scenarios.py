"""The trainer's tool: check every scenario against the engine."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.shared import load, refuse

scenarios = typer.Typer(no_args_is_help=True, help="The trainer's tool: check scenarios to practise on.")


@scenarios.callback()
def group() -> None:
    """A group of its own, though it has one command yet."""


@scenarios.command("check")
def scenarios_check(
    folder: Annotated[
        Path | None, typer.Argument(help="a folder of scenarios; Lots' own if none", exists=True, file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the numbers as JSON")] = False,
) -> None:
    """Check every scenario: notation, its key against the engine, tempting answers that are right after all, sources and identities."""
    from bot.practice.models import model_faults
    from knowledge.bundle import HERE
    from knowledge.scenario import read_scenarios
    from triage.reading import Reader
    from triage.scenario_faults import review_scenarios

    knowledge = load()
    found, errors = read_scenarios(folder or HERE / "scenarios")
    report = review_scenarios(found, knowledge.registry, knowledge.names)
    errors = tuple(sorted({*errors, *report.errors}))
    if not errors:
        errors = model_faults(found, knowledge, Reader(knowledge.lexicon))
    for error in errors:
        print(f"fel           {error}", file=sys.stderr)
    if errors:
        raise typer.Exit(1)
    if folder and not report.count:
        raise typer.Exit(refuse("no_scenarios", folder=folder))
    if as_json:
        print(json.dumps({"scenarios": report.count, "by_pack": report.by_pack}))
        return
    for channel in () if folder else report.unused:
        print(f"att tänka på  ingen övning har det rätta svaret {channel}")
    numbers = ", ".join(f"{pack} {count}" for pack, count in report.by_pack.items())
    print(f"{report.count} scenarier stämmer med rutinerna: {numbers}")
