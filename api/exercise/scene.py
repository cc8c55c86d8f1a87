"""What everyone may see of where a session stands: made once for each step of it and kept for hundreds. Shows nothing by itself.

No vote counts after the step that closed it (`voting.vote` holds the session's row), so what is kept cannot grow old.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from api.context import Api
from api.exercise import service
from api.exercise.material import Asked, Shelf
from api.exercise.showing import Bar, Reveal, Shown, reveal, shown, spread
from api.exercise.standing import Standing
from api.exercise.state import Phase
from knowledge.texts import Catalogue

MOST: Final = 200
"""Steps of sessions that a process keeps at hand."""
TOLD: Final = (Phase.SPREAD, Phase.SHIFT, Phase.REVEAL)


@dataclass(frozen=True, slots=True)
class Scene:
    """The question, from the spread on how people voted, and at the reveal what is right."""

    asked: tuple[Asked, ...]
    question: Shown | None = None
    bars: tuple[Bar, ...] = ()
    reveal: Reveal | None = None


class Scenes:
    """One process's; `shelf` and what is kept here are remembered only to be quicker."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._kept: dict[tuple[str, int, str], Scene] = {}

    async def of(self, api: Api, standing: Standing, language: str) -> Scene:
        key = (standing.id, standing.version, language)
        found = self._kept.get(key)
        if found is None:
            found = await self._made(api, standing, api.knowledge.speaking(language).texts)
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = found
        return found

    async def _made(self, api: Api, standing: Standing, texts: Catalogue) -> Scene:
        asked, phase = await self.shelf.at(api.db, standing), Phase(standing.phase)
        if phase in (Phase.LOBBY, Phase.ENDED):
            return Scene(asked)
        one = asked[standing.place]
        bars = await self._bars(api, standing, one, texts) if phase in TOLD and one.votable else ()
        told = reveal(one, texts.text, texts) if phase is Phase.REVEAL else None
        return Scene(asked, shown(one, len(asked), texts), bars, told)

    async def _bars(self, api: Api, standing: Standing, one: Asked, texts: Catalogue) -> tuple[Bar, ...]:
        counted = await service.tally(api, standing.id, standing.place)
        first, second = (counted.get((standing.place, number), {}) for number in (1, 2))
        if standing.phase == Phase.SPREAD or not (second or standing.phase == Phase.SHIFT):
            return spread(one, first, None, texts)
        stands = Counter(await service.kept(api, standing.id, standing.place))
        return spread(one, first, stands + Counter(second), texts)
