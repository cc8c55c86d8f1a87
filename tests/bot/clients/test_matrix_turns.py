"""What Matrix brings besides the contract: rooms, invitations, choices by number, lost answers, what may not stay, and who is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import time, timedelta

import pytest

from bot.clients.enrolments import Enrolled
from bot.clients.matrix.homeserver import Away, Invited, Refused, Said
from bot.clients.matrix.words import SIGNS, number_of
from bot.events import Incoming, MessageEvent, MessageHappening
from bot.render import RenderedChoice
from common.database import Database
from tests.bot.clients.matrix_driver import ME, ROOM, MatrixDriver
from tests.bot.clients.test_contract import Stage
from tests.bot.dialogue.script import FOLDER, load
from tests.support.matrix.memory import BOT, Message

OTHER = "@kollega:lots.test"


@pytest.fixture
async def stage(sqlite_db: Database) -> AsyncIterator[Stage]:
    stage = Stage(sqlite_db, load(FOLDER / "halland_inkorg_och_svar.yaml"), "matrix")
    yield stage
    await stage.driver.close()


@pytest.fixture
def driver(stage: Stage) -> MatrixDriver:
    assert isinstance(stage.driver, MatrixDriver)
    return stage.driver


def cards(driver: MatrixDriver) -> list[Message]:
    return [message for message in driver.room.screen if message.sender == BOT and message.signs]


def last(driver: MatrixDriver) -> str:
    return next(message.plain for message in reversed(driver.room.screen) if message.sender == BOT)


# ── rooms ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_invitation_is_taken_and_the_conversation_begins(driver: MatrixDriver) -> None:
    said = await driver.open()
    assert "Jag är Lots" in said[0].text
    assert BOT in driver.room.members


async def test_an_invitation_from_a_server_that_is_not_allowed_is_declined(driver: MatrixDriver) -> None:
    driver.server.invites("@nagon:lots.test.annan.example")
    await driver.come()
    assert driver.server.left == [ROOM]
    assert driver.room.screen == []


async def test_what_comes_from_a_server_that_is_not_allowed_is_not_answered(driver: MatrixDriver) -> None:
    await driver.open()
    driver.server.says(driver.room, "@nagon:annan.example", "hjälp")
    assert await driver.come() == []


async def test_a_room_for_more_than_two_is_left_with_a_word(driver: MatrixDriver) -> None:
    await driver.open()
    driver.server.comes(OTHER, ROOM)
    said = await driver.come()
    assert "en person i taget" in said[0].text
    assert driver.server.left == [ROOM]


async def test_a_room_that_everyone_has_left_is_left(driver: MatrixDriver) -> None:
    await driver.open()
    driver.server.goes(ME, ROOM)
    await driver.come()
    assert driver.server.left == [ROOM]


async def test_an_open_room_is_made_encrypted_and_what_came_in_the_clear_is_not_read(driver: MatrixDriver) -> None:
    driver.server.invites(ME, ROOM).encrypted = False
    await driver.come()
    assert driver.room.encrypted
    event_id = driver.server.says(driver.room, ME, "hjälp", clear=True)
    said = await driver.come()
    assert "kom okrypterat" in said[0].text
    assert event_id not in driver.room.messages


async def test_a_room_that_must_stay_open_is_left_with_the_reason(driver: MatrixDriver) -> None:
    room = driver.server.invites(ME, ROOM)
    room.encrypted = room.may_encrypt = False
    said = await driver.come()
    assert [one.text for one in said] == [last(driver)]
    assert "inte krypterat" in said[0].text
    assert driver.server.left == [ROOM]


# ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("shown", "number"), [("1️⃣", 1), ("2\u20e3", 2), ("🔟", 10), (" 3. ", 3), ("12", 12)])
def test_a_number_is_read_however_it_is_written(shown: str, number: int) -> None:
    assert number_of(shown) == number


@pytest.mark.parametrize("shown", ["", "👍", "ett", "191212121212", "1a", "²"])
def test_anything_else_is_no_number(shown: str) -> None:
    assert number_of(shown) is None


async def test_a_number_that_is_typed_picks_as_the_reaction_does(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[0]
    picked = await driver.pick(choice)
    await driver.command("restart")
    typed = await driver.say("1")
    assert [one.text for one in typed] == [one.text for one in picked]


async def test_a_picked_card_becomes_the_answer_and_the_pick_is_taken_away(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[1]
    before = len(driver.room.screen)
    assert [one.label for one in (await driver.pick(choice))[-1].choices] == ["Tillbaka"]
    assert len(driver.room.screen) == before
    card = cards(driver)[-1]
    assert card.edited == 1
    assert [(who, what) for _, who, what in card.signs] == [(BOT, SIGNS[0])], (
        "her pick and the surplus numbers are gone"
    )


async def test_where_the_pick_cannot_be_taken_away_the_answer_is_a_message_of_its_own(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[1]
    driver.room.may_redact = False
    before = len(driver.room.screen)
    await driver.pick(choice)
    assert len(driver.room.screen) == before + 1


async def test_a_pick_on_its_way_while_the_card_changes_is_of_what_was_seen(driver: MatrixDriver) -> None:
    first = await driver.open()
    card = first[-1].choices[0].id.partition("|")[0]
    driver.server.reacts(driver.room, ME, card, SIGNS[1])
    driver.server.reacts(driver.room, ME, card, SIGNS[0])
    assert await driver.come(), "a late pick is answered"
    assert await _picked(driver) == ["Mina meddelanden"], "the second was of a choice that was no longer there"


async def test_a_pick_after_the_card_has_changed_is_of_what_it_shows_now(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[1]
    changed = await driver.pick(choice)
    await driver.pick(changed[-1].choices[0])
    assert await _picked(driver) == ["Mina meddelanden", "Tillbaka"]


async def test_an_edit_that_is_heard_before_its_own_answer_is_what_is_picked_from(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[1]
    driver.server.heard_at_once = driver.session.post.came_back
    driver.server.reacts(driver.room, ME, choice.id.partition("|")[0], SIGNS[1])
    assert await driver.session.listen_once(asyncio.Event(), 0)
    await driver.server.listen("", 0)
    await driver.pick(choice_of(driver, "Tillbaka"))
    assert await _picked(driver) == ["Mina meddelanden", "Tillbaka"]


def choice_of(driver: MatrixDriver, label: str) -> RenderedChoice:
    card = next(message for message in driver.room.screen if label in message.plain)
    line = next(line for line in card.plain.split("\n") if label in line)
    return RenderedChoice(f"{card.event_id}|{number_of(line.split(' ')[0])}", label)


async def _picked(driver: MatrixDriver) -> list[str]:
    lines = await driver.shell.store.lines(driver.conversation_id)
    return [line.said.text for line in lines if line.author == "person"]


async def test_a_number_on_what_is_no_card_is_answered_kindly(driver: MatrixDriver) -> None:
    await driver.open()
    event_id = driver.server.says(driver.room, ME, "hjälp")
    await driver.come()
    driver.server.reacts(driver.room, ME, event_id, SIGNS[0])
    assert "hör inte till" in (await driver.come())[0].text


async def test_another_sign_is_just_a_sign(driver: MatrixDriver) -> None:
    choice = (await driver.open())[-1].choices[0]
    driver.server.reacts(driver.room, ME, choice.id.partition("|")[0], "👍")
    assert await driver.come() == []


async def test_after_being_asked_to_wait_words_come_without_numbers_for_a_while(
    stage: Stage, driver: MatrixDriver
) -> None:
    driver.server.sign_faults = [Away("M_LIMIT_EXCEEDED", 5.0)]
    driver.server.invites(ME, ROOM)
    for text, signed in (("hjälp", False), ("hjälp", False), ("mina meddelanden", True)):
        if signed:
            stage.clock.advance(timedelta(minutes=5))
        driver.server.says(driver.room, ME, text)
        while driver.server.pending:
            assert await driver.session.listen_once(asyncio.Event(), 0)
        await driver.session.post.settled()
        assert bool(driver.room.screen[-1].signs) is signed
    assert len([message for message in driver.room.screen if message.sender == BOT]) == 4


# ── once ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_heard_again_after_a_restart_is_not_answered_again(driver: MatrixDriver) -> None:
    await driver.open()
    driver.server.says(driver.room, ME, "hjälp")
    heard = await driver.server.listen("", 0)
    driver.server.hand_in_again(heard.happened)
    await driver.come()
    shown = [message.plain for message in driver.room.screen]
    driver.session = driver.matrix.session(driver.server)
    driver.server.hand_in_again(heard.happened)
    await driver.come()
    assert [message.plain for message in driver.room.screen] == shown


async def test_an_answer_whose_send_was_lost_on_the_way_back_stands_there_once(
    stage: Stage, driver: MatrixDriver
) -> None:
    await driver.open()
    driver.server.lost = 1
    driver.server.says(driver.room, ME, "hjälp")
    assert await driver.session.listen_once(asyncio.Event(), 0)
    shown = [message.event_id for message in driver.room.screen]
    stage.clock.advance(timedelta(minutes=1))
    assert await driver.session.sweep() == 1
    await driver.session.post.settled()
    assert [message.event_id for message in driver.room.screen] == shown
    assert driver.room.screen[-1].signs, "the numbers come when it stands for certain"


async def test_while_the_homeserver_is_away_what_was_said_waits_and_comes_in_order(
    stage: Stage, driver: MatrixDriver
) -> None:
    await driver.open()
    driver.server.faults = [Away("down"), Away("down")]
    assert await driver.say("hjälp") == []
    assert await driver.say("mina meddelanden") == []
    stage.clock.advance(timedelta(minutes=1))
    said = await driver.news()
    lines = await driver.shell.store.lines(driver.conversation_id)
    told = [line.said.text.split("\n")[0] for line in lines if line.author == "lots"]
    assert [one.text.split("\n")[0] for one in said] == told[-len(said) :]


async def test_a_room_we_may_not_write_in_is_left_alone_until_the_person_writes(
    stage: Stage, driver: MatrixDriver
) -> None:
    await driver.open()
    driver.server.faults = [Refused("M_FORBIDDEN")]
    assert await driver.say("hjälp") == []
    stage.clock.advance(timedelta(hours=1))
    assert await driver.news() == []
    assert len(await driver.say("mina meddelanden")) == 2


# ── what may not stay ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_is_taken_away_and_text_asked_for(driver: MatrixDriver) -> None:
    await driver.open()
    event_id = driver.server.shows(driver.room, ME)
    assert "läser bara text" in (await driver.come())[0].text
    assert event_id not in driver.room.messages


async def test_a_number_on_an_untrusted_client_is_taken_away_or_asked_to_be(sqlite_db: Database) -> None:
    untrusted = load(FOLDER / "halland_inkorg_och_svar.yaml").model_copy(update={"trusted": False})
    driver = Stage(sqlite_db, untrusted, "matrix").driver
    assert isinstance(driver, MatrixDriver)
    await driver.open()
    event_id = driver.server.says(driver.room, ME, "Det gäller 19121212-1212")
    await driver.come()
    assert event_id not in driver.room.messages
    driver.room.may_redact = False
    event_id = driver.server.says(driver.room, ME, "Jag menar 19121212-1212")
    await driver.come()
    assert event_id in driver.room.messages
    assert "Ta bort det själv" in last(driver)
    await driver.close()


async def test_what_cannot_be_decrypted_is_answered_once_for_its_key(driver: MatrixDriver) -> None:
    await driver.open()
    for session in ("k1", "k1", "k2"):
        driver.server.says_with_a_lost_key(driver.room, ME, session)
    said = await driver.come()
    assert ["nyckeln till det kom inte fram" in one.text for one in said] == [True, True]


# ── who ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_unknown_may_ask_about_the_routine_and_nothing_else(driver: MatrixDriver) -> None:
    driver.enrolments.staff_id = None
    said = await driver.open()
    assert "förrän jag vet vem du är" in said[0].text
    said = await driver.say("Region Halland")
    assert "Vad undrar du om rutinen?" in said[0].text
    event_id = driver.server.says(driver.room, ME, "Det gäller 19121212-1212")
    assert "Stopp!" in (await driver.come())[0].text
    assert event_id not in driver.room.messages


async def test_one_whose_account_was_revoked_is_told_nothing_more(stage: Stage, driver: MatrixDriver) -> None:
    await driver.open()
    driver.enrolments.staff_id = None
    await _news(stage, driver)
    assert await driver.news() == []


async def test_news_wait_for_the_end_of_quiet_hours(stage: Stage, driver: MatrixDriver) -> None:
    await driver.open()
    night = Enrolled(staff_id=driver.owner.staff_id, quiet_from=time(9), quiet_to=time(12))
    driver.enrolments.enrolled = night
    await _news(stage, driver)
    assert await driver.news() == []
    stage.clock.advance(timedelta(hours=3))
    assert len(await driver.news()) == 1


async def _news(stage: Stage, driver: MatrixDriver) -> None:
    happened = MessageEvent(MessageHappening.ACKNOWLEDGED, "m1", "L-2026-000001", "Nissastrand", stage.clock.now())
    await stage.shell.tell(Incoming(driver.conversation_id, "event:1", happened), driver.owner)


# ── while it takes long; while others hold it ───────────────────────────────────────────────────────────────────────────


async def test_only_the_one_that_holds_the_lease_listens(driver: MatrixDriver) -> None:
    await driver.open()
    other = driver._make().session(driver.server)
    assert not await other.listen_once(asyncio.Event(), 0)
    await driver.matrix.lease.release()
    assert await other.listen_once(asyncio.Event(), 0)


async def test_what_was_not_acted_on_when_lots_was_told_to_stop_is_heard_again(driver: MatrixDriver) -> None:
    await driver.open()
    before = await driver.matrix.lease.take()
    driver.server.says(driver.room, ME, "hjälp")
    stop = asyncio.Event()
    stop.set()
    assert not await driver.session.listen_once(stop, 0)
    assert await driver.matrix.lease.take() == before


def test_words_of_people_and_rooms_are_not_in_what_may_be_logged() -> None:
    shown = repr((Said(ROOM, "$x", ME, "hemligt"), Invited(ROOM, ME)))
    assert ME not in shown
    assert "hemligt" not in shown


async def test_while_an_answer_takes_long_lots_is_seen_writing(driver: MatrixDriver) -> None:
    await driver.open()
    assert driver.room.typing == [], "what is quick shows nothing"
    driver.session.client._typing_seconds = 0
    await driver.say("hjälp")
    assert driver.room.typing == [True, False]
