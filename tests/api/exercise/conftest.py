"""A live exercise with its trainer and some participants, each with a browser of her own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlmodel import col, select

from api.exercise.material import Shelf
from api.exercise.tables import ExerciseRow
from api.pages.routes import add_pages
from tests.api.pages.conftest import OpenBrowser, Person, browse
from tests.support.api import Desk, cipher, local_desk, settings

__all__ = ["browse", "cipher", "local_desk", "settings"]

TRAINER = "petra-lang"
SCENARIOS = ("h24-sova-gott", "h24-arskontroll-skriv")


@dataclass
class Class:
    """A trainer, her session, and those who join it."""

    desk: Desk
    browse: OpenBrowser
    stack: AsyncExitStack
    trainer: Person
    people: dict[str, Person] = field(default_factory=dict)
    seats: dict[str, str] = field(default_factory=dict)

    async def row(self) -> ExerciseRow:
        async with self.desk.api.db.read() as session:
            found = await session.exec(select(ExerciseRow).order_by(col(ExerciseRow.id).desc()))
            row = found.first()
        assert row is not None
        return row

    async def begin(self, *scenarios: str, **fields: str) -> ExerciseRow:
        page = await self.trainer.get("/exercises/new?pack=halland-2024")
        data = {"scenario": list(scenarios or SCENARIOS), **fields}
        answer = await self.trainer.send(page, "/exercises", data)  # type: ignore[arg-type]
        assert "/exercises/" in str(answer.url)
        return await self.row()

    async def join(self, nickname: str, *, expect: int = 200, **fields: str) -> httpx2.Response:
        person = await self.stack.enter_async_context(self.browse())
        code = (await self.row()).code
        answer = await person.post(
            f"/ovning/{code}/join", {"nickname": nickname, **fields}, at=f"/ovning/{code}", expect=expect
        )
        if expect == 200:
            self.people[nickname] = person
            self.seats[nickname] = parse_qs(urlsplit(str(answer.url)).query)["seat"][0]
        return answer

    async def act(self, act: str) -> httpx2.Response:
        row = await self.row()
        return await self.trainer.post(f"/exercises/{row.id}/act", {"act": act}, at=f"/exercises/{row.id}")

    async def page(self, nickname: str) -> str:
        row = await self.row()
        return (await self.people[nickname].get(f"/ovning/{row.code}?seat={self.seats[nickname]}")).text

    async def vote(self, nickname: str, option: str) -> httpx2.Response:
        row = await self.row()
        at = f"/ovning/{row.code}?seat={self.seats[nickname]}"
        return await self.people[nickname].post(f"/ovning/{row.code}/vote", {"option": option}, at=at)

    async def right_and_wrong(self) -> tuple[str, str]:
        """The ids of the right option and of a wrong one, of the question of now."""
        row = await self.row()
        asked = Shelf(self.desk.api.knowledge).of(row)[row.place]
        wrong = next(one.id for one in asked.question.options if not one.right)
        assert asked.right is not None
        return asked.right, wrong

    async def projector(self) -> str:
        async with self.browse() as someone:
            return (await someone.get(f"/ovning/{(await self.row()).code}/visa")).text


@pytest.fixture
def desk(local_desk: Desk) -> Desk:
    """The API and the pages with the demo loaded, on SQLite."""
    add_pages(local_desk.app)
    return local_desk


@pytest.fixture
async def group(desk: Desk, browse: OpenBrowser) -> AsyncIterator[Class]:
    async with AsyncExitStack() as stack:
        trainer = await stack.enter_async_context(browse(TRAINER))
        yield Class(desk, browse, stack, trainer)
