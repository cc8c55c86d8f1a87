"""Matrix for real: a Synapse on loopback, the real library at both ends, everything encrypted, and a restart in the middle."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.clients.matrix.running import Matrix, MatrixSettings, Session
from common.clock import FixedClock
from common.settings import Settings
from tests.support.api import NURSE, RECEIVER, fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS, House, open_house
from tests.support.matrix.synapse import PASSWORD, SERVER, NoSynapse, Person, Synapse, person, running_synapse

pytestmark = pytest.mark.matrix
MATTER = "Till vårdcentralen: blodtrycket behöver följas upp. Hon bor hemma och det kan vänta."


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    pytest.importorskip("synapse", reason="Synapse is not installed: pip install matrix-synapse")
    try:
        with running_synapse(tmp_path_factory.mktemp("synapse")) as running:
            yield running
    except NoSynapse as error:
        pytest.skip(f"Synapse does not start here: {error}")


@dataclass
class Rig:
    house: House
    matrix: Matrix
    session: Session
    nurse: Person

    async def settle(self) -> None:
        """What has been written is heard and acted on, and she reads what came."""
        for _ in range(2):
            assert await self.session.listen_once(asyncio.Event(), 0)
        await self.session.sweep()
        await self.session.post.settled()
        await self.nurse.sync()

    async def says(self, text: str) -> str:
        await self.nurse.says(text)
        await self.settle()
        return self.nurse.last

    async def picks(self, label: str) -> str:
        """By the number that stands before it."""
        line = next(line for line in reversed(self.nurse.text.split("\n")) if label in line)
        await self.nurse.picks(line.split(" ")[0])
        await self.settle()
        return self.nurse.last

    async def enrolled(self, bot: str) -> None:
        await self.nurse.invites(bot)
        await self.settle()
        async with self.house.browser(NURSE) as browser:
            shown = (await browser.post("/api/v1/enrolments")).json()["shown"]
        await self.says(shown)


@pytest.fixture
async def house(
    synapse: Synapse, templates: Templates, fixed_clock: FixedClock, tmp_path: Path
) -> AsyncIterator[House]:
    bot = synapse.account(f"lots-{tmp_path.name.replace('_', '-')}")
    matrix = MatrixSettings(synapse.address, bot, PASSWORD, "", frozenset({SERVER}), ADDRESS, tmp_path)
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS)
        trusted = frozenset({"web", "matrix"})
        async with (
            opened(url) as db,
            open_house(db, fixed_clock, settings, matrix=matrix, trusted=trusted) as house,
        ):
            yield house


@asynccontextmanager
async def started(house: House, nurse: Person, *, allowed: str = SERVER) -> AsyncIterator[Rig]:
    """Lots in Matrix as a process that has just been started: nothing but the database and the data folder."""
    before = house.bot.matrix
    assert before is not None
    settings = replace(before.settings, allowed=frozenset({allowed}))
    matrix = Matrix(settings, before._shells, before._around, before._connect)
    assert await matrix.lease.take() is not None
    async with matrix._connect() as server, AsyncExitStack() as stack:
        session = matrix.session(server)
        stack.push_async_callback(matrix.lease.release)
        stack.push_async_callback(session.close)
        rig = Rig(house, matrix, session, nurse)
        await rig.session.listen_once(asyncio.Event(), 0)
        yield rig


@pytest.fixture
async def nurse(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Person]:
    one = await person(synapse, f"nurse-{tmp_path.name.replace('_', '-')}", tmp_path / "nurse")
    yield one
    await one.client.close()


async def test_the_main_path_is_encrypted_to_the_answer_with_restarts_on_the_way(house: House, nurse: Person) -> None:
    async with started(house, nurse) as rig:
        await rig.enrolled(rig.session.server.user)
        assert "Hej" in nurse.last
        assert "Skriv utkast" in await rig.says(MATTER), nurse.text
    async with started(house, nurse) as rig:
        await rig.picks("Skriv utkast")
        await rig.says("Oskarström")
        await rig.picks("Ser bra ut")
    said = len(nurse.shown)
    async with started(house, nurse) as rig:
        await rig.settle()
        assert len(nurse.shown) == said, "what was answered before is answered again"
        await rig.picks("Ja, muntligt till mig")
        await rig.says("19121212-1212")
        await rig.picks("Lämna över")
        assert "L-2026-000001" in nurse.text

        inbox = await house.desk.inbox()
        assert [one["person"] for one in inbox] == [{"id_type": "personnummer", "id": "191212121212", "name": None}]
        answer = {"text": "Vi ringer henne.", "kind": "answer"}
        await house.desk.call("POST", f"/messages/{inbox[0]['id']}/answers", by=RECEIVER, body=answer, key="a")
        await house.bot.follower.follow_once()
        await rig.settle()
        assert "Vi ringer henne." in nurse.last
    assert nurse.unread == 0


async def test_the_device_and_its_keys_are_kept_for_their_owner_only(
    house: House, nurse: Person, tmp_path: Path
) -> None:
    async with started(house, nurse) as rig:
        first = rig.session.server._client.device_id  # type: ignore[attr-defined]
    async with started(house, nurse) as rig:
        assert rig.session.server._client.device_id == first  # type: ignore[attr-defined]
    folder = tmp_path / "matrix"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in folder.iterdir() if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".sqlite3"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert not any(PASSWORD.encode() in path.read_bytes() for path in files)


async def test_an_invitation_from_another_server_is_declined(house: House, nurse: Person) -> None:
    async with started(house, nurse, allowed="annan.example") as rig:
        await nurse.invites(rig.session.server.user)
        await rig.settle()
        members = await nurse.client.joined_members(nurse.room_id)
        assert [member.user_id for member in members.members] == [nurse.user]
        state = await nurse.client.room_get_state_event(nurse.room_id, "m.room.member", rig.session.server.user)
        assert state.content["membership"] == "leave"
    assert nurse.shown == {}


async def test_a_personal_number_to_an_unenrolled_conversation_is_taken_out_of_the_room(
    house: House, nurse: Person
) -> None:
    async with started(house, nurse) as rig:
        await nurse.invites(rig.session.server.user)
        await rig.settle()
        await rig.picks("Halland")
        event_id = await nurse.says("Hon heter något och har 19121212-1212")
        await rig.settle()
        assert "Stopp!" in nurse.last
        found = await nurse.client.room_get_event(nurse.room_id, event_id)
        assert found.event.source["content"] == {}
