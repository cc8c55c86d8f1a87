"""The trainer's pages to write scenarios: list, form, the engine's word, preview, copy, share, versions, YAML in and out. Decides nothing."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.errors import ExerciseUnknown
from api.exercise import choosing, drafting, own
from api.exercise.drafting import Said
from api.exercise.material import questions
from api.exercise.room import STAFF_UNITS, texts_of
from api.exercise.showing import reveal, shown
from api.pages.desk import Desk
from common.web.forms import Form
from knowledge.pack import Pack
from knowledge.registry import UnknownPack
from knowledge.scenario import Scenario
from triage.scenario_faults import Fault

LIST: Final = "/exercises/scenarios"
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
            return await self._page(desk, request, caller, None, start)
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
            values = Form(tuple(drafting.as_form(scenario).items()))
            pack = _pack(desk, caller, scenario.pack)
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
        said: tuple[Said, ...] = (),
    ) -> Response:
        texts = texts_of(desk)
        channels = {channel.id: channel.label for channel in pack.channels}
        values = {
            "pack": pack,
            "scenario_id": scenario_id,
            "versions": await own.versions(desk.api, caller, scenario_id) if scenario_id else (),
            "values": form.values(),
            "said": [_in_words(desk, one, channels) for one in said],
            "levels": [(level, desk.text(f"practice.level.{level}")) for level in choosing.LEVELS],
            "units": [(str(unit), desk.text(f"unit_type.{unit}")) for unit in STAFF_UNITS],
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
        wrong = {name: desk.text(f"exercise.build.missing.{_kind(name)}") for name in sketch.missing}
        if form.get("act") != "save":
            return await self._form_page(desk, request, caller, pack, form, scenario_id, wrong, sketch.said)
        faults = await own.save(desk.api, caller, sketch.scenario) if sketch.scenario else ()
        open_steps = [place for place, one in enumerate(sketch.said) if one.channel is None]
        wrong |= _by_field(form, [fault for fault in faults if not (open_steps and _of_no_answer(fault))])
        wrong |= self._undecided(desk, form, sketch.said, pack, wrong)
        if wrong or sketch.scenario is None:
            return await self._form_page(desk, request, caller, pack, form, scenario_id, wrong, sketch.said)
        return desk.pages.go(f"{LIST}/{sketch.scenario.id}/preview", flash="exercise.flash.saved")

    def _undecided(
        self, desk: Desk, form: Form, said: tuple[Said, ...], pack: Pack, wrong: Mapping[str, str]
    ) -> dict[str, str]:
        """What the routine needs to know before it can answer, at each step that leaves it open."""
        channels = {channel.id: channel.label for channel in pack.channels}
        found: dict[str, str] = {}
        for number, one in zip(drafting.written(form), said, strict=False):
            name = f"s{number}_story"
            if one.channel is None:
                found[name] = " ".join((wrong.get(name, ""), _in_words(desk, one, channels)[0])).strip()
        return found

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
                made = await own.copy(desk.api, caller, own.scenario_of(row))
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


def _in_words(desk: Desk, said: Said, channels: Mapping[str, str]) -> tuple[str, str]:
    """(what the engine says, why)"""
    if said.conflict:
        return desk.text("exercise.build.conflict"), ""
    if said.channel is None:
        return desk.text("exercise.build.asks", fact=desk.text(f"practice.fact.{said.fact}")), ""
    return desk.text("exercise.build.says", channel=channels[said.channel], rule=said.rule or ""), said.why


def _kind(name: str) -> str:
    return "story" if name == "s0_story" else name


def _of_no_answer(fault: Fault) -> bool:
    """What the linter says of a step without an answer, and of what is to be learnt from it: told in the form's own words."""
    return fault.loc[2:] == ("question",) or fault.loc == ("learn", 0)


def _by_field(form: Form, faults: Iterable[Fault]) -> dict[str, str]:
    """Each fault at the field of the form where it can be mended; several at one field are told together."""
    numbers = drafting.written(form)
    found: dict[str, str] = {}
    for fault in faults:
        name = _field(fault.loc, numbers)
        found[name] = f"{found[name]} {fault.message}" if name in found else fault.message
    return found


def _field(loc: tuple[str | int, ...], written: list[int]) -> str:
    if loc[:1] == ("steps",) and len(loc) > 1 and isinstance(loc[1], int):
        at = f"s{written[loc[1]]}_"
        if loc[2:3] == ("distractors",) and len(loc) > 3:
            part = str(loc[4]) if len(loc) > 4 and loc[4] in ("tempting", "wrong") else "channel"
            return f"{at}d{loc[3]}_{part}"
        return f"{at}hint" if loc[2:3] == ("hint",) else f"{at}why" if loc[2:] == ("answer", "why") else f"{at}story"
    if loc[:1] == ("learn",) and len(loc) > 1 and isinstance(loc[1], int):
        return drafting.point_name(loc[1])
    return str(loc[0]) if loc and loc[0] in ("title", "role", "day") else "title"
