"""A person signed in by a browser, and a chat program, for the tests of this folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest

from api.staff import service as staff
from tests.support.api import NURSE, Desk


@dataclass(frozen=True)
class Chat:
    """What a chat program does over HTTP, in its own name."""

    desk: Desk

    async def redeem(self, code: str, account: str = "1001", client: str = "telegram") -> httpx2.Response:
        body = {"code": code, "client": client, "account": account}
        return await self.desk.call("POST", "/enrolments/redeem", by=None, body=body)

    async def whose(self, account: str = "1001", client: str = "telegram") -> httpx2.Response:
        return await self.desk.call("GET", f"/enrolments/{client}/{account}", by=None)


@asynccontextmanager
async def browser(desk: Desk, staff_id: str = NURSE) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the person's session."""
    link = await staff.make_sign_in_link(desk.api, staff_id)
    token = await staff.use_sign_in_link(desk.api, link.rpartition("code=")[2])
    async with desk.http({"cookie": f"lots_session={token}"}) as client:
        yield client


async def code_of(desk: Desk, staff_id: str = NURSE) -> str:
    async with browser(desk, staff_id) as client:
        response = await client.post("/enrolments")
    assert response.status_code == 201, response.text
    return str(response.json()["code"])


@pytest.fixture
def chat(local_desk: Desk) -> Chat:
    return Chat(local_desk)
