"""The addresses of live exercises, with their methods and who may see them. The room is for anyone with the code, the rest for trainers."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Route

from api.exercise.builder import Builder
from api.exercise.material import Shelf
from api.exercise.report import Reports
from api.exercise.room import Room
from api.exercise.scene import Scenes
from api.exercise.trainer import Trainer
from api.pages.desk import Desk, Endpoint

EXERCISE_TEMPLATES: Final = Path(__file__).parent / "templates"


def exercise_routes(desk: Desk) -> list[BaseRoute]:
    room = Room(Scenes(Shelf(desk.api.knowledge)))
    return [*_room(desk, room), *_trainer(desk, Trainer(room), Reports(room))]


def _room(desk: Desk, room: Room) -> list[BaseRoute]:
    anyone = desk.anyone
    return [
        _get("/ovning", anyone(room.door)),
        _get("/ovning/{code}", anyone(room.play)),
        _post("/ovning/{code}/join", anyone(room.join)),
        _post("/ovning/{code}/back", anyone(room.come_back)),
        _post("/ovning/{code}/vote", anyone(room.vote)),
        _get("/ovning/{code}/visa", anyone(room.show)),
        _get("/ovning/{code}/mark", anyone(room.mark)),
        _get("/ovning/{code}/stream", anyone(room.stream)),
    ]


def _trainer(desk: Desk, trainer: Trainer, reports: Reports) -> list[BaseRoute]:
    person = desk.signed_in
    return [
        _get("/exercises", person(trainer.listed)),
        _post("/exercises", person(trainer.begin)),
        _get("/exercises/new", person(trainer.new)),
        *_builder(desk, Builder()),
        _get("/exercises/{exercise_id}", person(trainer.lead)),
        _post("/exercises/{exercise_id}/act", person(trainer.act)),
        _get("/exercises/{exercise_id}/end", person(trainer.end)),
        _post("/exercises/{exercise_id}/unname", person(trainer.unname)),
        _post("/exercises/{exercise_id}/forget", person(trainer.forget)),
        _get("/exercises/{exercise_id}/report", person(reports.page)),
        _get("/exercises/{exercise_id}/report/csv", person(reports.csv)),
        _get("/exercises/{exercise_id}/report/xlsx", person(reports.xlsx)),
        _get("/exercises/{exercise_id}/report/xapi", person(reports.xapi)),
        _get("/exercises/{exercise_id}/report/pdf", person(reports.pdf)),
    ]


def _builder(desk: Desk, builder: Builder) -> list[BaseRoute]:
    person, one = desk.signed_in, "/exercises/scenarios/{scenario_id}"
    return [
        _get("/exercises/cases", person(builder.cases)),
        _get("/exercises/scenarios", person(builder.listed)),
        _post("/exercises/scenarios", person(builder.write)),
        _get("/exercises/scenarios/new", person(builder.new)),
        _post("/exercises/scenarios/yaml", person(builder.read_in)),
        _get(one, person(builder.edit)),
        _post(one, person(builder.write)),
        _get(f"{one}/preview", person(builder.preview)),
        _get(f"{one}/yaml", person(builder.yaml)),
        _post(f"{one}/change", person(builder.change)),
    ]


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"], include_in_schema=False)


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"], include_in_schema=False)
