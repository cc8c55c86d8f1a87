"""What Telegram does to what is sent: asked to wait, broken, silent, cut off, down, blocked. Nothing is lost, and nothing doubled unmarked."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from telegram.error import NetworkError

from bot.clients.telegram.chats import Address, Chats
from bot.clients.telegram.request import LotsRequest, Unclear
from common.clock import FixedClock
from common.database import Database
from tests.bot.clients.telegram_driver import ACCOUNT, TelegramDriver
from tests.bot.dialogue.world import knowledge, reader
from tests.support.chat import NURSE, ChatWorld, MemoryMessageApi
from tests.support.telegram.server import Fault
from tests.support.telegram.wire import Message

BEFORE = (Fault.TOO_MANY, Fault.BAD_GATEWAY)
UNCLEAR = tuple(fault for fault in Fault if fault.line)
MARK = "↻"


@dataclass
class Room:
    driver: TelegramDriver
    clock: FixedClock

    async def says(self, text: str) -> None:
        await self.driver.say(text)

    async def later(self, seconds: int = 31, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(timedelta(seconds=seconds))
            await self.driver.news()

    @property
    def shown(self) -> list[Message]:
        return self.driver.fake.person(ACCOUNT).shown

    def plain(self, words: str) -> int:
        return sum(words in message.text and MARK not in message.text for message in self.shown)

    def marked(self, words: str) -> int:
        return sum(words in message.text and MARK in message.text for message in self.shown)


@asynccontextmanager
async def open_room(db: Database, clock: FixedClock) -> AsyncIterator[Room]:
    """A parrot in Telegram: says back what it is told, with the turn's number."""
    world = ChatWorld(db, clock, knowledge(), reader(), MemoryMessageApi(), texts=knowledge().texts)
    driver = TelegramDriver(world.shell, NURSE, knowledge().texts)
    await driver.open()
    try:
        yield Room(driver, clock)
    finally:
        await driver.close()


@pytest.fixture
async def room(sqlite_db: Database, fixed_clock: FixedClock) -> AsyncIterator[Room]:
    async with open_room(sqlite_db, fixed_clock) as room:
        yield room


@pytest.mark.parametrize("fault", BEFORE)
async def test_after_a_fault_before_the_effect_it_comes_once(room: Room, fault: Fault) -> None:
    room.driver.faults.plan("sendMessage", fault, fault)
    await room.says("ett")
    assert room.plain("ett") == 0
    await room.later(times=3)
    assert (room.plain("ett"), room.marked("ett")) == (1, 0)


@pytest.mark.parametrize("fault", UNCLEAR)
async def test_after_an_unclear_fault_at_most_one_marked_repeat_comes(room: Room, fault: Fault) -> None:
    room.driver.faults.plan("sendMessage", fault)
    await room.says("ett")
    await room.later(times=3)
    assert (room.plain("ett"), room.marked("ett")) == (int(fault.effect), 1)


@pytest.mark.parametrize("fault", UNCLEAR)
async def test_however_often_the_line_is_lost_there_is_one_repeat(room: Room, fault: Fault) -> None:
    room.driver.faults.plan("sendMessage", *[fault] * 4)
    room.driver.faults.plan("editMessageText", *[fault] * 4)
    await room.says("ett")
    await room.later(times=12)
    assert (room.plain("ett"), room.marked("ett")) == (int(fault.effect), 1)


async def test_telegram_asks_to_wait_and_is_left_alone_so_long(room: Room) -> None:
    room.driver.faults.retry_after = 20
    room.driver.faults.plan("sendMessage", Fault.TOO_MANY)
    await room.says("ett")
    await room.later(seconds=19)
    assert room.plain("ett") == 0
    await room.later(seconds=2)
    assert room.plain("ett") == 1


async def test_five_minutes_down_and_everything_comes_once_in_order(room: Room) -> None:
    room.driver.faults.down = True
    told = [f"nummer-{number}" for number in range(10)]
    for words in told:
        await room.says(words)
        await room.later(seconds=30)
    room.driver.faults.down = False
    await room.later(times=12)
    assert [words for message in room.shown for words in told if words in message.text] == told


@pytest.mark.parametrize("seed", range(2))
async def test_a_fifth_of_all_calls_fail_and_nothing_is_lost_or_doubled_unmarked(room: Room, seed: int) -> None:
    faults = room.driver.faults
    faults.share, faults.dice = 0.2, random.Random(seed)  # noqa: S311 - a test's own luck
    told = [f"nummer-{number}." for number in range(40)]
    for words in told:
        await room.says(words)
        await room.later(seconds=2)
    faults.share = 0
    await room.later(times=50)
    assert len(faults.happened) >= 5, "the faults must bite"
    for words in told:
        assert room.plain(words) + room.marked(words) >= 1, f"{words} is lost"
        assert room.plain(words) <= 1
        assert room.marked(words) <= 1
    firsts = [min(place for place, m in enumerate(room.shown) if words in m.text) for words in told]
    assert firsts == sorted(firsts)


async def test_what_a_dead_process_was_sending_comes_marked(room: Room) -> None:
    address = Address(room.driver.conversation_id, ACCOUNT)
    died = room.driver.client.chats
    assert await died.claim(address) is not None, "a process takes the chat and is killed"
    await room.says("ett")
    assert room.plain("ett") == 0, "the chat is leased"
    await room.later(seconds=61, times=2)
    assert (room.plain("ett"), room.marked("ett")) == (0, 1)


async def test_a_blocked_bot_waits_until_the_person_is_back(room: Room) -> None:
    person = room.driver.fake.person(ACCOUNT)
    person.says("ett")
    person.blocks()
    await room.driver._come()
    await room.later(times=3)
    person.unblocks()
    await room.says("två")
    assert [m.text.partition(": ")[2] for m in room.shown[-2:]] == ["ett", "två"]


async def test_a_deleted_chat_is_left_alone(room: Room) -> None:
    chat = room.driver.fake.chats[ACCOUNT]
    chat.gone = True
    await room.says("ett")
    before = len(room.driver.faults.happened)
    await room.later(times=3)
    assert await room.driver.client.chats.waiting(10) == ()
    assert len(room.driver.faults.happened) == before


async def test_an_edit_that_telegram_refuses_becomes_a_new_message(room: Room) -> None:
    shown = await room.driver.command("help")
    card = room.shown[-1]
    room.driver.fake.chats[ACCOUNT].messages.remove(card)
    room.driver.fake.person(ACCOUNT).sends_data(card, shown[-1].choices[0].id.partition("|")[2])
    await room.driver._come()
    assert "vald 1.1" in room.shown[-1].text


async def test_a_tap_turns_the_card_into_its_answer(room: Room) -> None:
    shown = await room.driver.command("help")
    before = len(room.shown)
    await room.driver.pick(shown[-1].choices[0])
    assert len(room.shown) == before
    assert "vald 1.1" in room.shown[-1].text


async def test_a_lost_edit_is_done_again_without_doubling(room: Room) -> None:
    shown = await room.driver.command("help")
    room.driver.faults.plan("editMessageText", Fault.RESET_AFTER, Fault.TIMEOUT_BEFORE)
    await room.driver.pick(shown[-1].choices[0])
    await room.later(times=4)
    assert (room.plain("vald 1.1"), room.marked("vald 1.1")) == (1, 0)


async def test_an_update_handed_in_again_is_answered_once(room: Room) -> None:
    person = room.driver.fake.person(ACCOUNT)
    person.says("ett")
    person.says("två")
    first, second = room.driver.fake.pending
    for update in (second, first, first, second):
        assert await room.driver.client.take_json(update.as_json())
    assert (room.plain("ett"), room.plain("två")) == (1, 1)


async def test_a_long_answer_is_split_and_nothing_is_read_as_html(room: Room) -> None:
    text = ("Först <b>det</b> & det. " * 170).strip()
    await room.says(text)
    shown = "".join(f" {message.text}" for message in room.shown)
    assert shown.count("<b>det</b> & det.") == 170
    assert all(len(message.text) <= 4096 for message in room.shown)
    assert len(room.shown) == 3
    assert all(message.text.endswith(".") for message in room.shown[-2:]), "cut at a sentence"


async def test_a_forged_button_is_refused(room: Room) -> None:
    person = room.driver.fake.person(ACCOUNT)
    await room.driver.command("help")
    message, button = person.button("Ja")
    assert button.data is not None
    stranger = room.driver.fake.person(4712)
    turned = ("A" if button.data[0] != "A" else "B") + button.data[1:]
    before = len(await room.driver._shell.store.lines(room.driver.conversation_id))
    for forged in (turned, button.data[:12] + "1.2", "x", "", "é" * 20):
        person.sends_data(message, forged)
    stranger.sends_data(message, button.data)
    await room.driver._come()
    assert len(await room.driver._shell.store.lines(room.driver.conversation_id)) == before
    assert "Den knappen hör inte till" in stranger.text


async def test_a_turn_that_fails_leaves_its_chat_free(room: Room) -> None:
    await room.says("ett")
    address, post = Address(room.driver.conversation_id, ACCOUNT), room.driver.client.post
    claim = await post.claiming(address)
    await room.driver._shell._db.do(claim)
    assert claim.chat is not None
    await post.let_go(address, claim)
    await room.says("två")
    assert (room.plain("två"), room.marked("två")) == (1, 0), "nobody has to wait for the lease to run out"


async def test_a_chat_that_is_done_is_saved_before_the_next_turn_and_once(room: Room) -> None:
    chats = room.driver.client.chats
    await room.says("ett")
    await room.says("två")
    assert await chats.waiting(10) == ()
    await chats.release_done()
    other = Chats(room.driver._shell._db, room.driver._shell.store._cipher, room.clock)
    taken = await other.claim(Address(room.driver.conversation_id, ACCOUNT))
    assert taken is not None, "another process may take it"
    assert not taken.unclear
    assert taken.delivered == (await room.driver._shell.store.newest(room.driver.conversation_id))[0]


async def test_a_failure_of_the_server_that_may_have_come_after_the_effect_is_unclear() -> None:
    for status, unclear in ((500, True), (504, True), (502, False), (503, False)):
        answer = httpx2.MockTransport(lambda _request, status=status: httpx2.Response(status))
        request = LotsRequest(httpx2.AsyncClient(transport=answer), seconds=1)
        with pytest.raises(NetworkError) as raised:
            await request.do_request("http://telegram.test/", "POST")
        assert isinstance(raised.value, Unclear) is unclear
        await request.shutdown()
