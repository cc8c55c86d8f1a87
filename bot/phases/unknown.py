"""When a person does not know: the way that is right whatever it is, or else what it turns on and whom to ask. Guesses nothing."""

from dataclasses import replace
from typing import Final

from bot.conversation import Conversation
from bot.findings import QueryFailed, UnitCard, UnitsFound
from bot.phases import phones
from bot.phases.desk import Desk, channel_label, fact_label, named_recipient, value_label, with_matter
from bot.phases.screens import joined, reply, t
from bot.replies import Reply, Text, Tone
from bot.requests import FindUnits
from bot.tools import Tools, Turn
from knowledge.vocabulary import Fact, UnitType
from triage.decide import Ask, Decided
from triage.unknown import outcomes

KNOWABLE: Final = frozenset(Fact) - {Fact.URGENCY, Fact.TOPIC, Fact.RECIPIENT_TYPE}
"""What one may have to ask somebody else about. How urgent it is, what it is about and who is to have it is hers to say."""
SHOWN_UNITS: Final = 3


def not_known(conversation: Conversation, fact: Fact) -> Conversation:
    """She does not know: nothing is assumed of it, and what was answered before is taken back."""
    matter = conversation.matter
    if matter is None:
        return conversation
    answers = {each: value for each, value in matter.answers.items() if each is not fact}
    unknown = tuple(dict.fromkeys((*matter.unknown, fact)))
    return with_matter(conversation, answers=answers, unknown=unknown, asked=None, page=0, searched=None, found=())


def is_stuck(here: Desk, asked: Ask) -> bool:
    """The way turns on what she does not know, and nothing else can settle it."""
    return asked.fact in here.matter.unknown and here.matter.asked is None


def look_up(conversation: Conversation, here: Desk, asked: Ask) -> Turn | None:
    """Ask the directory whom she can ring. None: nobody to look for."""
    whom = _whom(here, asked.fact)
    if whom is None:
        return None
    query = named_recipient(here) if whom is here.recipient else ""
    return Turn(conversation, queries=(FindUnits(query, here.pack.region, whom, SHOWN_UNITS),))


def found(conversation: Conversation, result: UnitsFound | QueryFailed) -> Conversation:
    units: tuple[UnitCard, ...] = result.units if isinstance(result, UnitsFound) else ()
    own = conversation.profile.unit_id if conversation.profile else ""
    others = tuple(unit for unit in units if unit.id != own)
    return with_matter(conversation, found=others[:SHOWN_UNITS], searched="")


def _whom(here: Desk, fact: Fact) -> UnitType | None:
    """Who knows: home care about who is enrolled there, else the recipient."""
    if fact is Fact.HOME_CARE_ENROLLED and here.profile.unit_type is not UnitType.MUNICIPAL_HEALTH:
        return UnitType.MUNICIPAL_HEALTH
    return here.recipient


def screen(here: Desk, asked: Ask, tools: Tools) -> Reply:
    """What the way turns on, where each answer leads, how to find out, and that the matter is kept."""
    lines = [t("chat.unknown.turns_on", question=t(f"question.{asked.fact}")), *_outcomes(here, asked)]
    lines.append(t(f"chat.unknown.how.{asked.fact}"))
    units = here.matter.units or here.matter.found
    lines += [*phones.number_lines(units, tools), t("chat.unknown.kept")]
    return replace(reply(*lines, tone=Tone.CARD), links=phones.links(units, tools))


def _outcomes(here: Desk, asked: Ask) -> tuple[Text, ...]:
    said = (
        (value, decision.channel)
        for value, decision in outcomes(here.pack, here.profile.unit_type, here.recipient, asked)
        if isinstance(decision, Decided)
    )
    return tuple(
        t("chat.unknown.then", value=value_label(here.pack, asked.fact, value), channel=channel_label(channel))
        for value, channel in said
    )


def same_whatever(here: Desk) -> tuple[Text, ...]:
    """On the card: the way is the same whatever it is with what she does not know."""
    facts = [fact_label(fact) for fact in here.matter.unknown if fact not in here.facts]
    return (t("chat.unknown.same", facts=joined(facts)),) if facts else ()
