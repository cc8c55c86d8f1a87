"""The laws of a turn: once, in order, one at a time, and nothing forgotten or kept that should not be. On both databases."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, col, select, text, update

from bot.conversation import Phase
from bot.events import ChoicePicked, CommandGiven, CommandName, Event, Incoming, TextSaid
from bot.gateways.records import Written
from bot.gateways.statements import COMMAND
from bot.gateways.store import LostRace
from bot.gateways.tables import ConversationRow
from bot.turn import NotYours, Shell, Taken, TooBusy
from common.errors import DatabaseUnavailable
from common.outbox import OutboxRow, OutboxState, Worker
from tests.support.chat import OTHER, ChatWorld, owner

TALK = "api:samtal"


async def say(shell: Shell, event: Event | str, message_id: str, talk: str = TALK) -> Taken:
    said = TextSaid(event) if isinstance(event, str) else event
    return await shell.take(Incoming(talk, message_id, said), owner())


def words(taken: Taken) -> list[str]:
    return [line.said.text for line in taken.replies]


async def outbox(world: ChatWorld) -> list[OutboxRow]:
    async with world.db.read() as session:
        return list((await session.exec(select(OutboxRow).order_by(col(OutboxRow.id)))).all())


async def run_worker(world: ChatWorld, shell: Shell) -> None:
    await Worker(world.db, world.clock, shell.handlers()).run_once()


# ── once ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_said_is_answered_and_the_state_goes_on(world: ChatWorld) -> None:
    shell = world.shell()
    assert words(await say(shell, "hej", "a")) == ["1: hej"]
    assert words(await say(shell, "igen", "b")) == ["2: igen"]


async def test_the_same_message_twice_gets_the_same_replies_and_acts_once(world: ChatWorld) -> None:
    shell = world.shell()
    first = await say(shell, "hej", "a")
    second = await say(shell, "något annat", "a")
    assert second.repeat
    assert second.lines == first.lines
    assert words(await say(shell, "nästa", "b")) == ["2: nästa"]


async def test_the_same_id_in_another_conversation_is_another_message(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a")
    assert words(await say(shell, "hej", "a", talk="api:annat")) == ["1: hej"]


async def test_two_taps_at_once_act_once(world: ChatWorld) -> None:
    shell = world.shell()
    both = await asyncio.gather(*(say(shell, "skicka", "tap") for _ in range(2)))
    assert words(both[0]) or words(both[1])
    assert len(world.api.messages) == 1
    assert len([row for row in await outbox(world) if row.kind == COMMAND]) == 1


async def test_two_processes_that_get_the_same_tap_act_once(world: ChatWorld) -> None:
    shells = [world.shell() for _ in range(4)]
    await asyncio.gather(*(say(shell, "skicka", "tap") for shell in shells))
    assert len(world.api.messages) == 1


async def test_processes_that_write_at_once_take_turns_and_lose_nothing(world: ChatWorld) -> None:
    shells = [world.shell() for _ in range(3)]
    turns = await asyncio.gather(*(say(shell, f"rad {n}", f"m{n}") for n, shell in enumerate(shells * 2)))
    said = sorted(word for taken in turns for word in words(taken))
    assert [word.split(":")[0] for word in said] == ["1", "2", "3", "4", "5", "6"]
    lines = await world.store().lines(TALK)
    assert [line.number for line in lines] == list(range(1, 13))


async def test_a_lost_race_loads_and_steps_again(world: ChatWorld) -> None:
    store = world.store()
    shell = world.shell()
    await say(shell, "hej", "a")
    opened = await store.open(TALK, "b")
    assert opened.stored is not None
    await say(shell, "under tiden", "c")
    late = Written(opened.stored.conversation, "api", opened.version, "b", "b", ())
    with pytest.raises(LostRace):
        await store.write(late)
    assert words(await say(shell, "sedan", "b")) == ["3: sedan"]


async def test_a_conversation_that_others_keep_writing_says_busy_and_writes_nothing(world: ChatWorld) -> None:
    rival = world.shell()
    rounds = iter(range(100))

    async def interrupted(written: Written) -> object:
        await say(rival, "före", f"rival{next(rounds)}")
        raise LostRace

    shell = world.shell()
    await say(shell, "hej", "a")
    store = world.store()
    shell.store = _Interrupted(store, interrupted)  # type: ignore[assignment]
    with pytest.raises(TooBusy):
        await say(shell, "jag då", "b")
    assert not await store.seen(TALK, "b")


class _Interrupted:
    """A store where someone else always writes first."""

    def __init__(self, store: object, write: object) -> None:
        self._store = store
        self.write = write

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


async def test_there_is_nothing_after_a_number_that_no_line_can_have(world: ChatWorld) -> None:
    await say(world.shell(), "hej", "a")
    assert await world.store().lines(TALK, after=10**30) == ()


# ── order and queries ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_replies_stand_in_the_order_they_were_said_with_the_persons_own_words_first(world: ChatWorld) -> None:
    taken = await say(world.shell(), "sök", "a")
    assert [(line.author, line.said.text) for line in taken.lines] == [
        ("person", "sök"),
        ("lots", "Söker."),
        ("lots", "svar units_found"),
        ("lots", "svar messages_listed"),
    ]


async def test_an_api_that_is_down_answers_queries_with_a_failure_not_with_silence(world: ChatWorld) -> None:
    world.api.down = True
    assert words(await say(world.shell(), "sök", "a")) == ["Söker.", "svar query_failed", "svar query_failed"]


# ── handing over ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_handover_gives_its_receipt_in_the_same_answer(world: ChatWorld) -> None:
    taken = await say(world.shell(), "skicka", "a")
    assert words(taken) == ["Lämnar över.", "Överlämnat L26-0001."]
    assert taken.phase is Phase.DONE


async def test_while_the_api_is_down_the_draft_waits_and_the_person_is_told_once(world: ChatWorld) -> None:
    world.api.down = True
    shell = world.shell()
    taken = await say(shell, "skicka", "a")
    assert words(taken) == ["Lämnar över.", "Väntar."]
    assert taken.phase is Phase.KEPT
    for _ in range(5):
        world.clock.advance(timedelta(minutes=10))
        await run_worker(world, shell)
    assert world.api.tried == 6
    assert [line.said.text for line in await world.store().lines(TALK)][-1] == "Väntar."


async def test_when_the_api_is_back_the_message_is_handed_over_once(world: ChatWorld) -> None:
    world.api.down = True
    shell = world.shell()
    await say(shell, "skicka", "a")
    world.api.down = False
    world.clock.advance(timedelta(minutes=10))
    await asyncio.gather(run_worker(world, shell), run_worker(world, world.shell()))
    await run_worker(world, shell)
    assert len(world.api.messages) == 1
    lines = [line.said.text for line in await world.store().lines(TALK)]
    assert lines == ["Lämnar över.", "Väntar.", "Överlämnat L26-0001."]


async def test_a_refusal_comes_back_with_its_code(world: ChatWorld) -> None:
    world.api.refuse = "consent_required"
    assert words(await say(world.shell(), "skicka", "a")) == ["Lämnar över.", "Nej: consent_required"]


async def test_a_process_killed_after_the_turn_is_written_has_its_handover_taken_over(world: ChatWorld) -> None:
    dying = world.shell()
    store = dying.store
    opened = await store.open(TALK, "a")
    ended = await dying._turn(Incoming(TALK, "a", TextSaid("skicka")), owner(), "a")
    assert ended.jobs
    assert opened.version == 0
    heir = world.shell()
    await run_worker(world, heir)
    assert not world.api.messages, "the lease of the dead process still runs"
    world.clock.advance(timedelta(minutes=2))
    await run_worker(world, heir)
    assert len(world.api.messages) == 1
    assert (await say(heir, "skicka", "a")).repeat


async def test_a_process_killed_after_the_call_tells_the_receipt_once(world: ChatWorld) -> None:
    dying = world.shell()
    ended = await dying._turn(Incoming(TALK, "a", TextSaid("skicka")), owner(), "a")
    order = dying.store.order(ended.jobs[0])
    await world.api.carry_out(order.staff_id, order.command)
    world.clock.advance(timedelta(minutes=2))
    await run_worker(world, world.shell())
    assert len(world.api.messages) == 1
    assert [line.said.text for line in await world.store().lines(TALK)] == ["Lämnar över.", "Överlämnat L26-0001."]


async def test_a_reminder_comes_at_its_time(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "påminn", "a")
    await run_worker(world, shell)
    assert (await world.store().lines(TALK))[-1].said.text == "Påminner."
    world.clock.advance(timedelta(hours=1))
    await run_worker(world, shell)
    assert (await world.store().lines(TALK))[-1].said.text == "Påminnelse L26-0001"


# ── surviving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_restart_in_the_middle_goes_on_where_it_was(world: ChatWorld) -> None:
    await say(world.shell(), "hej", "a")
    assert words(await say(world.shell(), "efter omstart", "b")) == ["2: efter omstart"]


async def test_a_state_of_another_schema_is_said_and_started_over(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a")
    async with world.db.write() as session:
        broken = shell.store._cipher.seal('{"schema": 0}', f"bot_conversation:{TALK}")
        await session.exec(update(ConversationRow).values(sealed=broken))
    lost, went_on = words(await say(shell, "vidare", "b"))
    assert lost == "Förlorat: schema"
    assert went_on.endswith(": vidare")


async def test_a_database_that_is_gone_stops_the_turn_and_loses_nothing(file_world: ChatWorld, tmp_path: Path) -> None:
    shell = file_world.shell()
    await say(shell, "hej", "a")
    file = tmp_path / "lots.sqlite3"
    away = file.rename(file.with_suffix(".away"))
    with pytest.raises(DatabaseUnavailable):
        await say(shell, "hör du?", "b")
    away.rename(file)
    assert words(await say(shell, "hör du?", "b")) == ["2: hör du?"]


# ── whose ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_someone_elses_conversation_is_closed(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a")
    with pytest.raises(NotYours):
        await shell.take(Incoming(TALK, "b", TextSaid("hej")), owner(profile=OTHER))


async def test_a_conversation_of_another_client_is_closed(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "hej", "a")
    with pytest.raises(NotYours):
        await shell.take(Incoming(TALK, "b", TextSaid("hej")), owner("web"))


# ── sealed and forgotten ────────────────────────────────────────────────────────────────────────────────────────────────


async def everything_stored(world: ChatWorld) -> str:
    found: list[str] = []
    async with world.db.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name.startswith("bot_") or table.name == "outbox":
                rows = await session.exec(text(f"SELECT * FROM {table.name}"))  # type: ignore[call-overload]  # noqa: S608
                found += [str(tuple(row)) for row in rows.all()]
    return "\n".join(found)


async def test_nothing_that_was_said_can_be_read_in_the_database(world: ChatWorld) -> None:
    world.api.down = True
    shell = world.shell()
    await say(shell, "kanariefågel", "a")
    await say(shell, "skicka", "b")
    stored = await everything_stored(world)
    assert stored
    for secret in ("kanariefågel", "Hemlig", "191212121212", "Lämnar", "personnummer"):
        assert secret not in stored


async def test_a_handover_forgets_what_was_said_and_what_was_queued(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "kanariefågel", "a")
    await say(shell, "skicka", "b")
    assert [line.said.text for line in await world.store().lines(TALK)] == ["Lämnar över.", "Överlämnat L26-0001."]
    assert [(row.state, row.payload) for row in await outbox(world)] == [(OutboxState.DONE, "")]
    assert (await say(shell, "kanariefågel", "a")).lines == ()


async def test_a_late_handover_leaves_the_matter_that_was_begun_meanwhile(world: ChatWorld) -> None:
    world.api.down = True
    shell = world.shell()
    await say(shell, "skicka", "a")
    await say(shell, "något annat", "b")
    world.api.down = False
    world.clock.advance(timedelta(minutes=10))
    await run_worker(world, shell)
    left = [line.said.text for line in await world.store().lines(TALK)]
    assert left == ["Lämnar över.", "Väntar.", "något annat", "3: något annat", "Överlämnat L26-0001."]


async def test_copied_text_is_gone_when_the_person_says_that_it_is_sent(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "visa text", "a")
    await say(shell, "klistrat", "b")
    left = [line.said.text for line in await world.store().lines(TALK)]
    assert left == ["visa text", "Kopiera:", "klistrat", "Bra.", "command_done"]
    assert world.api.marked == ["m1"]


async def test_what_must_not_be_kept_is_never_written(world: ChatWorld) -> None:
    taken = await say(world.shell(), "radera mig", "a")
    assert [line.author for line in taken.lines] == ["lots"]


async def test_a_day_of_silence_forgets_the_conversation_and_an_unfinished_matter_is_mentioned(
    world: ChatWorld,
) -> None:
    world.api.down = True
    shell = world.shell()
    await say(shell, "skicka", "a")
    await say(shell, "hej", "b", talk="api:utan")
    world.clock.advance(timedelta(hours=23))
    assert await world.store().erase_idle() == 0
    world.clock.advance(timedelta(hours=2))
    assert await world.store().erase_idle() == 2
    assert await world.store().erase_idle() == 0
    assert await world.store().lines(TALK) == ()
    lost, went_on = words(await say(shell, "tillbaka", "c"))
    assert (lost, went_on.partition(": ")[2]) == ("Förlorat: idle", "tillbaka")
    (nothing_lost,) = words(await say(shell, "tillbaka", "c", talk="api:utan"))
    assert nothing_lost.endswith(": tillbaka")


async def test_a_year_of_silence_forgets_that_there_was_a_conversation_and_what_it_followed(world: ChatWorld) -> None:
    shell = world.shell()
    await say(shell, "skicka", "a")
    await run_worker(world, shell)
    await world.store().forget_old_ids()
    world.clock.advance(timedelta(days=401))
    await world.store().erase_idle()
    assert await world.store().owner(TALK) is not None
    for _ in range(2):
        await world.store().forget_old_ids()
    assert await world.store().owner(TALK) is None


async def test_a_handover_that_waits_outlives_the_forgetting(world: ChatWorld) -> None:
    world.api.down = True
    shell = world.shell()
    await say(shell, "skicka", "a")
    world.clock.advance(timedelta(hours=25))
    await world.store().erase_idle()
    world.api.down = False
    await run_worker(world, shell)
    assert len(world.api.messages) == 1
    assert (await world.store().lines(TALK))[-1].said.text == "Överlämnat L26-0001."


@pytest.mark.parametrize(
    ("event", "own"),
    [
        pytest.param(TextSaid("  "), [], id="blank"),
        pytest.param(CommandGiven(CommandName.START), [], id="start"),
        pytest.param(CommandGiven(CommandName.HELP), ["Hjälp"], id="command"),
        pytest.param(ChoicePicked("9.9"), [], id="old button"),
        pytest.param(TextSaid("gäller 19121212-1212 nu"), ["gäller ••••••••-•••• nu"], id="number"),
        pytest.param(TextSaid("order 123456"), ["order 123456"], id="no number"),
    ],
)
async def test_the_persons_own_line_is_what_she_would_recognise(world: ChatWorld, event: Event, own: list[str]) -> None:
    taken = await say(world.shell(), event, "a")
    assert [line.said.text for line in taken.lines if line.author == "person"] == own
