"""What nobody can use any more is forgotten at night; what is in use stays."""

from datetime import timedelta

from sqlmodel import SQLModel, func, select

from api.enrolment.tables import ChatAccountRow, EnrolmentCodeRow
from api.keeping.pruning import SIGNED_IN, prune
from api.staff.tables import SessionRow, SignInLinkRow
from tests.api.enrolment.conftest import Chat, browser, code_of
from tests.support.api import RECEIVER, Desk

TABLES: tuple[type[SQLModel], ...] = (SessionRow, SignInLinkRow, EnrolmentCodeRow, ChatAccountRow)


async def rows(desk: Desk) -> list[int]:
    async with desk.api.db.read() as session:
        return [(await session.exec(select(func.count()).select_from(table))).one() for table in TABLES]


async def test_old_sessions_links_codes_and_revoked_accounts_are_forgotten(desk: Desk) -> None:
    chat = Chat(desk)
    revoked = (await chat.redeem(await code_of(desk), "old")).json()["id"]
    await chat.redeem(await code_of(desk, RECEIVER), "in use")
    await desk.call("DELETE", f"/enrolments/{revoked}")
    assert await rows(desk) == [2, 2, 2, 2]

    desk.clock.advance(SIGNED_IN - timedelta(days=1))
    await prune(desk.api)
    assert await rows(desk) == [2, 2, 2, 2]

    desk.clock.advance(timedelta(days=2))
    async with browser(desk) as maja:
        await prune(desk.api)
        assert await rows(desk) == [1, 1, 0, 1]
        assert (await maja.get("/me")).status_code == 200
    assert (await chat.whose("in use")).json()["staff_id"] == RECEIVER
