"""Outages from the command line: the form to print before anything is down. Needs no database and no network."""

from pathlib import Path
from typing import Annotated

import typer

from commands.shared import fail, load, refuse, today

outage = typer.Typer(no_args_is_help=True, help="When the message system is down.")

ROLES = "ward_somatic, ward_psychiatric, municipality, outpatient (primary and outpatient care)"


@outage.callback()
def _group() -> None:
    """A group of its own, so that `form` keeps its name."""


@outage.command()
def form(
    role: Annotated[str, typer.Option(help=f"whose form: {ROLES}")],
    out: Annotated[Path, typer.Option(help="the PDF to write")],
    blank: Annotated[bool, typer.Option("--blank", help="nothing filled in, to print beforehand and keep")] = False,
    pack: Annotated[str, typer.Option(help="whose routine; a region without one has no form")] = "vasternorrland",
    unit: Annotated[str | None, typer.Option(help="your unit's id, to have its name and nearest numbers on it")] = None,
) -> None:
    """The outage form as a PDF: whom to call, what to say, what to do with it afterwards. Today's date stands on it unless it is blank."""
    from api.outage.paper import Filled, sheet
    from api.outage.pdf import form_pdf, pages_of
    from common.clock import SystemClock
    from knowledge.errors import KnowledgeError

    knowledge = load()
    try:
        routine = knowledge.outages.routine(knowledge.registry.pack(pack).id)
        wanted = routine.role(role)
        own = None if unit is None else knowledge.directory.unit(unit)
    except KnowledgeError as error:
        raise typer.Exit(fail(str(error))) from None
    region = knowledge.registry.pack(pack).region
    near = () if blank or own is None else knowledge.directory.of_region(region)
    filled = Filled() if blank else Filled(unit=own.name if own else "", date=today().isoformat())
    made = sheet(
        knowledge.texts.text,
        knowledge.registry.pack(pack),
        routine,
        wanted,
        near,
        municipality=own.municipality if own and not blank else None,
        filled=filled,
    )
    pdf = form_pdf(knowledge.texts.text, made, SystemClock().now())
    try:
        out.write_bytes(pdf)
    except OSError as error:
        raise typer.Exit(refuse("cannot_write", file=out, reason=error.strerror)) from None
    print(knowledge.texts.text("outage.cli.written", file=out, pages=pages_of(pdf), role=wanted.label))
