"""What the bot does when nobody writes: tells what happened to messages, once, in one process at a time. On both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation import Conversation
from bot.events import Event, Incoming, MessageEvent, MessageHappening, TextSaid
from bot.gateways.lease import FollowerLease
from bot.gateways.records import Owner
from bot.tools import Tools, Turn
from bot.turn import Shell
from bot.worker import TRIES, BotWorker, Follower, Forgetter
from common.outbox import Worker
from tests.support.chat import NURSE, OTHER, ChatWorld, owner, parrot


def follower(world: ChatWorld, shell: Shell) -> Follower:
    return Follower(shell, world.api, FollowerLease(world.db, world.clock, "events"))


async def said_in(world: ChatWorld, conversation_id: str) -> list[str]:
    return [line.said.text for line in await world.store().lines(conversation_id) if line.author == "lots"]


async def say(shell: Shell, text: str, message_id: str, talk: str, who: Owner | None = None) -> None:
    await shell.take(Incoming(talk, message_id, TextSaid(text)), who or owner())


def answered(number: int) -> MessageEvent:
    return MessageEvent(MessageHappening.ANSWERED, f"m{number}", f"L26-{number:04}")


async def follow_all(world: ChatWorld, one: Follower) -> None:
    while await one.follow_once():
        pass


async def test_an_answer_is_told_in_the_conversation_that_handed_over(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:ärendet")
    world.clock.advance(timedelta(minutes=1))
    await say(shell, "hej", "b", "api:senare")
    world.api.happen(NURSE.staff_id, answered(1))
    await follow_all(world, follower(world, shell))
    assert (await said_in(world, "api:ärendet"))[-1] == "message_answered L26-0001"
    assert await said_in(world, "api:senare") == ["1: hej"]


async def test_what_was_sent_elsewhere_is_told_where_the_person_was_last(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a", "api:först")
    world.clock.advance(timedelta(minutes=1))
    await say(shell, "hej", "b", "api:sist")
    world.api.happen(NURSE.staff_id, answered(7))
    await follow_all(world, follower(world, shell))
    assert await said_in(world, "api:först") == ["1: hej"]
    assert (await said_in(world, "api:sist"))[-1] == "message_answered L26-0007"


async def test_nobody_is_told_of_another_persons_message(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:mitt")
    world.api.happen(OTHER.staff_id, answered(1))
    await follow_all(world, follower(world, shell))
    assert await said_in(world, "api:mitt") == ["Lämnar över.", "Överlämnat L26-0001."]


async def test_events_are_told_in_order_and_once_also_when_read_again(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:mitt")
    for number in (1, 2, 3):
        world.api.happen(NURSE.staff_id, answered(number))
    one = follower(world, shell)
    await follow_all(world, one)
    await FollowerLease(world.db, world.clock, "other").take()
    again = Follower(shell, world.api, FollowerLease(world.db, world.clock, "read again from the start"))
    await follow_all(world, again)
    assert (await said_in(world, "api:mitt"))[2:] == [f"message_answered L26-000{number}" for number in (1, 2, 3)]


async def test_one_process_follows_at_a_time_and_another_takes_over_from_its_place(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:mitt")
    world.api.happen(NURSE.staff_id, answered(1))
    first, second = follower(world, shell), follower(world, world.shell())
    assert await first.follow_once() == 1
    world.api.happen(NURSE.staff_id, answered(2))
    assert await second.follow_once() == 0
    world.clock.advance(timedelta(minutes=1))
    assert await second.follow_once() == 1
    assert await first.follow_once() == 0
    assert (await said_in(world, "api:mitt"))[2:] == ["message_answered L26-0001", "message_answered L26-0002"]


async def test_a_released_lease_can_be_taken_at_once(world: ChatWorld) -> None:
    first, second = (FollowerLease(world.db, world.clock, "events") for _ in range(2))
    assert await first.take() == ""
    await first.move("17")
    assert await second.take() is None
    await first.release()
    assert await second.take() == "17"


async def test_events_of_kinds_the_chat_does_not_know_are_passed_by(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:mitt")
    for number in range(5):
        world.api.happen("", answered(number + 2))
    world.api.happen(NURSE.staff_id, answered(1))
    following = follower(world, shell)
    while await following.follow_once():
        pass
    assert (await said_in(world, "api:mitt"))[-1] == "message_answered L26-0001"


async def test_an_event_that_cannot_be_told_keeps_no_one_elses_back_for_long(world: ChatWorld) -> None:
    def centre(conversation: Conversation, event: Event, tools: Tools) -> Turn:
        if isinstance(event, MessageEvent) and event.number == "L26-0009":
            raise RuntimeError
        return parrot(conversation, event, tools)

    shell = replace(world, step=centre).shell()
    await say(shell, "skicka", "a", "api:mitt")
    world.api.happen(NURSE.staff_id, answered(9))
    world.api.happen(NURSE.staff_id, answered(1))
    following = follower(world, shell)
    for _ in range(TRIES - 1):
        with pytest.raises(RuntimeError):
            await following.follow_once()
    await follow_all(world, following)
    assert (await said_in(world, "api:mitt"))[2:] == ["message_answered L26-0001"]


async def test_the_worker_does_it_all_until_it_is_stopped(world: ChatWorld) -> None:
    shell = world.shell()
    world.api.down = True
    await say(shell, "skicka", "a", "api:mitt")
    world.api.down = False
    world.clock.advance(timedelta(minutes=10))
    stop = asyncio.Event()
    outbox = Worker(world.db, world.clock, shell.handlers())
    worker = BotWorker(outbox, follower(world, shell), Forgetter(world.store(), world.clock))
    with shell.news.listen("api:mitt") as listening:
        running = asyncio.create_task(worker.run(stop))
        await listening.wait(10)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert await said_in(world, "api:mitt") == ["Lämnar över.", "Väntar.", "Överlämnat L26-0001."]


async def test_an_api_that_is_away_stops_no_worker(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a", "api:mitt")
    world.api.failures = 1
    stop = asyncio.Event()
    outbox = Worker(world.db, world.clock, shell.handlers())
    worker = BotWorker(outbox, follower(world, shell), Forgetter(world.store(), world.clock))
    running = asyncio.create_task(worker.run(stop))
    world.api.happen(NURSE.staff_id, answered(1))
    with shell.news.listen("api:mitt") as listening:
        await listening.wait(10)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert world.api.failures == 0
    assert (await said_in(world, "api:mitt"))[-1] == "message_answered L26-0001"


async def test_old_conversations_are_forgotten_now_and_then(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a", "api:mitt")
    forgetter = Forgetter(world.store(), world.clock)
    assert await forgetter.forget_when_due() == 0
    world.clock.advance(timedelta(hours=25))
    assert await forgetter.forget_when_due() == 1
    assert await world.store().count() == 0
