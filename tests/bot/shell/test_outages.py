"""What people are told of outages, in their conversations: each thing once, by one process at a time, and a drill turns nothing."""

from bot.events import Incoming, OutageChanged, OutageNotice, TextSaid
from bot.gateways.lease import FollowerLease
from bot.outages import OutageFollower, OutageNews, OutagePage
from tests.support.chat import NURSE, OTHER, ChatWorld, owner


class Told:
    """The message API's news of outages, in memory."""

    def __init__(self, *news: OutageNews) -> None:
        self.news = news

    async def outage_news(self, after: str) -> OutagePage:
        place = int(after.partition(".")[2] or 0)
        page = tuple(self.news[place : place + 2])
        return OutagePage(page, f"0.{place + len(page)}")


def follower(world: ChatWorld, told: Told) -> OutageFollower:
    return OutageFollower(world.shell(), told, FollowerLease(world.db, world.clock, "outages"))


async def follow_all(one: OutageFollower) -> None:
    while await one.follow_once():
        pass


async def lines(world: ChatWorld, conversation: str) -> int:
    return len([line for line in await world.store().lines(conversation) if line.author == "lots"])


def began(number: int, staff: str, *, exercise: bool = False) -> OutageNews:
    return OutageNews(f"0.{number}", staff, OutageNotice("began", "Lifecare SP", exercise))


async def test_each_person_is_told_once_however_often_it_is_read(world: ChatWorld) -> None:
    await world.shell().take(Incoming("api:ett", "a", TextSaid("hej")), owner())
    before = await lines(world, "api:ett")
    told = Told(began(1, NURSE.staff_id), began(2, OTHER.staff_id), began(3, "nobody-chats"))
    await follow_all(follower(world, told))
    once = await lines(world, "api:ett")
    assert once >= before
    again = OutageFollower(world.shell(), told, FollowerLease(world.db, world.clock, "another-reader"))
    await follow_all(again)
    assert await lines(world, "api:ett") == once
    assert await world.store().seen("api:ett", "outage:0.1")


def test_a_drill_turns_no_real_matter() -> None:
    assert began(1, "x").event() == OutageChanged("Lifecare SP", down=True)
    assert not isinstance(began(1, "x", exercise=True).event(), OutageChanged)
