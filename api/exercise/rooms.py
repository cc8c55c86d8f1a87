"""Live exercises over HTTP for a chat: join, follow and vote in a signed-in person's name. Translates only; no road to messages.

Whoever calls has one seat in a session, found again by a keyed hash of who she is: nothing in a session tells whose it is.
Every call may be repeated.
"""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Path, Request

from api.access import ForProfile
from api.authorisation import Caller
from api.context import Api, ApiDep
from api.errors import ExerciseUnknown
from api.exercise import service
from api.exercise.material import Asked, Shelf
from api.exercise.room_schemas import Bar, Choice, Joining, Reason, Room, Voting
from api.exercise.score import points
from api.exercise.service import InRoom, Newcomer
from api.exercise.showing import reveal, shown, spread
from api.exercise.state import Phase
from api.exercise.tables import ParticipantRow
from api.limits import Kind

T = TypeVar("T")
router = APIRouter(prefix="/exercise-rooms", tags=["exercise"])
RoomCode = Annotated[str, Path(pattern=r"^[0-9]{4,8}$")]


def shelf_of(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


ShelfDep = Annotated[Shelf, Depends(shelf_of)]


@router.get("/{code}")
async def read_room(api: ApiDep, shelf: ShelfDep, caller: ForProfile, code: RoomCode) -> Room:
    """Where the session stands, as the caller may see it. Without `nickname` she has not joined."""
    return await _room(api, shelf, caller, code)


@router.post("/{code}/participants")
async def join_room(api: ApiDep, shelf: ShelfDep, caller: ForProfile, code: RoomCode, body: Joining) -> Room:
    """The caller joins, or comes back to the seat she has, whatever nickname she gives. `said` tells why she could not."""
    row = await _known(api, caller, service.by_code(api, code))
    if await service.at_door(api, row, _door(caller)) is not None:
        return await _room(api, shelf, caller, code)
    made = await service.join(api, row, Newcomer(body.nickname, door=_door(caller)))
    room = await _room(api, shelf, caller, code)
    return room if room.nickname is not None or not isinstance(made, str) else room.model_copy(update={"said": made})


@router.post("/{code}/votes")
async def vote(api: ApiDep, shelf: ShelfDep, caller: ForProfile, code: RoomCode, body: Voting) -> Room:
    """One answer to one question in one round; another one while it is open is a change of mind. `said` tells whether it counted."""
    row = await _known(api, caller, service.by_code(api, code))
    who = await service.at_door(api, row, _door(caller))
    said = "unknown"
    if who is not None:
        said = await service.vote(api, shelf, code, who.id, (body.place, body.round), body.option)
    return (await _room(api, shelf, caller, code)).model_copy(update={"said": said})


def _door(caller: Caller) -> str:
    return caller.actor


async def _known(api: Api, caller: Caller, asked: Awaitable[T]) -> T:
    """What stands at a code. Codes are short: whoever tries them out is stopped after a while."""
    try:
        return await asked
    except ExerciseUnknown:
        api.limits.count(Kind.REDEEM, "exercise", caller.actor)
        raise


async def _room(api: Api, shelf: Shelf, caller: Caller, code: str) -> Room:
    row = await _known(api, caller, service.by_code(api, code))
    who = await service.at_door(api, row, _door(caller))
    found = await service.in_room(api, code, [who.id] if who else [])
    at, asked = service.position(found.row), shelf.of(found.row)
    room = Room(
        code=found.row.code,
        title=found.row.title,
        phase=found.row.phase,
        paused=found.row.paused,
        named=found.row.named,
        round=at.round,
        seconds=found.row.seconds if at.round else None,
        nickname=_nickname(api, who) if who else None,
    )
    if who is None:
        return room
    given = found.given.get(who.id, {})
    room = room.model_copy(update=_standing(found, asked, given))
    if Phase(found.row.phase) in (Phase.LOBBY, Phase.ENDED):
        return room
    return room.model_copy(update=await _question(api, caller, found, asked, given))


def _nickname(api: Api, who: ParticipantRow) -> str:
    return api.cipher.open(who.nickname, service.nickname_context(who.id))


def _standing(found: InRoom, asked: tuple[Asked, ...], given: dict[tuple[int, int], str]) -> dict[str, object]:
    """Points where the trainer wants them, and at the end how many were right: of what has been told alone."""
    row = found.row
    told = asked[: row.place + (1 if Phase(row.phase) in (Phase.REVEAL, Phase.ENDED) else 0)]
    last = {one.place: given.get((one.place, 2), given.get((one.place, 1))) for one in asked if one.votable}
    over = Phase(row.phase) is Phase.ENDED
    return {
        "points": points(told, given) if row.points else None,
        "right": sum(last[one.place] == one.right for one in asked if one.votable) if over else None,
        "answered": sum(option is not None for option in last.values()) if over else None,
    }


async def _question(
    api: Api, caller: Caller, found: InRoom, asked: tuple[Asked, ...], given: dict[tuple[int, int], str]
) -> dict[str, object]:
    """The question of now; how others voted only from the spread on, and the answer only at the reveal."""
    row, phase = found.row, Phase(found.row.phase)
    knowledge = api.knowledge.speaking(caller.language) if caller.language else api.knowledge
    texts, one = knowledge.texts, asked[row.place]
    question = shown(one, len(asked), texts)
    number = service.position(row).round or (2 if (row.place, 2) in given else 1)
    values: dict[str, object] = {
        "place": row.place,
        "of": question.of,
        "story": [*question.told, question.story],
        "ask": question.ask,
        "choices": [Choice(id=key, letter=letter, words=words) for key, letter, words in question.options],
        "given": given.get((row.place, number)),
    }
    if phase in (Phase.SPREAD, Phase.SHIFT, Phase.REVEAL) and one.votable:
        counted = await service.tally(api, row.id, row.place)
        second = None if phase is Phase.SPREAD else counted.get((row.place, 2))
        bars = spread(one, counted.get((row.place, 1), {}), second, texts)
        values["spread"] = [Bar(letter=bar.letter, words=bar.words, count=bar.count, share=bar.share) for bar in bars]
    if phase is Phase.REVEAL:
        told = reveal(one, texts.text, texts)
        values["answer"] = told.answer
        values["right_choice"] = one.right
        values["reasons"] = [Reason(text=why.text, source=why.source) for why in (*told.reasons, *told.learn)]
        values["model"] = [words for _, words in told.model]
    return values
