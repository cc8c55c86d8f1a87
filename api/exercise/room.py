"""The room that participants are in: join, answer, follow; and the projector's page. For anyone with the code; no account, no sign-in.

Every page works without scripts. What is open to whom: before the reveal nobody sees which answer is right, and before the spread
nobody sees how others voted.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

import segno
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from api.access import address_of
from api.errors import ExerciseUnknown
from api.exercise import seating, seats, service, standing, voting
from api.exercise.figures import Line, figures
from api.exercise.material import Asked
from api.exercise.news import News
from api.exercise.scene import Scene, Scenes
from api.exercise.score import points
from api.exercise.seating import Newcomer
from api.exercise.showing import shown
from api.exercise.standing import InRoom, Seated, Standing
from api.exercise.state import Phase
from api.exercise.stuck import by_participant
from api.exercise.tables import ParticipantRow
from api.limits import Kind
from api.pages.desk import Desk
from common.web.forms import Form
from common.web.pages import Shell
from knowledge.texts import Catalogue
from knowledge.vocabulary import UnitType

T = TypeVar("T")
ROOM: Final = "/ovning"
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
TEAMS: Final = "abcdef"
HARDEST: Final = 3
"""Questions to talk about at the end."""
STAFF_UNITS: Final = tuple(unit for unit in UnitType if unit not in (UnitType.OTHER_PARTY, UnitType.AMBULANCE))


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant on this device."""

    row: Seated
    nickname: str
    given: dict[tuple[int, int], str]

    @property
    def id(self) -> str:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Hard:
    """A question to talk about at the end; `share`: per cent right."""

    number: int
    title: str
    ask: str
    share: int


class Room:
    """The pages of one process; `scenes` is the only thing it remembers, and only to be quicker."""

    def __init__(self, scenes: Scenes) -> None:
        self.scenes = scenes
        self.shelf = scenes.shelf
        self.news = News()

    # ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def door(self, desk: Desk, request: Request) -> Response:
        """Where a code is typed in."""
        code = seats.tidy(request.query_params.get("code", ""))
        if code:
            try:
                row = await _known(desk, request, standing.by_code(desk.api, code))
            except ExerciseUnknown:
                return self._door(desk, request, code, desk.text("exercise.wrong.code"))
            return desk.pages.go(f"{ROOM}/{row.code}")
        return self._door(desk, request, "", None)

    def _door(self, desk: Desk, request: Request, code: str, error: str | None) -> Response:
        values = {"code": code[:12], "errors": {"code": error} if error else {}}
        return _show(desk, request, "exercise_door.html", "exercise.door.title", values, status=404 if error else 200)

    async def play(self, desk: Desk, request: Request) -> Response:
        """What the participant sees: the form to join by, or the question of now."""
        held = seats.held(request, desk.api.cipher.lookup)
        found = await _known(desk, request, standing.in_room(desk.api, request.path_params["code"], held))
        if not found.people or request.query_params.get("new") == "1":
            return self._join_page(desk, request, found.row, Form(()), {}, with_others=bool(found.people))
        return await self._playing(desk, request, found)

    def _join_page(
        self, desk: Desk, request: Request, row: Standing, form: Form, errors: dict[str, str], *, with_others: bool
    ) -> Response:
        values = {
            "row": row,
            "values": form.values(),
            "errors": errors,
            "with_others": with_others,
            "units": [(str(unit), desk.text(f"unit_type.{unit}")) for unit in STAFF_UNITS],
        }
        return _show(desk, request, "exercise_join.html", "exercise.join.title", values, status=422 if errors else 200)

    async def join(self, desk: Desk, request: Request) -> Response:
        form = await desk.pages.form(request)
        unit, code = form.get("unit_type"), request.path_params["code"]
        newcomer = Newcomer(form.get("nickname"), unit if unit in set(STAFF_UNITS) else None)
        made = await _known(desk, request, seating.join(desk.api, code, newcomer))
        if isinstance(made, str):
            held = seats.held(request, desk.api.cipher.lookup)
            found = await _known(desk, request, standing.in_room(desk.api, code, held))
            wrong = {"nickname": desk.text(f"exercise.wrong.{made}")}
            return self._join_page(desk, request, found.row, form, wrong, with_others=bool(found.people))
        return self._seated(desk, request, code, made)

    async def come_back(self, desk: Desk, request: Request) -> Response:
        form = await desk.pages.form(request)
        row = await self._row(desk, request)
        found = await seating.come_back(desk.api, row.id, form.get("rejoin"))
        if found is None:
            desk.api.limits.count(Kind.REFUSED, address_of(request))
            wrong = {"rejoin": desk.text("exercise.wrong.rejoin")}
            return self._join_page(desk, request, row, form, wrong, with_others=False)
        return self._seated(desk, request, row.code, found)

    async def _row(self, desk: Desk, request: Request) -> Standing:
        return await _known(desk, request, standing.by_code(desk.api, request.path_params["code"]))

    def _seated(self, desk: Desk, request: Request, code: str, who: ParticipantRow) -> Response:
        response = desk.pages.go(_seat_path(seats.tidy(code), who.id))
        sign, secure = desk.api.cipher.lookup, desk.pages.settings.secure
        seats.hold(response, (*seats.held(request, sign), who.id), sign, secure=secure)
        return response

    # ── answering ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def vote(self, desk: Desk, request: Request) -> Response:
        """Once or many times: the same answer is one answer, another one is a change of mind while the vote is open."""
        form = await desk.pages.form(request)
        code, who = request.path_params["code"], form.get("seat")
        held = seats.held(request, desk.api.cipher.lookup)
        if who not in held:
            return desk.pages.go(f"{ROOM}/{code}", flash="exercise.flash.gone", warn=True)
        seen = (_number(form.get("place")), _number(form.get("round")))
        said = await voting.vote(desk.api, self.shelf, code, who, seen, form.get("option"))
        if said != "counted":
            return desk.pages.go(_seat_path(code, who), flash=f"exercise.flash.{said}", warn=True)
        if len(held) > 1:
            who = await self._next_on_this_device(desk, code, held, who, seen)
        return desk.pages.go(_seat_path(code, who))

    async def _next_on_this_device(
        self, desk: Desk, code: str, held: Sequence[str], who: str, seen: tuple[int, int]
    ) -> str:
        """Where several share a device: whoever has not answered yet, else the same one."""
        found = await standing.in_room(desk.api, code, held)
        return next((one.id for one in found.people if seen not in found.given[one.id]), who)

    async def _playing(self, desk: Desk, request: Request, found: InRoom) -> Response:
        row, here = found.row, found.people
        wanted = request.query_params.get("seat", "")
        who = next((one for one in here if one.id == wanted), here[-1])
        seat = Seat(who, _nickname(desk, who), found.given[who.id])
        scene = await self.scenes.of(desk.api, row, desk.voice.language)
        asked = scene.asked
        values = {
            **_seen(desk, row, scene),
            "seat": seat,
            "others": [(one.id, _nickname(desk, one)) for one in here if one.id != who.id],
            "given": seat.given.get((row.place, row.position.round or _last_round(seat, row))),
            "stands": seat.given.get((row.place, 1)) if row.position.round == 2 else None,
            "score": points(_answered(asked, row), seat.given) if row.points else None,
            "team": TEAMS[who.team] if who.team is not None else None,
            "mark": str(row.version),
            "here": _seat_path(row.code, who.id),
            "summary": _summary(asked, seat.given),
        }
        return _show(desk, request, "exercise_play.html", None, values, title=row.title)

    # ── the projector ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def show(self, desk: Desk, request: Request) -> Response:
        """The page for the projector: who has answered and never what, until the spread is shown."""
        row = await self._row(desk, request)
        values = {**await self.projected(desk, row), "hardest": await self.hardest(desk, row)}
        return _show(desk, request, "exercise_show.html", None, values, title=row.title)

    async def hardest(self, desk: Desk, row: Standing) -> list[Hard]:
        """When it has ended: the questions that most were wrong about, to talk about."""
        if Phase(row.phase) is not Phase.ENDED:
            return []
        asked = await self.shelf.at(desk.api.db, row)
        people = await service.participants(desk.api, row.id)
        found = figures(asked, people, by_participant(await service.votes(desk.api, row.id)))
        lines = sorted((one for one in found.questions if one.answered and one.in_the_end < 100), key=by_right)
        texts = texts_of(desk)
        shown_lines = ((shown(asked[int(one.name)], len(asked), texts), one.in_the_end) for one in lines[:HARDEST])
        return [Hard(one.number, one.title, one.ask, share) for one, share in shown_lines]

    async def projected(self, desk: Desk, row: Standing) -> dict[str, object]:
        """What the projector and the trainer both see."""
        scene = await self.scenes.of(desk.api, row, desk.voice.language)
        people = await service.participants(desk.api, row.id)
        voted = await self._voted(desk, row, row.position.round)
        address = f"{desk.api.settings.address}{ROOM}/{row.code}"
        return {
            **_seen(desk, row, scene),
            "people": [(one.id, _nickname(desk, one), one.id in voted) for one in people],
            "voted": len(voted),
            "address": address,
            "short_address": f"{desk.api.settings.address}{ROOM}".partition("://")[2],
            "qr": segno.make(address, error="m").svg_inline(scale=5, light="#fff", border=3, omitsize=True),
            "mark": await service.mark(desk.api, row.id, wide=True),
            "teams": await self._teams(desk, row, scene.asked, people) if row.teams and row.points else (),
        }

    async def _voted(self, desk: Desk, row: Standing, number: int | None) -> frozenset[str]:
        if number is None:
            return frozenset()
        return await service.voters(desk.api, row.id, row.place, number)

    async def _teams(
        self, desk: Desk, row: Standing, asked: Sequence[Asked], people: Sequence[ParticipantRow]
    ) -> list[tuple[str, str]]:
        """Each team's points per member, so that small teams are not behind from the start."""
        given: dict[str, dict[tuple[int, int], str]] = {}
        for vote in await service.votes(desk.api, row.id):
            given.setdefault(vote.participant_id, {})[vote.place, vote.round] = vote.option
        done = _answered(asked, row)
        lines: list[tuple[str, str]] = []
        for team in range(row.teams):
            members = [one for one in people if one.team == team]
            total = sum(points(done, given.get(one.id, {})) for one in members)
            mean = f"{total / max(len(members), 1):.1f}".replace(".", desk.text("exercise.decimal"))
            lines.append((TEAMS[team], mean))
        return lines

    # ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def mark(self, desk: Desk, request: Request) -> Response:
        row = await self._row(desk, request)
        return PlainTextResponse(await service.mark(desk.api, row.id, wide=_wide(request)))

    async def stream(self, desk: Desk, request: Request) -> Response:
        row = await self._row(desk, request)
        return StreamingResponse(
            self.news.marks(desk.api, row.id, wide=_wide(request)),
            media_type="text/event-stream",
            headers=HEADERS,
        )


async def _known(desk: Desk, request: Request, asked: Awaitable[T]) -> T:
    """What stands at a code. Codes are short: whoever tries them out is stopped after a while."""
    try:
        return await asked
    except ExerciseUnknown:
        desk.api.limits.count(Kind.REFUSED, address_of(request))
        raise


def texts_of(desk: Desk) -> Catalogue:
    return desk.api.knowledge.speaking(desk.voice.language).texts


def by_right(line: Line) -> tuple[int, int]:
    """The hardest first."""
    return line.in_the_end, int(line.name)


def _wide(request: Request) -> bool:
    return request.query_params.get("wide") == "1"


def _seen(desk: Desk, row: Standing, scene: Scene) -> dict[str, object]:
    """What everyone sees, as the templates name it. `round`: the vote that is open; in a writing exercise there is none."""
    votable = scene.question is not None and bool(scene.question.options)
    now = desk.api.now()
    return {
        "row": row,
        "phase": row.phase,
        "round": row.open_round(now) if votable else None,
        "voting": row.position.round if votable else None,
        "seconds_left": row.seconds_left(now) if votable else None,
        "writing": scene.question is not None and not votable,
        "question": scene.question,
        "bars": scene.bars,
        "reveal": scene.reveal,
        "say": desk.text(_said_key(row, votable=votable, now=now), number=row.place + 1),
    }


def _said_key(row: Standing, *, votable: bool, now: datetime) -> str:
    """What a screen reader hears when the page has come this far."""
    if row.paused:
        return "exercise.say.paused"
    if votable and row.seconds_left(now) == 0:
        return "exercise.say.time_out"
    written = not votable and row.phase in (Phase.VOTE, Phase.REVEAL)
    return f"exercise.say.written_{row.phase}" if written else f"exercise.say.{row.phase}"


def _last_round(seat: Seat, row: Standing) -> int:
    return 2 if (row.place, 2) in seat.given else 1


def _answered(asked: Sequence[Asked], row: Standing) -> Sequence[Asked]:
    """The questions whose answer has been told."""
    told = Phase(row.phase) in (Phase.REVEAL, Phase.ENDED)
    return asked[: row.place + (1 if told else 0)]


def _summary(asked: Sequence[Asked], given: dict[tuple[int, int], str]) -> tuple[int, int]:
    """How many were right in the end, and how many were answered."""
    last = {one.place: given.get((one.place, 2), given.get((one.place, 1))) for one in asked if one.votable}
    right = sum(1 for one in asked if one.votable and last[one.place] == one.right)
    return right, sum(1 for option in last.values() if option is not None)


def _seat_path(code: str, who: str) -> str:
    return f"{ROOM}/{code}?{urlencode({'seat': who})}"


def _nickname(desk: Desk, who: ParticipantRow | Seated) -> str:
    return desk.api.cipher.open(who.nickname, service.nickname_context(who.id))


def _number(words: str) -> int:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 5 else -1


def _show(
    desk: Desk,
    request: Request,
    template: str,
    key: str | None,
    values: Mapping[str, object],
    *,
    title: str = "",
    status: int = 200,
) -> Response:
    """A page of the room: in nobody's name, whoever is signed in in the browser."""
    named = {"title": desk.text(key) if key else title, "provider": None, **values}
    return desk.pages.show(request, template, Shell(), named, status=status, voice=desk.voice)
