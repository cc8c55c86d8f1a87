"""Pages for files of units and staff: upload, look at what would change, confirm. Nothing changes before the confirmation."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import DirectoryChanged
from api.imports import staff, staff_plan, unit_lines, units, waiting
from api.imports.sheet import Problem, decoded
from api.imports.staff_plan import StaffPlan
from api.imports.unit_plan import UnitPlan
from api.pages.desk import Desk

MOST_SHOWN: Final = 200
COLUMNS: Final = {"units": unit_lines.COLUMNS, "staff": staff_plan.COLUMNS}
Group = tuple[str, int, list[str]]
"""A heading, how many there are, and the first of them in words."""


async def start(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _start(desk, request, caller, {})


async def upload_units(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _upload(desk, request, caller, "units")


async def upload_staff(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _upload(desk, request, caller, "staff")


async def preview(desk: Desk, request: Request, caller: Caller) -> Response:
    return await _preview(desk, request, caller, {})


async def confirm(desk: Desk, request: Request, caller: Caller) -> Response:
    """The file is read anew: what is carried out is what holds now, or nothing."""
    form = await desk.pages.form(request)
    kind, text = await waiting.waiting(desk.api, caller, _file_id(request))
    plan = await _plan(desk, caller, kind, text)
    if _many(plan) and form.get("many") != "yes":
        return await _preview(desk, request, caller, {"many": desk.text("people.file.many_missing")})
    if _seen(plan) != form.get("seen"):
        raise DirectoryChanged
    async with desk.api.db.write() as session:
        await waiting.take(session, _file_id(request))
        if isinstance(plan, UnitPlan):
            await units.carry_out(desk.api, session, caller, plan)
        else:
            await staff.carry_out(desk.api, session, caller, plan)
    return desk.pages.go("/admin", flash="people.flash.imported")


async def _start(desk: Desk, request: Request, caller: Caller, errors: dict[str, str]) -> Response:
    organisations = sorted(caller.organisations(Right.ADMINISTER_ORGANISATION))
    values = {"organisations": ", ".join(organisations), "errors": errors}
    status = 422 if errors else 200
    return await desk.show(
        request, caller, "admin_import.html", desk.text("people.import.title"), values, status=status
    )


async def _upload(desk: Desk, request: Request, caller: Caller, kind: waiting.Kind) -> Response:
    upload = await desk.pages.upload(request)
    if not upload.content:
        return await _start(desk, request, caller, {f"{kind}-file": desk.text("people.import.no_file")})
    text = decoded(upload.content)
    if "\0" in text:
        return await _start(desk, request, caller, {f"{kind}-file": desk.text("people.import.no_text")})
    file_id = await waiting.keep(desk.api, caller, kind, text)
    return desk.pages.go(f"/admin/files/{file_id}")


async def _preview(desk: Desk, request: Request, caller: Caller, errors: dict[str, str]) -> Response:
    kind, text = await waiting.waiting(desk.api, caller, _file_id(request))
    plan = await _plan(desk, caller, kind, text)
    groups = _unit_groups(desk, plan) if isinstance(plan, UnitPlan) else _staff_groups(desk, plan)
    passed = plan.passed if isinstance(plan, StaffPlan) else ()
    values = {
        "file": _file_id(request),
        "groups": [group for group in groups if group[1]],
        "problems": [_problem(desk, kind, problem) for problem in plan.problems[:MOST_SHOWN]],
        "problem_count": len(plan.problems),
        "passed": [_problem(desk, kind, problem) for problem in passed[:MOST_SHOWN]],
        "many": _many(plan),
        "empty": plan.empty,
        "same": plan.same,
        "seen": _seen(plan),
        "errors": errors,
    }
    title = desk.text(f"people.file.title_{kind}")
    return await desk.show(request, caller, "admin_preview.html", title, values, status=422 if errors else 200)


async def _plan(desk: Desk, caller: Caller, kind: waiting.Kind, text: str) -> UnitPlan | StaffPlan:
    if kind == "units":
        return await units.preview(desk.api, caller, text)
    return await staff.preview(desk.api, caller, text)


def _many(plan: UnitPlan | StaffPlan) -> bool:
    return plan.many_closed if isinstance(plan, UnitPlan) else plan.many_gone


def _unit_groups(desk: Desk, plan: UnitPlan) -> list[Group]:
    def fields(names: tuple[str, ...]) -> str:
        return ", ".join(desk.text(f"people.column.units.{name}") for name in names if name in unit_lines.COLUMNS)

    changed = [
        desk.text("people.file.changed_line", line=c.line, name=c.unit.name, fields=fields(c.fields))
        for c in plan.changed[:MOST_SHOWN]
    ]
    renamed = [
        desk.text("people.file.renamed_line", before=before, after=after)
        for before, after in list(plan.renamed.items())[:MOST_SHOWN]
    ]
    return [
        _group(desk, "new", len(plan.new), [_line(desk, c.line, c.unit.name) for c in plan.new[:MOST_SHOWN]]),
        _group(desk, "changed", len(plan.changed), changed),
        _group(desk, "opened", len(plan.opened), [_line(desk, c.line, c.unit.name) for c in plan.opened[:MOST_SHOWN]]),
        _group(desk, "closed", len(plan.closed), [unit.name for unit in plan.closed[:MOST_SHOWN]]),
        _group(desk, "renamed", len(plan.renamed), renamed),
    ]


def _staff_groups(desk: Desk, plan: StaffPlan) -> list[Group]:
    posts = {"posts_new": plan.posts_new, "posts_changed": plan.posts_changed, "posts_ended": plan.posts_ended}
    people = {"people_new": plan.people_new, "people_changed": plan.people_changed, "people_gone": plan.people_gone}
    return [
        *(_group(desk, name, len(some), [one.name for one in some[:MOST_SHOWN]]) for name, some in people.items()),
        *(
            _group(
                desk,
                name,
                len(some),
                [f"{desk.text(f'page.role.{one.role}')}, {one.unit_id}" for one in some[:MOST_SHOWN]],
            )
            for name, some in posts.items()
        ),
    ]


def _group(desk: Desk, name: str, count: int, lines: list[str]) -> Group:
    return desk.text(f"people.file.{name}", count=count), count, lines


def _line(desk: Desk, line: int, name: str) -> str:
    return desk.text("people.file.line", line=line, name=name)


def _problem(desk: Desk, kind: str, problem: Problem) -> tuple[int, str, str]:
    known = problem.column in COLUMNS[kind]
    column = desk.text(f"people.column.{kind}.{problem.column}") if known else problem.column
    return problem.line, column, problem.words(desk.text)


def _seen(plan: UnitPlan | StaffPlan) -> str:
    """What the sender has seen, in numbers: another number means that something changed meanwhile."""
    if isinstance(plan, UnitPlan):
        return f"{plan.version}-{len(plan.writes)}-{len(plan.closed)}"
    parts = (
        plan.people_new,
        plan.people_changed,
        plan.people_gone,
        plan.posts_new,
        plan.posts_changed,
        plan.posts_ended,
        plan.passed,
    )
    return "-".join(str(len(part)) for part in parts)


def _file_id(request: Request) -> str:
    return str(request.path_params["file_id"])
