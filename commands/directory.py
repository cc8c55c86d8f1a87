"""Units and staff at the command line: the directory as lines, files of units and staff, and ending a person's access. Holds no rules."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from commands.records import units as list_directory
from commands.shared import UnitTypeName, fail, with_api

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from api.context import Api
    from api.imports.sheet import Problem
    from api.imports.staff_plan import StaffPlan
    from api.imports.unit_plan import UnitPlan
    from knowledge.texts import Catalogue

MOST_SHOWN: Final = 50
Plan = TypeVar("Plan", "UnitPlan", "StaffPlan")
File = Annotated[Path, typer.Argument(help="a CSV file with headings, `;` or `,` between cells, UTF-8 or Latin-1")]
Name = Annotated[str, typer.Argument(help="id or HSA-id")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would change, and change nothing")]

units = typer.Typer(invoke_without_command=True, help="The directory as JSON lines, and files into it.")
staff = typer.Typer(no_args_is_help=True, help="Files of staff, and ending a person's access.")


@units.callback()
def list_units(
    context: typer.Context,
    pack: Annotated[str | None, typer.Option(help="units of this routine's region")] = None,
    type: Annotated[UnitTypeName | None, typer.Option(help="units of this type")] = None,  # noqa: A002
) -> None:
    """The directory as JSON lines, and files into it."""
    if context.invoked_subcommand is None:
        list_directory(pack, type)


@units.command("import")
def import_units(
    file: File,
    dry_run: DryRun = False,
    close_many: Annotated[
        bool, typer.Option("--close-many", help="close units even when they are unusually many")
    ] = False,
) -> None:
    """Bring the directory in line with a file: new, changed, and gone (closed, never deleted). All of it or nothing."""
    content = read(file)

    async def work(api: "Api") -> int:
        from api.imports import units as importing

        plan = await importing.preview(api, None, content)
        show_units(plan, api.knowledge.texts)
        too_many = None if close_many or not plan.many_closed else "--close-many"
        return await bring_in(api, plan, importing.carry_out, too_many=too_many, dry_run=dry_run)

    raise typer.Exit(asyncio.run(with_api(work)))


@staff.command("import")
def import_staff(
    file: File,
    dry_run: DryRun = False,
    end_many: Annotated[
        bool, typer.Option("--end-many", help="end memberships even when they are unusually many")
    ] = False,
) -> None:
    """Bring staff and their roles in line with a file, a line for each unit where a person works. All of it or nothing."""
    content = read(file)

    async def work(api: "Api") -> int:
        from api.imports import staff as importing

        plan = await importing.preview(api, None, content)
        show_staff(plan, api.knowledge.texts)
        too_many = None if end_many or not plan.many_gone else "--end-many"
        return await bring_in(api, plan, importing.carry_out, too_many=too_many, dry_run=dry_run)

    raise typer.Exit(asyncio.run(with_api(work)))


@staff.command("deactivate")
def deactivate(person: Name) -> None:
    """The person can do nothing more in Lots, at once, until somebody lifts the block. What she did stays in the audit."""

    async def work(api: "Api") -> int:
        from api.staff.administration import block

        return about(api, await block(api, person), person, "deactivated", "no_person")

    raise typer.Exit(asyncio.run(with_api(work)))


@staff.command("reactivate")
def reactivate(person: Name) -> None:
    """Lift the block of a person who was deactivated: she may do what her units let her."""

    async def work(api: "Api") -> int:
        from api.staff.administration import unblock

        return about(api, await unblock(api, person), person, "reactivated", "not_blocked")

    raise typer.Exit(asyncio.run(with_api(work)))


def about(api: "Api", staff_id: str | None, person: str, done: str, nobody: str) -> int:
    say = api.knowledge.texts.text
    if staff_id is None:
        return fail(say(f"people.cli.{nobody}", id=person))
    print(say(f"people.cli.{done}", id=staff_id))
    return 0


def read(file: Path) -> str:
    from api.imports.sheet import decoded
    from commands.shared import load

    try:
        return decoded(file.read_bytes())
    except OSError as error:
        words = load().texts.text("people.cli.cannot_read", file=file, reason=error.strerror)
        raise typer.Exit(fail(words)) from None


async def bring_in(
    api: "Api",
    plan: Plan,
    carry_out: "Callable[[Api, AsyncSession, None, Plan], Awaitable[None]]",
    *,
    too_many: str | None,
    dry_run: bool,
) -> int:
    """What has been shown, carried out where nothing stands in its way. `too_many`: the option that lets unusually many go."""
    say = api.knowledge.texts.text
    if plan.problems:
        return refused(plan.problems, api.knowledge.texts)
    if too_many:
        return fail(say("people.cli.many", option=too_many))
    if dry_run or plan.empty:
        print(say("people.cli.dry" if dry_run else "people.cli.nothing"))
        return 0
    async with api.db.write() as session:
        await carry_out(api, session, None, plan)
    print(say("people.cli.done"))
    return 0


def show_units(plan: "UnitPlan", texts: "Catalogue") -> None:
    say = texts.text
    lines = [
        *(say("people.cli.line_new", id=c.unit.id, name=c.unit.name) for c in plan.new),
        *(
            say("people.cli.line_changed", id=c.unit.id, name=c.unit.name, fields=", ".join(c.fields))
            for c in plan.changed
        ),
        *(say("people.cli.line_opened", id=c.unit.id, name=c.unit.name) for c in plan.opened),
        *(say("people.cli.line_closed", id=unit.id, name=unit.name) for unit in plan.closed),
        *(say("people.cli.line_renamed", before=before, after=after) for before, after in plan.renamed.items()),
    ]
    put(lines, texts)
    counts = {name: len(getattr(plan, name)) for name in ("new", "changed", "opened", "closed")}
    print(say("people.cli.units", same=plan.same, **counts))


def show_staff(plan: "StaffPlan", texts: "Catalogue") -> None:
    """Numbers only: a terminal's log is no place for names."""
    print(
        texts.text(
            "people.cli.staff",
            new=len(plan.people_new),
            changed=len(plan.people_changed),
            gone=len(plan.people_gone),
            posts_new=len(plan.posts_new),
            posts_changed=len(plan.posts_changed),
            posts_ended=len(plan.posts_ended),
            same=plan.same,
        )
    )
    tell(plan.passed, texts)


def refused(problems: "tuple[Problem, ...]", texts: "Catalogue") -> int:
    tell(problems, texts)
    return fail(texts.text("people.cli.refused", count=len(problems)))


def tell(problems: "tuple[Problem, ...]", texts: "Catalogue") -> None:
    say = texts.text
    for p in problems:
        key = "people.cli.problem" if p.column else "people.cli.problem_line"
        fail(say(key, line=p.line, column=p.column, words=p.words(say)))


def put(lines: Iterable[str], texts: "Catalogue") -> None:
    everything = list(lines)
    for line in everything[:MOST_SHOWN]:
        print(line)
    if len(everything) > MOST_SHOWN:
        print(texts.text("people.cli.more", count=len(everything) - MOST_SHOWN))
