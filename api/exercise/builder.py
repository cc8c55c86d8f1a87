"""The trainer's pages to write scenarios: list, form, the engine's word, preview, copy, share, versions, YAML in and out. Decides nothing."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import ExerciseUnknown
from api.exercise import choosing, drafting, mending, own, saying
from api.exercise.material import questions
from api.exercise.room import texts_of
from api.exercise.saying import Said
from api.exercise.showing import reveal, shown
from api.pages.desk import Desk
from common.web.forms import Form
from knowledge.pack import Pack
from knowledge.registry import UnknownPack
from knowledge.scenario import Kind, Scenario
from knowledge.vocabulary import UnitType

LIST: Final = "/exercises/scenarios"
ASKED_FOR: Final = ("s0_story", "unit_type", "day")
"""What must be told before the engine can say anything."""
YAML: Final = "application/yaml; charset=utf-8"


class Builder:
    async def listed(self, desk: Desk, request: Request, caller: Caller) -> Response:
        return await self._listed(desk, request, caller, "", ())

    async def _listed(
        self, desk: Desk, request: Request, caller: Caller, typed: str, errors: Iterable[str]
    ) -> Response:
        rows = await own.listed(desk.api, caller)
        told = tuple(errors)
        values = {
            "mine": [(row, self._stale(desk, row.body)) for row in rows if row.created_by == caller.actor],
            "shared": [row for row in rows if row.created_by != caller.actor],
            "packs": choosing.packs(desk.api.knowledge.registry),
            "pack": _pack(desk, caller, "").id,
            "typed": typed,
            "told": told,
        }
        title = desk.text("exercise.build.title")
        return await desk.show(request, caller, "exercise_own.html", title, values, status=422 if told else 200)

    def _stale(self, desk: Desk, body: str) -> bool:
        """Whether the routine has changed since, so that the answer is another one."""
        return bool(own.faults_of(desk.api, Scenario.model_validate_json(body)))

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def new(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """Blank, or from one of the house's own cases."""
        caller.require(Right.EXERCISE)
        start = desk.api.knowledge.scenarios.by_id.get(request.query_params.get("from", ""))
        if start is not None:
            title = await own.free_title(desk.api, caller, start.title, desk.text)
            return await self._page(desk, request, caller, None, start.model_copy(update={"title": title}))
        pack = _pack(desk, caller, request.query_params.get("pack", ""))
        return await self._form_page(desk, request, caller, pack, Form(()), None)

    async def cases(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """The house's own, to start from."""
        caller.require(Right.EXERCISE)
        pack = _pack(desk, caller, request.query_params.get("pack", ""))
        values = {
            "pack": pack.id,
            "packs": choosing.packs(desk.api.knowledge.registry),
            "cases": [
                (one, desk.text(f"practice.level.{one.level}")) for one in desk.api.knowledge.scenarios.of(pack.id)
            ],
        }
        return await desk.show(request, caller, "exercise_cases.html", desk.text("exercise.build.from_case"), values)

    async def edit(self, desk: Desk, request: Request, caller: Caller) -> Response:
        row = await own.owned(desk.api, caller, request.path_params["scenario_id"])
        return await self._page(desk, request, caller, row.id, own.scenario_of(row))

    async def _page(
        self, desk: Desk, request: Request, caller: Caller, scenario_id: str | None, scenario: Scenario
    ) -> Response:
        if drafting.fits_form(scenario) and request.query_params.get("as") != "yaml":
            pack = _pack(desk, caller, scenario.pack)
            values = Form(tuple(drafting.as_form(scenario, pack).items()))
            return await self._form_page(desk, request, caller, pack, values, scenario_id)
        return await self._yaml_page(desk, request, caller, own.as_yaml([scenario]), scenario_id)

    async def _form_page(
        self,
        desk: Desk,
        request: Request,
        caller: Caller,
        pack: Pack,
        form: Form,
        scenario_id: str | None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        texts = texts_of(desk)
        units = [(str(unit), desk.text(f"unit_type.{unit}")) for unit in pack.unit_labels]
        sketch = drafting.sketch(form, pack, scenario_id or own.new_scenario_id())
        said = dict(zip(drafting.written(form), sketch.said, strict=False))
        values = {
            "pack": pack,
            "scenario_id": scenario_id,
            "versions": await own.versions(desk.api, caller, scenario_id) if scenario_id else (),
            "values": form.values(),
            "said": {number: mending.in_words(desk.text, one, pack) for number, one in said.items()},
            "kinds": [(str(kind), desk.text(f"exercise.build.kind.{kind}")) for kind in Kind],
            "headings": [_headings(pack, form, number, said.get(number)) for number in range(drafting.STEPS)],
            "grounds": {str(kind): saying.grounds(pack, kind) for kind in drafting.WORDED},
            "duties": saying.duties(pack),
            "callable": saying.callable_ones(pack),
            "askable": saying.askable(texts),
            "levels": [(level, desk.text(f"practice.level.{level}")) for level in choosing.LEVELS],
            "units": [one for one in units if one[0] != UnitType.OTHER_PARTY],
            "recipients": units,
            "channels": choosing.channel_labels(desk.api.knowledge.registry, pack.id),
            "facts": drafting.fact_choices(pack, texts),
            "unclear": drafting.UNCLEAR,
            "steps": drafting.STEPS,
            "distractors": drafting.DISTRACTORS,
            "points": [drafting.point_name(number) for number in range(drafting.POINTS)],
            "sources": drafting.sources(pack),
            "errors": errors or {},
        }
        title = desk.text("exercise.build.edit" if scenario_id else "exercise.build.new")
        return await desk.show(request, caller, "exercise_build.html", title, values, status=422 if errors else 200)

    async def _yaml_page(
        self,
        desk: Desk,
        request: Request,
        caller: Caller,
        typed: str,
        scenario_id: str | None,
        told: Iterable[str] = (),
    ) -> Response:
        errors = tuple(told)
        values = {"typed": typed, "told": errors, "scenario_id": scenario_id}
        title = desk.text("exercise.build.edit" if scenario_id else "exercise.build.new")
        return await desk.show(request, caller, "exercise_yaml.html", title, values, status=422 if errors else 200)

    async def write(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """The form: asks the engine, or saves. An identity, a wrong key or a source that is not there: refused and said."""
        form = await desk.pages.form(request)
        caller.require(Right.EXERCISE)
        scenario_id = request.path_params.get("scenario_id")
        if scenario_id is not None:
            await own.owned(desk.api, caller, scenario_id)
        pack = _pack(desk, caller, form.get("pack"))
        sketch = drafting.sketch(form, pack, scenario_id or own.new_scenario_id())
        saving = form.get("act") == "save"
        needed = [name for name in sketch.missing if saving or (not sketch.said and name in ASKED_FOR)]
        wrong = {name: desk.text(f"exercise.build.missing.{sketch.missing[name]}") for name in needed}
        if not saving:
            return await self._form_page(desk, request, caller, pack, form, scenario_id, wrong)
        faults = await own.save(desk.api, caller, sketch.scenario) if sketch.scenario else ()
        for more in (
            mending.by_field(form, faults, sketch.said),
            mending.unanswered(desk.text, form, sketch.said, pack),
        ):
            wrong |= {name: f"{wrong.get(name, '')} {words}".strip() for name, words in more.items()}
        if wrong or sketch.scenario is None:
            return await self._form_page(desk, request, caller, pack, form, scenario_id, wrong)
        return desk.pages.go(f"{LIST}/{sketch.scenario.id}/preview", flash="exercise.flash.saved")

    # ── YAML ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def read_in(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """A file's text: all of it or nothing."""
        form = await desk.pages.form(request)
        typed = form.get("yaml")
        made, errors = await own.import_yaml(desk.api, caller, typed)
        if errors:
            told = [f"{error.line}: {error.message}" for error in errors]
            return await self._listed(desk, request, caller, typed, told)
        at = f"{LIST}/{made[0]}/preview" if len(made) == 1 else LIST
        return desk.pages.go(at, flash="exercise.flash.imported")

    async def yaml(self, desk: Desk, request: Request, caller: Caller) -> Response:
        row = await own.found(desk.api, caller, request.path_params["scenario_id"])
        name = f'attachment; filename="{row.id}.yaml"'
        return Response(own.as_yaml([own.scenario_of(row)]), media_type=YAML, headers={"content-disposition": name})

    # ── seeing and sharing ──────────────────────────────────────────────────────────────────────────────────────────────

    async def preview(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """As a participant sees it, with what is told afterwards."""
        row = await own.found(desk.api, caller, request.path_params["scenario_id"])
        asked = questions(desk.api.knowledge, [own.scenario_of(row)], row.id)
        if not asked:
            raise ExerciseUnknown
        texts = texts_of(desk)
        values = {
            "row": row,
            "mine": row.created_by == caller.actor,
            "steps": [(shown(one, len(asked), texts), reveal(one, desk.text, texts)) for one in asked],
        }
        return await desk.show(request, caller, "exercise_preview.html", row.title, values)

    async def change(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """Copy, share, keep for oneself, or remove."""
        form = await desk.pages.form(request)
        caller.require(Right.EXERCISE)
        scenario_id = request.path_params["scenario_id"]
        match form.get("act"):
            case "copy":
                row = await own.found(desk.api, caller, scenario_id)
                made = await own.copy(desk.api, caller, own.scenario_of(row), desk.text)
                return desk.pages.go(f"{LIST}/{made}", flash="exercise.flash.copied")
            case "share" | "keep" as act:
                await own.share(desk.api, caller, scenario_id, on=act == "share")
                done = "shared" if act == "share" else "unshared"
                return desk.pages.go(f"{LIST}/{scenario_id}/preview", flash=f"exercise.flash.{done}")
            case "remove" if form.get("sure") != "yes":
                return await self._ask_to_remove(desk, request, caller, scenario_id)
            case "remove":
                await own.remove(desk.api, caller, scenario_id)
                return desk.pages.go(LIST, flash="exercise.flash.removed")
            case _:
                return desk.pages.go(f"{LIST}/{scenario_id}/preview")

    async def _ask_to_remove(self, desk: Desk, request: Request, caller: Caller, scenario_id: str) -> Response:
        row = await own.found(desk.api, caller, scenario_id)
        if row.created_by != caller.actor:
            raise ExerciseUnknown
        values = {
            "action": f"{LIST}/{row.id}/change",
            "fields": [("act", "remove"), ("sure", "yes")],
            "text": desk.text("exercise.build.remove_shared" if row.shared else "exercise.build.remove_text"),
            "yes": desk.text("exercise.build.remove"),
            "back": f"{LIST}/{row.id}/preview",
        }
        title = desk.text("exercise.build.remove_title", title=row.title)
        return await desk.show(request, caller, "exercise_sure.html", title, values)


def _pack(desk: Desk, caller: Caller, pack_id: str) -> Pack:
    registry = desk.api.knowledge.registry
    try:
        return registry.pack(pack_id)
    except UnknownPack:
        return registry.in_force(caller.here.region, desk.api.today()) or registry.packs[0]


def _headings(pack: Pack, form: Form, number: int, said: Said | None) -> list[tuple[str, str]]:
    """(heading, its label): those of the way that the routine says, and others that something is written under."""
    here = said.holds if said is not None and said.kind is Kind.WRITE else ()
    known = saying.headings(pack)
    more = [one for one in known if one not in here and form.get(f"s{number}_model_{one}")]
    return [(one, known[one]) for one in (*here, *more)]
