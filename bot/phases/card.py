"""The card: which channel, why, what to mind, what was taken for granted, and the next step. Shows a decision; makes none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Phase
from bot.findings import QueryFailed, UnitCard, UnitsFound
from bot.phases import another, calls, phones, questions, recipient, unknown
from bot.phases.desk import Desk, channel_label, desk, encode, named_recipient, with_matter
from bot.phases.reasons import assumed_label, short_source
from bot.phases.results import Result
from bot.phases.screens import Option, headline, offer, reply, small, t
from bot.replies import Link, Moment, Reply, Text, Tone, Weight
from bot.requests import FindUnits
from bot.tools import Tools, Turn
from knowledge.pack import Channel, DutyRule
from knowledge.vocabulary import SENDING_KINDS, ChannelKind, DutyKind, Fact, Provenance, UnitType, Urgency, Value
from triage.choices import plain
from triage.consult import superseded
from triage.decide import Decided, decide
from triage.explain import reason
from triage.working_time import STOCKHOLM, due

SHOWN_UNITS: Final = 3
SHOWN_DUTIES: Final = 2
"""How much of what to mind fits the card; the rest is one tap away."""
SHOWN_ASSUMED: Final = 2
OFTEN_WRONG: Final = (
    Fact.PATIENT_STATUS, Fact.ATTACHMENT, Fact.CONTROLLED_DRUG, Fact.HOME_CARE_ENROLLED, Fact.SIP_ONGOING, Fact.FORUM_EXISTS,
)  # fmt: skip
"""Assumptions of the person in the order they are wrong; those of systems and of how it goes on come last."""
WEIGHTIEST_FIRST: Final = (DutyKind.GATE, DutyKind.WARNING, DutyKind.REMINDER)
ALARM_OF_ONE_S_OWN: Final = (UnitType.INPATIENT_WARD, UnitType.AMBULANCE)
CALL_THEN: Final = "call_then_"
"""How packs name the duties to write after a call."""
ELSEWHERE: Final = "designated_path"
"""The shared channel that only says "not here": where to instead is the path's, or somebody's at the unit to say."""


def enter(conversation: Conversation, tools: Tools) -> Turn:
    """The decision has been made: look up numbers where they are needed, then show it."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    on_card = replace(conversation, phase=Phase.CARD)
    wanted = contact_type(here, here.decided)
    if needs_number(here.decided.channel) and here.matter.searched is None and not here.matter.units and wanted:
        query = named_recipient(here) if wanted is here.recipient else ""
        return Turn(on_card, queries=(FindUnits(query, here.pack.region, wanted, SHOWN_UNITS),))
    return show(on_card, tools)


def contact_type(here: Desk, decided: Decided) -> UnitType | None:
    """Whom to ring: as the path says, else the unit the matter is for."""
    if decided.channel.kind is ChannelKind.PATH:
        path = here.pack.path_by_topic.get(str(here.facts.value(Fact.TOPIC)))
        if path is not None and path.unit_type is not None:
            return path.unit_type
    return here.recipient


def units_found(conversation: Conversation, result: UnitsFound | QueryFailed, tools: Tools) -> Result:
    units = result.units if isinstance(result, UnitsFound) else ()
    here = desk(conversation, tools)
    if here is not None and here.decided is not None and here.matter.searched is None and not units and result.query:
        again = with_matter(conversation, searched=result.query)
        return Turn(again, queries=(FindUnits("", here.pack.region, contact_type(here, here.decided), SHOWN_UNITS),))
    own = conversation.profile.unit_id if conversation.profile else ""
    found = _named(result.query, tuple(unit for unit in units if unit.id != own))[:SHOWN_UNITS]
    asked = result.query if isinstance(result, UnitsFound) else ""
    sought = here.matter.searched if here is not None and not asked else None
    shown = with_matter(conversation, found=found, searched=asked or sought or "")
    here = desk(shown, tools)
    if here is not None and here.decided is not None and result.query and len(found) == 1:
        decided = here.decided
        if recipient.agreed_otherwise(here, decided, found[0]):
            return recipient.choose(shown, here, decided, found[0])
    return show(shown, tools)


def _named(query: str, units: tuple[UnitCard, ...]) -> tuple[UnitCard, ...]:
    """The one unit whose own name stands in the search, or all of them. What several names share is nobody's own."""
    names = [set(plain(unit.name).split()) for unit in units]
    said = set(plain(query).split())
    own = [
        unit
        for unit, name in zip(units, names, strict=True)
        if said & name - set().union(*(n for n in names if n is not name))
    ]
    return tuple(own) if len(own) == 1 else units


def search_number(conversation: Conversation, text: str) -> Turn:
    region = conversation.profile.region if conversation.profile else None
    return Turn(conversation, queries=(FindUnits(text, region, None, SHOWN_UNITS),))


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    if here.matter.another:
        return another.show(conversation, tools)
    decided = here.decided
    numbers, links = _numbers(here, decided, tools)
    lines = [*_first_line(here, decided, tools), *_answer(here, decided), *numbers, *_why(here, decided)]
    lines += [*_superseded(here, tools), *unknown.same_whatever(here), *_most_to_mind(decided)]
    lines += calls.question(here, decided)
    tone = Tone.EMERGENCY if decided.channel.kind is ChannelKind.EMERGENCY else Tone.CARD
    return offer(conversation, [Reply(tuple(lines), tone=tone, links=links)], _options(here, decided))


# ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _first_line(here: Desk, decided: Decided, tools: Tools) -> tuple[Text, ...]:
    return (may_wait(here, decided, tools),) if sends(decided.channel) else ()


def may_wait(here: Desk, decided: Decided, tools: Tools) -> Text:
    """ "Svar kan dröja till …. Behövs det tidigare? Ring …" """
    phone = next((unit.phone for unit in here.matter.units if unit.phone), None)
    ring = t("chat.card.ring_number", phone=phone) if phone else t("chat.card.ring")
    level = decided.channel.service_level
    until = due(level, tools.now, tools.is_holiday) if level else None
    if until is None:
        return t("chat.card.may_wait_no_time", ring=ring)
    return t("chat.card.may_wait", due=Moment(until), ring=ring)


def _answer(here: Desk, decided: Decided) -> tuple[Text, ...]:
    channel = decided.channel
    summary = t("chat.literal", text=channel.summary)
    match channel.kind:
        case ChannelKind.EMERGENCY:
            if here.profile.unit_type in ALARM_OF_ONE_S_OWN:
                return headline(t("chat.emergency.own_alarm")), summary
            return headline(t("chat.emergency.call")), summary
        case ChannelKind.PATH:
            return headline(channel_label(channel)), *_path(here, decided)
        case _:
            return headline(channel_label(channel)), summary


def _path(here: Desk, decided: Decided) -> tuple[Text, ...]:
    """Where to, in the pack's words; where the routine does not say, that is what the card says."""
    topic = here.facts.value(Fact.TOPIC)
    path = here.pack.path_by_topic.get(str(topic))
    if path is not None:
        return (t("chat.literal", text=path.text),)
    if decided.channel.id != ELSEWHERE:
        return (t("chat.literal", text=decided.channel.summary),)
    return (t("chat.path.not_said"),)


def _numbers(here: Desk, decided: Decided, tools: Tools) -> tuple[tuple[Text, ...], tuple[Link, ...]]:
    if decided.channel.kind is ChannelKind.EMERGENCY:
        return (), (Link(t("chat.emergency.link"), "tel:112"),)
    if not needs_number(decided.channel):
        return (), ()
    units: Sequence[UnitCard] = here.matter.units or here.matter.found
    if units:
        lines, links = phones.number_lines(units, tools), phones.links(units, tools)
    else:
        main, links = phones.main_numbers(here.pack)
        searched = here.matter.searched
        none = (t("chat.recipient.none_found", query=searched),) if searched else ()
        lines = (*none, t("chat.phone.unknown"), *main)
    if decided.channel.kind is ChannelKind.PHONE:
        lines = (*lines, *phones.say_first(here.profile.unit_type, here.profile.unit_name))
    return (*lines, t("chat.phone.search")) if units else lines, links


def _why(here: Desk, decided: Decided) -> tuple[Text, ...]:
    why = reason(here.pack, decided.row)
    return t("chat.literal", text=why.text), small(short_source(here.pack, decided.row))


def _mind(channel: Channel) -> tuple[Text, ...]:
    level = (channel.service_level.text,) if channel.service_level else ()
    return tuple(t("chat.card.mind", text=text) for text in (*level, *channel.mind))


def _duties(decided: Decided) -> tuple[DutyRule, ...]:
    """The weightiest first. A gate of a message is a step of its own further on; everywhere else it is said here."""
    later = sends(decided.channel)
    shown = (duty for duty in decided.duties if not (later and duty.kind is DutyKind.GATE))
    return tuple(sorted(shown, key=lambda duty: WEIGHTIEST_FIRST.index(duty.kind)))


def _most_to_mind(decided: Decided) -> tuple[Text, ...]:
    """What fits the card: the weightiest. A message has its own steps, so what is only good to know stands back there."""
    duties = _duties(decided)
    if sends(decided.channel):
        duties = tuple(duty for duty in duties if duty.kind is not DutyKind.REMINDER) or duties[:1]
    return tuple(_duty(duty) for duty in duties[:SHOWN_DUTIES])


def _duty(duty: DutyRule) -> Text:
    return t("chat.card.duty", text=duty.text)


def all_to_mind(here: Desk) -> tuple[Text, ...]:
    """Everything to mind, also what did not fit the card."""
    return (*map(_duty, _duties(here.decided)), *_mind(here.decided.channel)) if here.decided else ()


def _superseded(here: Desk, tools: Tools) -> tuple[Text, ...]:
    today = tools.now.astimezone(STOCKHOLM).date()
    old = superseded(here.pack, today, here.pack.status_text)
    return (t("chat.card.superseded", pack=here.pack.name),) if old else ()


# ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(here: Desk, decided: Decided) -> list[Option]:
    options = [*_next_step(here, decided), *calls.options(here, decided), *_assumed(here, decided)]
    if _mind(decided.channel) or len(_duties(decided)) > len(_most_to_mind(decided)):
        options.append(Option(Act.MIND, t("chat.choice.mind")))
    options += [
        Option(Act.WHY, t("chat.choice.why"), words="chat.words.why"),
        Option(Act.WHY_NOT, t("chat.choice.why_not")),
        Option(Act.CHANGE, t("chat.choice.change_something"), words="chat.words.change"),
    ]
    options += questions.only_asked(here.matter)
    if not sends(decided.channel):
        options.append(Option(Act.NEW, t("chat.choice.done")))
    return options


def _next_step(here: Desk, decided: Decided) -> tuple[Option, ...]:
    channel = decided.channel
    if sends(channel):
        write = Option(Act.NEXT, t("chat.choice.write"), words="chat.words.next")
        if here.facts.value(Fact.URGENCY) == Urgency.CAN_WAIT and not here.matter.called:
            return write, Option(Act.SET_FACT, t("chat.choice.urgent"), str(Fact.URGENCY), str(Urgency.URGENT))
        return (write,)
    if channel.kind in (ChannelKind.EMERGENCY, ChannelKind.PHONE) and _writes_after_call(decided):
        return (Option(Act.CALLED, t("chat.choice.called")),)
    agreed = ((unit, recipient.agreed_otherwise(here, decided, unit)) for unit in here.matter.found)
    return tuple(
        Option(Act.UNIT, t("chat.card.to_unit", name=unit.name, channel=channel_label(other)), unit.id)
        for unit, other in agreed
        if other
    )


def _writes_after_call(decided: Decided) -> bool:
    """The routine has a duty to write after the call, as VGR's "ring först, skriv sedan"."""
    return any(duty.id.startswith(CALL_THEN) for duty in decided.duties)


def _assumed(here: Desk, decided: Decided) -> tuple[Option, ...]:
    """What was taken for granted and would lead elsewhere if it were otherwise: the oftenest wrong, a tap each.

    The rest is put right under "Ändra något", and all of it is told under "Varför?".
    """
    assumed = [(f, k.value) for f, k in decided.facts.known.items() if k.provenance is Provenance.ASSUMED]
    others = [(f, v, _elsewhere(here, decided, f, v)) for f, v in assumed if f is not Fact.URGENCY]
    wrong = sorted((one for one in others if one[2]), key=lambda one: _how_often_wrong(one[0]))
    return tuple(_not_so(here, fact, value, other) for fact, value, other in wrong[:SHOWN_ASSUMED])


def _how_often_wrong(fact: Fact) -> int:
    return OFTEN_WRONG.index(fact) if fact in OFTEN_WRONG else len(OFTEN_WRONG)


def _elsewhere(here: Desk, decided: Decided, fact: Fact, assumed: Value) -> tuple[Value, ...]:
    """The fact's other values that lead to another channel."""
    values = here.pack.values(fact)
    return tuple(value for value in values if value != assumed and _leads_elsewhere(here, decided, fact, value))


def _not_so(here: Desk, fact: Fact, assumed: Value, other: tuple[Value, ...]) -> Option:
    """ "Inget dokument ska med": a tap says that it is not so. Where that can mean several things, which one is asked."""
    label = assumed_label(here.pack, fact, assumed)
    if len(other) > 1:
        return Option(Act.CHANGE_FACT, label, str(fact), weight=Weight.ASSUMPTION)
    return Option(Act.SET_FACT, label, str(fact), encode(other[0]), weight=Weight.ASSUMPTION)


def _leads_elsewhere(here: Desk, decided: Decided, fact: Fact, value: Value) -> bool:
    facts = decided.facts.without([f for f, k in decided.facts.known.items() if k.provenance is Provenance.ASSUMED])
    other = decide(
        here.pack, here.profile.unit_type, here.recipient, facts.with_known(fact, value, Provenance.ANSWERED)
    )
    return not (isinstance(other, Decided) and other.channel.id == decided.channel.id)


def needs_number(channel: Channel) -> bool:
    """Whether somebody is to be rung: it is a phone matter, or the routine sends it another way that the unit may know."""
    return channel.kind is ChannelKind.PHONE or channel.id == ELSEWHERE


def sends(channel: Channel) -> bool:
    return channel.kind in SENDING_KINDS
