"""The state of a conversation: it survives its JSON form, and an older form is refused rather than misread."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from bot.acts import Act
from bot.conversation import Action, Conversation, Matter, Offered, Phase, StaleConversationError, from_json, to_json
from bot.events import Event, HandedOver, OutageChanged, Receipt, TextSaid
from bot.replies import Moment, Text
from bot.requests import Command, ConsentRecord, HandOver, MessageBody
from knowledge.vocabulary import Fact

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_conversation_survives_its_json_form_with_kinds_of_values_kept() -> None:
    label = Text("a.b", {"n": 1, "s": "1", "t": Text("c"), "at": Moment(NOW)})
    matter = Matter(
        "m",
        answers={Fact.ATTACHMENT: True, Fact.TOPIC: "information"},
        consent=ConsentRecord("given", "oral", "x", NOW),
    )
    offered = (Offered("1.1", Action(Act.ANSWER, "topic", "information"), label),)
    conversation = Conversation("c", "s", phase=Phase.ASKING, matter=matter, offered=offered, pending=TextSaid("hej"))
    assert from_json(to_json(conversation)) == conversation


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"schema": 0}, id="older"),
        pytest.param({"schema": 99}, id="newer"),
        pytest.param({"phase": "gone"}, id="a phase that is no more"),
        pytest.param({"turn": "x"}, id="another shape"),
    ],
)
def test_a_state_of_another_schema_is_refused(change: dict[str, object]) -> None:
    stored = {**json.loads(to_json(Conversation("c", "s"))), **change}
    with pytest.raises(StaleConversationError):
        from_json(json.dumps(stored))


def test_broken_json_is_refused_without_telling_its_content() -> None:
    with pytest.raises(StaleConversationError) as refused:
        from_json('{"id": "c", "matter": "hemligt"')
    assert "hemligt" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "event",
    [
        HandedOver("k", Receipt("m", "L-1", "received", "built_in", NOW)),
        OutageChanged("Lifecare SP", down=True),
        TextSaid("hej"),
    ],
    ids=lambda event: event.type,
)
def test_events_are_told_apart_by_their_type(event: Event) -> None:
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    assert adapter.validate_json(adapter.dump_json(event)) == event


def test_commands_survive_their_json_form() -> None:
    body = MessageBody("mvo", "vgr-skaraborg", "a", ("b",), "Ämne", (), ConsentRecord("given"))
    adapter: TypeAdapter[Command] = TypeAdapter(Command)
    assert adapter.validate_json(adapter.dump_json(HandOver(body, "k"))) == HandOver(body, "k")
