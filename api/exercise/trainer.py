"""The trainer's pages: her sessions, a new one, and the desk she leads it from. Translates forms to the service; decides nothing."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller, Right
from api.exercise import choosing, own, seating, service
from api.exercise.choosing import Filter
from api.exercise.material import Asked
from api.exercise.room import Room
from api.exercise.standing import Standing
from api.exercise.state import Act, Phase, Position, possible
from api.exercise.stuck import Given, by_participant, stuck
from api.exercise.tables import ExerciseRow
from api.pages.desk import Desk
from common.web.forms import Form
from knowledge.scenario import Scenario
from triage.identity import identify

LIST: Final = "/exercises"
KEPT_DAYS: Final = ("7", "30", "90", "365")
SECONDS: Final = ("", "30", "60", "120", "300")
TEAMS: Final = ("0", "2", "3", "4", "5", "6")
LONGEST_TITLE: Final = 80


class Trainer:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def listed(self, desk: Desk, request: Request, caller: Caller) -> Response:
        rows = await service.mine(desk.api, caller)
        values = {
            "open": [row for row in rows if row.phase != "ended"],
            "over": [r for r in rows if r.phase == "ended"],
        }
        return await desk.show(request, caller, "exercise_list.html", desk.text("exercise.list.title"), values)

    async def new(self, desk: Desk, request: Request, caller: Caller) -> Response:
        return await self._new(desk, request, caller, Form(()), {})

    async def _new(self, desk: Desk, request: Request, caller: Caller, form: Form, errors: dict[str, str]) -> Response:
        caller.require(Right.EXERCISE)
        given = form if form.fields else None
        query = request.query_params
        registry = desk.api.knowledge.registry
        current = registry.in_force(caller.here.region, desk.api.today())
        first = current.id if current else registry.packs[0].id
        wanted = Filter(
            pack=(given.get("pack") if given else query.get("pack", "")) or first,
            channel=given.get("channel") if given else query.get("channel", ""),
            level=given.get("level") if given else query.get("level", ""),
        )
        every, ticked = await self._all(desk, caller), form.many("scenario")
        found = [one for one in every if wanted.lets(one)]
        beside = [one for one in choosing.chosen(every, ticked) if one not in found]
        names = dict(choosing.packs(registry))
        values = {
            "filter": wanted,
            "packs": choosing.packs(registry),
            "channels": choosing.channel_labels(registry, wanted.pack),
            "levels": [(level, desk.text(f"practice.level.{level}")) for level in choosing.LEVELS],
            "scenarios": [(one, desk.text(f"practice.level.{one.level}")) for one in found],
            "beside": [(one, desk.text(f"practice.level.{one.level}"), names[one.pack]) for one in beside],
            "chosen": ticked,
            "values": form.values(),
            "days": KEPT_DAYS,
            "seconds": SECONDS,
            "teams": TEAMS,
            "errors": errors,
        }
        title = desk.text("exercise.new.title")
        return await desk.show(request, caller, "exercise_new.html", title, values, status=422 if errors else 200)

    async def _all(self, desk: Desk, caller: Caller) -> list[Scenario]:
        return [*await own.usable(desk.api, caller), *desk.api.knowledge.scenarios.all]

    async def begin(self, desk: Desk, request: Request, caller: Caller) -> Response:
        form = await desk.pages.form(request)
        caller.require(Right.EXERCISE)
        if form.get("act") == "filter":
            return await self._new(desk, request, caller, form, {})
        chosen = choosing.chosen(await self._all(desk, caller), form.many("scenario"))
        if not chosen:
            return await self._new(desk, request, caller, form, {"scenario": desk.text("exercise.wrong.none_chosen")})
        if identify(form.get("title"), desk.api.knowledge.names):
            return await self._new(desk, request, caller, form, {"title": desk.text("exercise.wrong.title")})
        wanted = service.Wanted(
            title=form.get("title")[:LONGEST_TITLE] or chosen[0].title,
            scenarios=chosen,
            points=form.get("points") == "yes",
            teams=_one_of(form.get("teams"), TEAMS),
            seconds=_one_of(form.get("seconds"), SECONDS) or None,
            named=form.get("named") == "yes",
            keep_days=_one_of(form.get("days"), KEPT_DAYS) or 30,
        )
        row = await service.begin(desk.api, caller, wanted)
        return desk.pages.go(f"{LIST}/{row.id}")

    async def lead(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """The desk: what the projector shows, who has not answered, who may be stuck, and what can be done next."""
        row = await service.owned(desk.api, caller, request.path_params["exercise_id"])
        asked = self.room.shelf.of(row)
        given = by_participant(await service.votes(desk.api, row.id))
        people = await service.participants(desk.api, row.id)
        shown = await self.room.projected(desk, Standing.of(row))
        names = {one: nickname for one, nickname, _ in _people(shown)}
        second = any((row.place, 2) in votes for votes in given.values())
        at, standing = service.position(row), Standing.of(row)
        values = {
            **shown,
            "row": row,
            "acts": [one for one in possible(at, [one.votable for one in asked], second=second) if one is not Act.END],
            "heading": desk.text(_heading_key(at, votable=asked[row.place].votable)),
            "next_of": desk.text(f"exercise.next.{_next_key(row, asked)}"),
            "hardest": await self.room.hardest(desk, standing),
            "stuck": [
                (names[one.participant.id], desk.text(f"exercise.stuck.{one.why}"))
                for one in stuck(row, asked, people, given, desk.api.now())
                if at.phase is not Phase.ENDED
            ],
            "missing": [names[one.id] for one in people if _waited_for(shown, row, given.get(one.id, {}))],
            "rejoin": [(one.id, names[one.id], one.rejoin) for one in people],
        }
        return await desk.show(request, caller, "exercise_lead.html", row.title, values)

    async def act(self, desk: Desk, request: Request, caller: Caller) -> Response:
        form = await desk.pages.form(request)
        caller.require(Right.EXERCISE)
        exercise_id, seen = request.path_params["exercise_id"], form.get("seen")
        if form.get("act") in set(Act) and seen.isascii() and seen.isdigit():
            await service.act(desk.api, caller, self.room.shelf, exercise_id, Act(form.get("act")), int(seen))
        return desk.pages.go(f"{LIST}/{exercise_id}#steer")

    async def end(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """Asks before everything stops for everyone."""
        row = await service.owned(desk.api, caller, request.path_params["exercise_id"])
        at = f"{LIST}/{row.id}"
        values = {
            "action": f"{at}/act",
            "fields": [("act", str(Act.END)), ("seen", row.version)],
            "text": desk.text("exercise.lead.end_text"),
            "yes": desk.text("exercise.act.end"),
            "back": at,
        }
        return await desk.show(request, caller, "exercise_sure.html", desk.text("exercise.lead.end_title"), values)

    async def unname(self, desk: Desk, request: Request, caller: Caller) -> Response:
        """A nickname that should not stand on the screen gives way to a number."""
        form = await desk.pages.form(request)
        exercise_id = request.path_params["exercise_id"]
        words = partial(desk.text, "exercise.report.participant")
        await seating.unname(desk.api, caller, exercise_id, form.get("participant"), words)
        return desk.pages.go(f"{LIST}/{exercise_id}", flash="exercise.flash.unnamed")

    async def forget(self, desk: Desk, request: Request, caller: Caller) -> Response:
        await desk.pages.form(request)
        await service.forget(desk.api, caller, request.path_params["exercise_id"])
        return desk.pages.go(LIST, flash="exercise.flash.forgotten")


def _people(shown: dict[str, object]) -> list[tuple[str, str, bool]]:
    people = shown["people"]
    assert isinstance(people, list)  # noqa: S101
    return people


def _waited_for(shown: dict[str, object], row: ExerciseRow, given: Given) -> bool:
    """Someone without an answer while a vote is open. In the second vote her first answer stands."""
    return shown["round"] is not None and not any((row.place, number) in given for number in (1, 2))


def _next_key(row: ExerciseRow, asked: Sequence[Asked]) -> str:
    last = row.place + 1 == len(asked)
    match row.phase:
        case Phase.VOTE if not asked[row.place].votable:
            return "written"
        case Phase.REVEAL if last:
            return "last"
        case phase:
            return phase


def _heading_key(at: Position, *, votable: bool) -> str:
    if at.paused:
        return "exercise.phase.paused"
    written = not votable and at.phase in (Phase.VOTE, Phase.REVEAL)
    return f"exercise.phase.written_{at.phase}" if written else f"exercise.phase.{at.phase}"


def _one_of(words: str, allowed: tuple[str, ...]) -> int:
    return int(words) if words in allowed and words else 0
