"""Live exercises over HTTP for a chat: join, follow and vote in a signed-in person's name. Translates only; no road to messages.

Whoever calls has one seat in a session, found again by a keyed hash of who she is: nothing in a session tells whose it is.
Every call may be repeated.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.access import ForProfile
from api.authorisation import Caller
from api.context import Api, ApiDep
from api.errors import ExerciseUnknown
from api.exercise import seating, service, showing, standing, voting
from api.exercise.material import Asked
from api.exercise.room_schemas import Bar, Choice, Joining, Reason, Room, Section, Tempting, Voting
from api.exercise.scene import Scene, Scenes
from api.exercise.score import Given, points
from api.exercise.seating import Newcomer
from api.exercise.standing import InRoom, Seated, Standing
from api.exercise.state import Phase
from api.limits import Kind
from common.web.pages import HOME_LANGUAGE

router = APIRouter(prefix="/exercise-rooms", tags=["exercise"])
RoomCode = Annotated[str, Path(pattern=r"^[0-9]{4,8}$")]


def scenes_of(request: Request) -> Scenes:
    scenes: Scenes = request.app.state.scenes
    return scenes


ScenesDep = Annotated[Scenes, Depends(scenes_of)]


@router.get("/{code}")
async def read_room(api: ApiDep, scenes: ScenesDep, caller: ForProfile, code: RoomCode) -> Room:
    """Where the session stands, as the caller may see it. Without `nickname` she has not joined."""
    return await _room(api, scenes, caller, await _found(api, caller, code))


@router.post("/{code}/participants")
async def join_room(api: ApiDep, scenes: ScenesDep, caller: ForProfile, code: RoomCode, body: Joining) -> Room:
    """The caller joins, or comes back to the seat she has, whatever nickname she gives. `said` tells why she could not."""
    found = await _found(api, caller, code)
    if found.people:
        return await _room(api, scenes, caller, found)
    made = await seating.join(api, code, Newcomer(body.nickname, door=_door(caller)))
    if isinstance(made, str):
        room = await _room(api, scenes, caller, await _found(api, caller, code))
        return room if room.nickname is not None else room.model_copy(update={"said": made})
    return await _room(api, scenes, caller, InRoom(found.row, (Seated.of(made),), {made.id: {}}))


@router.post("/{code}/votes")
async def vote(api: ApiDep, scenes: ScenesDep, caller: ForProfile, code: RoomCode, body: Voting) -> Room:
    """One answer to one question in one round; another one while it is open is a change of mind. `said` tells whether it counted."""
    found, seen = await _found(api, caller, code), (body.place, body.round)
    await scenes.shelf.at(api.db, found.row)
    said = "unknown"
    if found.people:
        said = await voting.vote(api, scenes.shelf, code, found.people[0].id, seen, body.option)
    if said == "counted" and (found.row.place, found.row.position.round) == seen:
        found.given[found.people[0].id][seen] = body.option
    else:
        found = await _found(api, caller, code)
    return (await _room(api, scenes, caller, found)).model_copy(update={"said": said})


def _door(caller: Caller) -> str:
    return caller.actor


async def _found(api: Api, caller: Caller, code: str) -> InRoom:
    """What stands at a code, and the caller's seat. Codes are short: whoever tries them out is stopped after a while."""
    try:
        return await standing.at_door(api, code, _door(caller))
    except ExerciseUnknown:
        api.limits.count(Kind.REDEEM, "exercise", caller.actor)
        raise


async def _room(api: Api, scenes: Scenes, caller: Caller, found: InRoom) -> Room:
    row, now = found.row, api.now()
    room = {
        "code": row.code,
        "title": row.title,
        "phase": row.phase,
        "paused": row.paused,
        "named": row.named,
        "round": row.open_round(now),
        "seconds": row.seconds_left(now),
        "nickname": None,
    }
    if not found.people:
        return Room.model_validate(room)
    who = found.people[0]
    language = caller.language or HOME_LANGUAGE
    scene, given = await scenes.of(api, row, language), found.given.get(who.id, {})
    room |= {"nickname": _nickname(api, who), **_standing(row, scene.asked, given), **_question(row, scene, given)}
    return Room.model_validate(room)


def _nickname(api: Api, who: Seated) -> str:
    return api.cipher.open(who.nickname, service.nickname_context(who.id))


def _standing(row: Standing, asked: tuple[Asked, ...], given: Given) -> dict[str, object]:
    """Points where the trainer wants them, and at the end how many were right: of what has been told alone."""
    told = asked[: row.place + (1 if Phase(row.phase) in (Phase.REVEAL, Phase.ENDED) else 0)]
    last = {one.place: given.get((one.place, 2), given.get((one.place, 1))) for one in asked if one.votable}
    over = Phase(row.phase) is Phase.ENDED
    return {
        "points": points(told, given) if row.points else None,
        "right": sum(last[one.place] == one.right for one in asked if one.votable) if over else None,
        "answered": sum(option is not None for option in last.values()) if over else None,
    }


def _question(row: Standing, scene: Scene, given: Given) -> dict[str, object]:
    """The question of now; how others voted only from the spread on, and the answer only at the reveal."""
    question, told = scene.question, scene.reveal
    if question is None:
        return {}
    second = row.position.round == 2
    number = row.position.round or (2 if (row.place, 2) in given else 1)
    values: dict[str, object] = {
        "place": row.place,
        "of": question.of,
        "case": question.title,
        "role": question.role,
        "writing": not question.options,
        "story": [*question.told, question.story],
        "ask": question.ask,
        "choices": [Choice(id=key, letter=letter, words=words) for key, letter, words in question.options],
        "given": given.get((row.place, number)),
        "given_before": given.get((row.place, 1)) if second and (row.place, 2) not in given else None,
        "spread": [_bar(bar) for bar in scene.bars],
    }
    if not question.options:
        values |= {"round": None, "seconds": None}
    if told is not None:
        values["answer"] = told.answer
        values["right_choice"] = scene.asked[row.place].right
        values["own"] = told.own
        values["reasons"] = [_reason(why) for why in told.reasons]
        values["learn"] = [_reason(why) for why in told.learn]
        values["tempting"] = [Tempting(choice=one, tempting=why, wrong=wrong) for one, why, wrong in told.tempting]
        values["model"] = [Section(heading=heading, text=words) for heading, words in told.model]
    return values


def _bar(bar: showing.Bar) -> Bar:
    return Bar(
        letter=bar.letter,
        words=bar.words,
        count=bar.count,
        share=bar.share,
        before=bar.before,
        before_share=bar.before_share,
    )


def _reason(why: showing.Reason) -> Reason:
    return Reason(text=why.text, source=why.source)
