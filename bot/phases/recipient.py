"""Who the message goes to: found by name, one or several as the pack says, and no unit that cannot receive it."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.findings import QueryFailed, UnitCard, UnitsFound
from bot.phases.desk import Desk, channel_label, desk, named_recipient, towards, unit_type_label, with_matter
from bot.phases.results import Again, Decide, Onward, Result
from bot.phases.screens import Option, offer, reply, t
from bot.phases.typed import is_empty_word
from bot.replies import Text
from bot.requests import FindUnits
from bot.tools import Tools, Turn
from knowledge.pack import Channel
from knowledge.vocabulary import Fact, Provenance, UnitType, Value
from triage.choices import plain, resembles
from triage.decide import Decided, decide

SHOWN: Final = 6
PLACE: Final = 5
"""Letters in a single word that may be a unit's place or what it is called in daily speech."""


def enter(conversation: Conversation, tools: Tools) -> Turn:
    """Look up likely units of the right type, then ask."""
    here = desk(conversation, tools)
    if here is None:
        return show(conversation, tools)
    at_step = replace(conversation, phase=Phase.RECIPIENT)
    if here.matter.units:
        return show(at_step, tools)
    return Turn(at_step, queries=(FindUnits(named_recipient(here), here.pack.region, _likely_type(here), SHOWN),))


def _likely_type(here: Desk) -> UnitType | None:
    """The kind of unit it is for, or the likeliest where the routine's answer is the same for all."""
    likely = here.pack.likely_recipients.get(here.profile.unit_type, ())
    return here.recipient or (likely[0] if likely else None)


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.recipient.ask_name"))])
    chosen, found = here.matter.units, here.matter.found
    several = here.decided.channel.recipients == "several"
    lines: list[Text] = []
    options: list[Option] = []
    if chosen:
        lines += [t("chat.recipient.chosen", name=unit.name) for unit in chosen]
        lines.append(t("chat.recipient.more" if several else "chat.recipient.ready"))
        options.append(Option(Act.UNIT_READY, t("chat.choice.recipients_ready"), words="chat.words.next"))
    else:
        ask = "chat.recipient.ask_several" if several else "chat.recipient.ask"
        lines.append(t(ask if found else "chat.recipient.ask_name"))
        if not found and here.matter.searched is not None:
            lines += [t("chat.recipient.none_found", query=here.matter.searched)] if here.matter.searched else []
    if several or not chosen:
        taken = {unit.id for unit in chosen}
        options += [
            Option(Act.UNIT, t("chat.literal", text=unit.name), unit.id) for unit in found if unit.id not in taken
        ]
    if chosen:
        options.append(Option(Act.UNIT_MORE, t("chat.choice.other_unit"), words="chat.words.change"))
    return offer(conversation, [reply(*lines)], options)


def units_found(conversation: Conversation, result: UnitsFound | QueryFailed, tools: Tools) -> Result:
    """What the search gave. A name that fits one unit alone is taken; the preview shows it before anything leaves."""
    if isinstance(result, QueryFailed):
        return Again(conversation, (t("chat.recipient.unreachable"),))
    here = desk(conversation, tools)
    if not result.units and result.query and here is not None and here.matter.searched is None:
        again = with_matter(conversation, searched=result.query)
        return Turn(again, queries=(FindUnits("", here.pack.region, _likely_type(here), SHOWN),))
    own = conversation.profile.unit_id if conversation.profile else ""
    found = tuple(unit for unit in result.units if unit.id != own)
    shown = with_matter(conversation, found=found, searched=result.query)
    here = desk(shown, tools)
    a_place = len(result.query.split()) == 1 and len(result.query) >= PLACE
    named = len(found) == 1 and (a_place or resembles(result.query, found[0].name))
    if named and here is not None and here.decided is not None:
        return choose(shown, here, here.decided, found[0])
    return show(shown, tools)


def search(conversation: Conversation, text: str, tools: Tools) -> Result:
    """Typed words: a unit on the screen by part of its name, else the whole directory."""
    here = desk(conversation, tools)
    if is_empty_word(text, tools.knowledge.texts):
        return Again(conversation, (t("chat.input.pick_one"),))
    if here is not None and here.decided is not None:
        words = set(plain(text).split())
        fitting = [unit for unit in here.matter.found if words <= set(plain(unit.name).split())]
        if len(fitting) == 1:
            return choose(conversation, here, here.decided, fitting[0])
    region = conversation.profile.region if conversation.profile else None
    return Turn(conversation, queries=(FindUnits(" ".join(text.split())[:120], region, None, SHOWN),))


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return Again(conversation)
    if action.name is Act.UNIT_READY:
        return Onward(with_matter(conversation, units_ready=True))
    if action.name is Act.UNIT_MORE:
        return enter(with_matter(conversation, units=(), units_ready=False, found=(), searched=None), tools)
    unit = next((unit for unit in here.matter.found if unit.id == action.value), None)
    return Again(conversation) if unit is None else choose(conversation, here, here.decided, unit)


def choose(conversation: Conversation, here: Desk, decided: Decided, unit: UnitCard) -> Result:
    """The unit joins, unless it cannot receive this; where it changes the routine's answer, the new answer is shown."""
    channel, first = decided.channel, not here.matter.units
    other = _with_recipient(here, unit)
    same = isinstance(other, Decided) and other.channel.id == channel.id
    if unit.has_access and not same and first:
        ready = isinstance(other, Decided) and other.channel.recipients == "one" and _receives(unit, other.channel)
        moved = with_matter(conversation, units=(unit,), units_ready=ready, answers=_answers(here, unit), searched=None)
        return Decide(moved, (_why_otherwise(here, unit),))
    if not unit.has_access and first:
        without = with_matter(
            conversation,
            units=(unit,),
            units_ready=False,
            answers={**_answers(here, unit), Fact.RECIPIENT_HAS_ACCESS: False},
        )
        return Decide(without, (t("chat.recipient.no_access", name=unit.name),))
    if not unit.has_access:
        return Again(conversation, (t("chat.recipient.no_access", name=unit.name),))
    if not same or not _receives(unit, channel):
        return Again(conversation, (t("chat.recipient.cannot", name=unit.name, channel=channel_label(channel)),))
    several = channel.recipients == "several"
    units = (*here.matter.units, unit) if several else (unit,)
    chosen = with_matter(
        conversation,
        units=units,
        units_ready=not several,
        answers=_answers(here, unit) if first else here.matter.answers,
    )
    if several:
        return Again(chosen)
    return Onward(chosen, (t("chat.recipient.chosen", name=unit.name),))


def _why_otherwise(here: Desk, unit: UnitCard) -> Text:
    """Why the way is another one towards this unit."""
    if unit.takes_renewals_by_care_request and unit.unit_type is here.recipient:
        return t("chat.recipient.takes_renewals", name=unit.name)
    return t("chat.recipient.changes", name=unit.name, unit_type=unit_type_label(here.pack, unit.unit_type))


def agreed_otherwise(here: Desk, decided: Decided, unit: UnitCard) -> Channel | None:
    """The other way that the unit has agreed to for this, if any."""
    if not unit.takes_renewals_by_care_request or not unit.has_access or here.matter.units:
        return None
    other = _with_recipient(here, unit)
    return other.channel if isinstance(other, Decided) and other.channel.id != decided.channel.id else None


def _answers(here: Desk, unit: UnitCard) -> dict[Fact, Value]:
    answers: dict[Fact, Value] = {
        fact: value for fact, value in here.matter.answers.items() if fact is not Fact.RECIPIENT_HAS_ACCESS
    }
    return {**answers, Fact.RECIPIENT_TYPE: str(unit.unit_type)}


def _receives(unit: UnitCard, channel: Channel) -> bool:
    return not unit.receives or channel.id in unit.receives


def _with_recipient(here: Desk, unit: UnitCard) -> object:
    """What the routine says with this unit as the recipient, all else as it is."""
    derived = (Fact.RECIPIENT_TYPE, Fact.DIRECTION)
    dropped = [f for f, k in here.facts.known.items() if k.provenance is Provenance.ASSUMED or f in derived]
    pack = towards(here.routine, (unit,))
    return decide(pack, here.profile.unit_type, unit.unit_type, here.facts.without(dropped))
