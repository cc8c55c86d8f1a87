"""Handing over from a conversation: what the preview showed, once, and nothing kept; a server that is away loses nothing."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation import Phase, to_json
from bot.dialogue import step
from bot.events import (
    ApiUnreachable,
    ChoicePicked,
    CommandFailed,
    DraftCreated,
    HandedOver,
    HandOverFailed,
    Receipt,
    TextSaid,
)
from bot.requests import HandOver
from tests.bot.dialogue.ways import CARD, NUMBER, PREVIEW, chat, text_of
from tests.bot.dialogue.world import tools

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_nothing_of_the_content_is_kept_after_handover() -> None:
    world = chat(*PREVIEW, "lämna över")
    kept = to_json(world.conversation)
    assert world.conversation.handed[0].number == "L-1"
    for secret in ("Blodtrycket", "170/95", NUMBER, "Tolvan"):
        assert secret not in kept


def test_what_is_handed_over_is_what_the_preview_showed() -> None:
    world = chat(*PREVIEW[:-1])
    preview = text_of(world.meet(TextSaid(PREVIEW[-1])))
    world.meet(TextSaid("lämna över"))
    (order,) = [command for command in world.commands if isinstance(command, HandOver)]
    for section in order.body.sections:
        assert f"{section.heading}\n{section.text}" in preview
    assert order.body.consent.state == "given"
    assert order.body.person is not None
    assert (order.body.person.id, order.body.person.name) == (NUMBER, "Tolvan")
    assert order.body.recipient_units == ("halland-vc-ekliden",)


def test_two_taps_hand_over_once() -> None:
    world = chat(*PREVIEW)
    send = next(o.id for o in world.conversation.offered if o.action.name == "send")
    world.meet(ChoicePicked(send))
    shown = world.meet(ChoicePicked(send))
    assert sum(isinstance(command, HandOver) for command in world.commands) == 1
    assert "redan gjort" in text_of(shown)


def test_the_same_receipt_told_twice_is_shown_once() -> None:
    world = chat(*PREVIEW, "lämna över")
    handed = world.conversation.handed[0]
    receipt = Receipt(handed.message_id, handed.number, "received", handed.delivery, handed.due_at)
    assert world.meet(HandedOver("id-unknown", receipt)) == []


def test_a_new_matter_can_go_on_while_another_waits_for_the_server() -> None:
    world = chat(*PREVIEW)
    world.api_down = True
    assert "sparat" in text_of(world.meet(TextSaid("lämna över")))
    for said in CARD:
        world.meet(TextSaid(said))
    assert world.conversation.phase is Phase.CARD
    assert "Klart, L-1" in text_of(world.api_comes_back())
    assert world.conversation.phase is Phase.CARD
    assert world.conversation.outgoing == ()


def test_a_refused_handover_waits_until_the_matter_in_hand_is_done() -> None:
    world = chat(*PREVIEW)
    world.api_down = True
    world.meet(TextSaid("lämna över"))
    key = world.conversation.outgoing[0].id
    for said in CARD:
        world.meet(TextSaid(said))
    assert "Meddelandet är kvar" in text_of(world.meet(HandOverFailed(key, "person_id_invalid")))
    world.meet(TextSaid("avbryt"))
    assert "Vem gäller det?" in text_of(world.meet(TextSaid("tillbaka till meddelandet")))
    world.meet(TextSaid(NUMBER))
    assert world.conversation.matter is not None
    assert world.conversation.matter.id != key


def test_a_draft_that_cannot_reach_the_secure_page_is_kept() -> None:
    world = chat(*CARD, "skriv utkast", trusted=False)
    made = step(world.conversation, TextSaid("Ekliden"), tools(NOW, trusted=False)).conversation
    (draft,) = made.outgoing
    told = step(made, ApiUnreachable(draft.id), tools(NOW, trusted=False))
    assert told.replies
    assert told.conversation.outgoing == (draft,)
    failed = step(made, CommandFailed("create_draft", "validation_error"), tools(NOW, "m-2", trusted=False))
    assert failed.conversation.phase is Phase.CARD
    assert failed.conversation.matter == replace(draft, id="m-2")


def test_a_draft_made_late_does_not_touch_the_matter_in_hand() -> None:
    world = chat(*CARD, "skriv utkast", trusted=False)
    made = step(world.conversation, TextSaid("Ekliden"), tools(NOW, trusted=False)).conversation
    world.conversation = made
    for said in CARD:
        world.meet(TextSaid(said))
    in_hand = world.conversation.matter
    turn = step(world.conversation, DraftCreated("d-1", "/drafts/d-1"), tools(NOW, trusted=False))
    assert turn.replies[-1].links
    assert turn.conversation.matter == in_hand
    assert turn.conversation.outgoing == ()
