"""Led by buttons alone, a person who knows her matter comes to the routine's own answer: for every case of every rule."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from bot.acts import Act
from bot.conversation import Action, Phase
from bot.events import ChoicePicked, TextSaid
from bot.phases.asking import question
from bot.phases.desk import Desk, desk, encode
from knowledge.vocabulary import Fact, Provenance, UnitType, Value
from tests.bot.dialogue.world import World, knowledge, profile, tools
from triage.decide import Ask

CASES = Path(__file__).parents[2] / "cases" / "rules.jsonl"
MOST_TAPS = 40


class Case(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    pack: str
    sender: UnitType
    recipient: UnitType
    facts: dict[Fact, Value]
    channel: str

    def truth(self, fact: Fact) -> Value | None:
        return str(self.recipient) if fact is Fact.RECIPIENT_TYPE else self.facts.get(fact)


def cases() -> Iterator[Case]:
    """A refusal is told in the consent step, which has its own dialogues; everything else is asked for or can be changed."""
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = Case.model_validate(json.loads(line))
        if case.facts.get(Fact.CONSENT) != "refused":
            yield case


def started(case: Case) -> World:
    region = knowledge().registry.pack(case.pack).region
    units = [unit for unit in knowledge().directory.units if unit.region == region and unit.type is case.sender]
    world = World(profile(units[0].id, case.pack))
    world.meet(TextSaid("guida mig"))
    return world


def holds(world: World, action: Action, topic: str) -> bool:
    """Whether the button opens the group that the topic is in."""
    groups = knowledge().registry.pack(world.me.pack or "").topic_groups
    return action.name is Act.GROUP and topic in groups[int(action.value)].topics


def tap(world: World, act: Act, value: str, extra: str = "") -> None:
    """The button that does this, behind "Något annat", "Fler" or a group where it is not on the screen."""
    for _ in range(6):
        found = [o.id for o in world.conversation.offered if o.action == Action(act, value, extra)]
        if found:
            world.meet(ChoicePicked(found[0]))
            return
        behind = [
            o.id for o in world.conversation.offered if o.action.name is Act.MORE or holds(world, o.action, extra)
        ]
        assert behind, f"no button for {act} {value} {extra}"
        world.meet(ChoicePicked(behind[0]))


def wrongly_assumed(here: Desk, case: Case) -> Fact | None:
    """The first thing that Lots took for granted and that is not so."""
    for fact, known in here.facts.known.items():
        if known.provenance is Provenance.ASSUMED and case.truth(fact) not in (None, known.value):
            return fact
    return None


def answer(world: World, case: Case, here: Desk) -> bool:
    """One question answered, or one assumption put right; False when there is nothing left to do."""
    asked = question(here)
    if isinstance(asked, Ask):
        truth = case.truth(asked.fact)
        assert truth is not None, f"asked about {asked.fact}"
        tap(world, Act.ANSWER, str(asked.fact), encode(truth))
        return True
    wrong = wrongly_assumed(here, case)
    if wrong is None:
        return False
    world.meet(TextSaid("ändra"))
    tap(world, Act.CHANGE_FACT, str(wrong))
    return True


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases()])
def test_buttons_alone_lead_to_the_routines_answer(case: Case) -> None:
    world = started(case)
    for _ in range(MOST_TAPS):
        here = desk(world.conversation, tools(world.now))
        assert here is not None
        if not answer(world, case, here):
            break
    final = desk(world.conversation, tools(world.now))
    assert final is not None
    assert final.decided is not None
    assert world.conversation.phase is Phase.CARD
    assert final.decided.channel.id == case.channel
