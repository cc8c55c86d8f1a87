"""What comes after a session: the report page, and what is taken from it as files. For the trainer who held it; decides nothing."""

import json
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from api.authorisation import Caller
from api.exercise import own, service, sheets, xapi
from api.exercise.figures import Figures, Line, figures, train_next
from api.exercise.heat import heat
from api.exercise.material import Asked
from api.exercise.room import STAFF_UNITS, TEAMS, Room, texts_of
from api.exercise.sheets import Given
from api.exercise.stuck import by_participant
from api.exercise.tables import ExerciseRow, ParticipantRow
from api.pages.desk import Desk
from api.staff.secrets import digest
from knowledge.scenario import Scenario

if TYPE_CHECKING:  # its library is large, and few servers ever draw anything
    from api.exercise.paper import Summary

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FEW: Final = 3
BOM: Final = "\ufeff"
"""So that spreadsheets read å, ä and ö."""


@dataclass(frozen=True, slots=True)
class Report:
    row: ExerciseRow
    asked: tuple[Asked, ...]
    people: tuple[ParticipantRow, ...]
    found: Figures
    given: tuple[Given, ...]
    next: tuple[Scenario, ...]
    names: dict[str, str]
    """What ways, kinds of unit and the questions are called; the questions by their place."""


class Reports:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def _made(self, desk: Desk, request: Request, caller: Caller) -> Report:
        row = await service.owned(desk.api, caller, request.path_params["exercise_id"])
        asked = self.room.shelf.of(row)
        people = tuple(await service.participants(desk.api, row.id))
        votes = [one for one in await service.votes(desk.api, row.id) if one.place < len(asked)]
        found = figures(asked, people, by_participant(votes))
        numbered = sorted(people, key=lambda one: digest(one.id))
        rare = frozenset() if row.named else _rare(people)
        who = {one.id: self._who(desk, row, one, place, rare) for place, one in enumerate(numbered, start=1)}
        every = [*await own.usable(desk.api, caller), *desk.api.knowledge.scenarios.all]
        return Report(
            row,
            asked,
            people,
            found,
            tuple(sheets.answers(asked, votes, who, texts_of(desk))),
            train_next(found, asked, every),
            self._names(desk, asked),
        )

    def _who(
        self, desk: Desk, row: ExerciseRow, one: ParticipantRow, number: int, rare: AbstractSet[str]
    ) -> tuple[str, str, str]:
        """Name, team and kind of unit. The numbers are in no order that anyone in the room saw."""
        unit_type = one.unit_type or ""
        name = (
            desk.api.cipher.open(one.nickname, service.nickname_context(one.id))
            if row.named
            else desk.text("exercise.report.participant", number=number)
        )
        return name, "" if one.team is None else TEAMS[one.team].upper(), "" if unit_type in rare else unit_type

    def _names(self, desk: Desk, asked: tuple[Asked, ...]) -> dict[str, str]:
        names = {channel.id: channel.label for one in asked for channel in one.pack.channels}
        names |= {str(unit): desk.text(f"unit_type.{unit}") for unit in STAFF_UNITS}
        for one in asked:
            question, key = one.question, one.question.key
            if key.rule and key.channel:
                names[key.rule] = f"{key.rule}: {one.pack.channel_by_id[key.channel].label}"
            names[str(one.place)] = desk.text(
                "exercise.report.question_line",
                number=one.place + 1,
                title=question.scenario.title,
                ask=question.step.ask or desk.text(f"exercise.question.{question.step.question}"),
            )
        return names

    async def page(self, desk: Desk, request: Request, caller: Caller) -> Response:
        made = await self._made(desk, request, caller)
        values = {
            "row": made.row,
            "found": made.found,
            "names": made.names,
            "heat": heat(made.found.confusion),
            "short": _short(desk, made),
            "next": made.next,
            "levels": {one.id: desk.text(f"practice.level.{one.level}") for one in made.next},
        }
        title = desk.text("exercise.report.title", name=made.row.title)
        return await desk.show(request, caller, "exercise_report.html", title, values)

    async def csv(self, desk: Desk, request: Request, caller: Caller) -> Response:
        made = await self._made(desk, request, caller)
        return _file(BOM + sheets.as_csv(made.given, desk.text), "text/csv; charset=utf-8", "ovning.csv")

    async def xlsx(self, desk: Desk, request: Request, caller: Caller) -> Response:
        made = await self._made(desk, request, caller)
        return _file(sheets.as_xlsx(made.given, made.found, made.names, desk.text), XLSX, "ovning.xlsx")

    async def xapi(self, desk: Desk, request: Request, caller: Caller) -> Response:
        made = await self._made(desk, request, caller)
        told = xapi.statements(made.row, made.given, desk.api.settings.address, texts_of(desk))
        return _file(json.dumps(told, ensure_ascii=False), "application/json", "ovning-xapi.json")

    async def pdf(self, desk: Desk, request: Request, caller: Caller) -> Response:
        from api.exercise.paper import summary_pdf

        made = await self._made(desk, request, caller)
        words = summary_pdf(desk.text, _summary(desk, made), desk.api.now())
        return _file(words, "application/pdf", "ovning.pdf", inline=True)


def _short(desk: Desk, made: Report) -> dict[str, str]:
    """The ways of the heat map by names short enough to stand over a column."""
    confusion, texts = made.found.confusion, texts_of(desk)
    keys = {way: f"exercise.report.short.{way}" for way in dict.fromkeys((*confusion.columns, *confusion.rows))}
    return {way: desk.text(key) if key in texts else made.names.get(way, way) for way, key in keys.items()}


def _rare(people: Sequence[ParticipantRow]) -> frozenset[str]:
    """Kinds of unit that so few come from that the answers would be known by them."""
    counted = Counter(one.unit_type or "" for one in people)
    return frozenset(unit for unit, count in counted.items() if count < FEW)


def _summary(desk: Desk, made: Report) -> "Summary":
    from api.exercise.paper import Summary

    def named(lines: tuple[Line, ...]) -> list[tuple[str, Line]]:
        return [(made.names.get(line.name, line.name), line) for line in lines]

    found, text = made.found, desk.text
    hardest = tuple(sorted(found.questions, key=lambda line: line.share))
    whole = found.whole
    return Summary(
        title=text("exercise.report.title", name=made.row.title),
        lines=(
            text("exercise.report.when", when=desk.voice.time.full_moment(made.row.created_at)),
            text("exercise.report.took_part", joined=found.joined, took_part=found.took_part),
            text("exercise.report.of", right=whole.right, answered=whole.answered, share=whole.share),
        ),
        groups=(
            (text("exercise.report.questions"), named(hardest)),
            (text("exercise.report.channels"), named(found.channels)),
            (text("exercise.report.rules"), named(found.rules)),
        ),
        next=tuple(one.title for one in made.next),
        small=text("exercise.report.small", when=desk.voice.time.full_moment(made.row.delete_at)),
    )


def _file(content: str | bytes, media_type: str, name: str, *, inline: bool = False) -> Response:
    how = "inline" if inline else "attachment"
    return Response(content, media_type=media_type, headers={"content-disposition": f'{how}; filename="{name}"'})
