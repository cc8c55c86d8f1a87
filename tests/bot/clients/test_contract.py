"""One contract for every client: the same dialogue files, and the same laws. The message API is the dialogues' own, in memory."""

import asyncio
from datetime import timedelta
from itertools import product

import pytest

from bot.dialogue import step
from bot.events import ApiUnreachable, Event, Incoming, MessageEvent, MessageHappening, OutageChanged, Outcome
from bot.findings import Answer as AnswerGiven
from bot.findings import QueryResult
from bot.gateways.store import SqlConversationStore
from bot.ports import ApiDownError, News, Units
from bot.render import Rendered, RenderedChoice
from bot.requests import Command, Query
from bot.turn import Shell, Surroundings
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.holidays_se import swedish_free_days
from common.ids import new_id
from common.outbox import Worker
from tests.bot.clients.drivers import Driver
from tests.bot.clients.suite import DRIVERS
from tests.bot.dialogue import script
from tests.bot.dialogue.script import FOLDER, Line, Transcript, load, names
from tests.bot.dialogue.world import World, knowledge, profile, reader

CLIENTS = tuple(DRIVERS)
KEPT_BY_THE_SHELL = frozenset({"forget_queued", "erase_incoming", "schedule_reminder"})
"""Orders that never reach the message API."""


class DialogueApi:
    """The dialogues' world as the message API behind a real shell."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def ask(self, _staff_id: str, query: Query, _units: Units = None) -> QueryResult:
        return self.world.ask(query)

    async def carry_out(self, _staff_id: str, command: Command, _units: Units = None) -> Outcome:
        self.world.commands.append(command)
        outcomes = self.world.carry_out(command)
        self.world.waiting.clear()
        if not outcomes or isinstance(outcomes[0], ApiUnreachable):
            raise ApiDownError("the dialogue says so")
        return outcomes[0]

    async def happenings(self, after: str) -> News:
        return News((), after)


class Stage:
    """One transcript with one client. `restarting`: the program is started anew before every line."""

    def __init__(self, db: Database, transcript: Transcript, client: str, *, restarting: bool = False) -> None:
        self.me = profile(transcript.unit, transcript.pack)
        self.world = World(self.me, transcript.trusted, transcript.delivery, transcript.now)
        self.clock = FixedClock(transcript.now)
        self.restarting = restarting
        self._db = db
        self._client = client
        self._cipher = Cipher(Keys.new())
        self._trusted = frozenset(CLIENTS) if transcript.trusted else frozenset[str]()
        self.driver: Driver = self._new_driver()

    def make_shell(self) -> Shell:
        store = SqlConversationStore(self._db, self._cipher, self.clock)
        around = Surroundings(knowledge(), reader(), swedish_free_days(), self._trusted)
        self.shell = Shell(store, self._db, DialogueApi(self.world), around, self.clock, step)
        return self.shell

    def _new_driver(self) -> Driver:
        return DRIVERS[self._client](self.make_shell, self.me, knowledge().texts)

    async def act(self, line: Line, play: "Buttons") -> list[Rendered]:
        if line.say is not None:
            return await self.driver.say(line.say)
        if line.tap is not None:
            return await self.driver.pick(play.button(line.tap, play.screen))
        if line.old_tap is not None:
            return await self.driver.pick(play.button(line.old_tap, play.gone))
        if line.command is not None:
            return await self.driver.command(str(line.command))
        if line.answers is not None:
            return await self._answered(line.answers)
        if line.system is not None:
            return await self._told(OutageChanged("Lifecare SP", line.system == "down"))
        return await self._changed(line)

    async def _answered(self, words: str) -> list[Rendered]:
        key, receipt = list(self.world.stored.items())[-1]
        unit = knowledge().directory.unit(self.world.bodies[key].body.recipient_units[0])
        self.clock.advance(timedelta(hours=2))
        self.world.now = self.clock.now()
        self.world.answers.setdefault(receipt.message_id, []).append(
            AnswerGiven("answer", words, unit.name, self.world.now)
        )
        happening = MessageHappening.ANSWERED
        return await self._told(MessageEvent(happening, receipt.message_id, receipt.number, unit.name, self.world.now))

    async def _told(self, event: Event) -> list[Rendered]:
        await self.shell.tell(Incoming(self.driver.conversation_id, new_id(), event), self.driver.owner)
        return await self.driver.news()

    async def _changed(self, line: Line) -> list[Rendered]:
        if line.refuse is not None:
            self.world.refuse = line.refuse
        if line.api is None:
            return []
        self.world.api_down = line.api == "down"
        if line.api == "up":
            self.clock.advance(timedelta(minutes=10))
            await Worker(self._db, self.clock, self.shell.handlers()).run_once()
        return await self.driver.news()

    async def play(self, transcript: Transcript) -> None:
        """From the first line to the last, compared as the dialogue's own test does."""
        buttons = Buttons()
        buttons.remember(await self.driver.open())
        for number, line in enumerate(transcript.lines, start=1):
            if self.restarting:
                await self.restart()
            if line.old_tap is not None and not self.driver.keeps_old_buttons:
                continue
            before = len(self.world.commands)
            shown = await self.act(line, buttons)
            text = "\n".join(script._words(rendered) for rendered in shown)
            where = f"line {number} ({line.say or line.tap or line.old_tap or line.command or 'event'}):\n{text}"
            script._compare(line, shown, text, where)
            await self._compare_world(line, before, where)
            buttons.remember(shown)
        await self.driver.close()

    async def _compare_world(self, line: Line, before: int, where: str) -> None:
        if line.orders is not None:
            done = tuple(command.type for command in self.world.commands[before:])
            assert done == tuple(order for order in line.orders if order not in KEPT_BY_THE_SHELL), where
        if line.phase is not None:
            stored = (await self.shell.store.open(self.driver.conversation_id, "")).stored
            assert stored is not None, where
            assert stored.conversation.phase == line.phase, where

    async def restart(self) -> None:
        """The program ends and is started again; what is on the screen is read anew."""
        before = self.driver
        await before.close()
        self.driver = self._new_driver()
        await self.driver.reopen(before)


class Buttons:
    """What is on the screen, and what was."""

    def __init__(self) -> None:
        self.screen: dict[str, RenderedChoice] = {}
        self.gone: dict[str, RenderedChoice] = {}

    @staticmethod
    def button(label: str, offered: dict[str, RenderedChoice]) -> RenderedChoice:
        fitting = [choice for shown, choice in offered.items() if shown.startswith(label)]
        assert len(fitting) == 1, f"the button {label!r} is not one of {sorted(offered)}"
        return fitting[0]

    def remember(self, shown: list[Rendered]) -> None:
        offered = {choice.label: choice for rendered in shown for choice in rendered.choices}
        if offered:
            self.gone.update(self.screen)
            self.screen = offered


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", names())
async def test_every_client_holds_the_same_dialogues(name: str, client: str, sqlite_db: Database) -> None:
    transcript = load(FOLDER / f"{name}.yaml")
    await Stage(sqlite_db, transcript, client).play(transcript)


@pytest.mark.parametrize(
    ("name", "client"),
    [
        *product(["halland_inkorg_och_svar", "servern_nere", "vgr_mvo_till_tva"], ["api", "web"]),
        *product(["servern_nere"], ["telegram", "matrix"]),
    ],
)
async def test_a_restart_before_every_line_changes_nothing(name: str, client: str, sqlite_db: Database) -> None:
    transcript = load(FOLDER / f"{name}.yaml")
    await Stage(sqlite_db, transcript, client, restarting=True).play(transcript)


@pytest.fixture
def transcript() -> Transcript:
    return load(FOLDER / "halland_inkorg_och_svar.yaml")


@pytest.mark.parametrize("client", CLIENTS)
async def test_each_choice_also_works_as_typed_text(client: str, transcript: Transcript, sqlite_db: Database) -> None:
    stage = Stage(sqlite_db, transcript, client)
    choice = (await stage.driver.open())[-1].choices[0]
    tapped = await stage.driver.pick(choice)
    await stage.driver.command("restart")
    typed = await stage.driver.say(choice.label)
    assert [rendered.text for rendered in typed] == [rendered.text for rendered in tapped]
    await stage.driver.close()


@pytest.mark.parametrize("client", CLIENTS)
async def test_every_line_of_a_person_is_answered_in_order(
    client: str, transcript: Transcript, sqlite_db: Database
) -> None:
    stage = Stage(sqlite_db, transcript, client)
    await stage.driver.open()
    for text in ("", "hjälp", "🙂", "x" * 9_000, "mina meddelanden"):
        assert await stage.driver.say(text), text
    lines = await stage.shell.store.lines(stage.driver.conversation_id)
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    await stage.driver.close()


@pytest.mark.parametrize("client", ["api", "web", "telegram", "matrix"])
async def test_two_taps_at_once_act_once(client: str, transcript: Transcript, sqlite_db: Database) -> None:
    stage = Stage(sqlite_db, transcript, client)
    choice = (await stage.driver.open())[-1].choices[0]
    await asyncio.gather(*(stage.driver.pick(choice) for _ in range(2)))
    lines = await stage.shell.store.lines(stage.driver.conversation_id)
    assert len([line for line in lines if line.said.text == choice.label]) <= 1
    await stage.driver.close()
