"""The card: which channel, why, what to mind, what was taken for granted, and the next step. Shows a decision; makes none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Phase
from bot.events import QueryFailed, UnitCard, UnitsFound
from bot.phases import phones
from bot.phases.desk import Desk, channel_label, desk, encode, fact_label, named_recipient, value_label, with_matter
from bot.phases.reasons import source_line
from bot.phases.screens import Option, offer, reply, t
from bot.replies import Link, Moment, Reply, Text, Tone
from bot.requests import FindUnits
from bot.tools import Tools, Turn
from knowledge.pack import Channel
from knowledge.vocabulary import SENDING_KINDS, ChannelKind, DutyKind, Fact, Provenance, UnitType, Urgency, Value
from triage.consult import superseded
from triage.decide import Decided, decide
from triage.explain import reason
from triage.working_time import STOCKHOLM, due

SHOWN_UNITS: Final = 3
SHOWN_MIND: Final = 2
SHOWN_DUTIES: Final = 3
"""How much of what to mind fits the card; the rest is one tap away."""
ALARM_OF_ONE_S_OWN: Final = (UnitType.INPATIENT_WARD, UnitType.AMBULANCE)
CALL_THEN: Final = "call_then_"
"""How packs name the duties to write after a call."""
ELSEWHERE: Final = "designated_path"
"""The shared channel that only says "not here": where to instead is the path's, or somebody's at the unit to say."""

Changes = tuple[tuple[Fact, Value], ...]


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


def units_found(conversation: Conversation, result: UnitsFound | QueryFailed, tools: Tools) -> Turn:
    units = result.units if isinstance(result, UnitsFound) else ()
    here = desk(conversation, tools)
    if here is not None and here.decided is not None and here.matter.searched is None and not units and result.query:
        again = with_matter(conversation, searched="")
        return Turn(again, queries=(FindUnits("", here.pack.region, contact_type(here, here.decided), SHOWN_UNITS),))
    own = conversation.profile.unit_id if conversation.profile else ""
    found = tuple(unit for unit in units if unit.id != own)[:SHOWN_UNITS]
    return show(
        with_matter(conversation, found=found, searched=result.query if isinstance(result, UnitsFound) else ""), tools
    )


def search_number(conversation: Conversation, text: str) -> Turn:
    region = conversation.profile.region if conversation.profile else None
    return Turn(conversation, queries=(FindUnits(text, region, None, SHOWN_UNITS),))


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    decided = here.decided
    numbers, links = _numbers(here, decided, tools)
    lines = [*_first_line(here, decided, tools), *_answer(here, decided), *numbers, *_why(here, decided)]
    lines += [*_mind(decided.channel)[:SHOWN_MIND], *_duties(decided)[:SHOWN_DUTIES], *_superseded(here, tools)]
    changing = changes(here, decided)
    lines += _assumed(here, decided, changing)
    tone = Tone.EMERGENCY if decided.channel.kind is ChannelKind.EMERGENCY else Tone.CARD
    return offer(conversation, [Reply(tuple(lines), tone=tone, links=links)], _options(here, decided, changing))


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
                return t("chat.emergency.own_alarm"), summary
            return t("chat.emergency.call"), summary
        case ChannelKind.PATH:
            headline = "chat.card.headline" if channel.id == ELSEWHERE else "chat.card.channel"
            return t(headline, channel=channel_label(channel)), *_path(here, decided)
        case ChannelKind.OWN:
            return t("chat.card.headline", channel=channel_label(channel)), summary
        case _:
            return t("chat.card.channel", channel=channel_label(channel)), summary


def _path(here: Desk, decided: Decided) -> tuple[Text, ...]:
    """Where to, in the pack's words; where the routine does not say, that is what the card says."""
    topic = here.facts.value(Fact.TOPIC)
    path = here.pack.path_by_topic.get(str(topic))
    if path is not None:
        return (t("chat.literal", text=path.text),)
    if decided.channel.id != ELSEWHERE:
        return (t("chat.literal", text=decided.channel.summary),)
    return t("chat.literal", text=decided.channel.summary), t("chat.path.not_said")


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
        lines = (t("chat.phone.unknown"), *main)
    if decided.channel.kind is ChannelKind.PHONE:
        lines = (*lines, *phones.say_first(here.profile.unit_type, here.profile.unit_name))
    return (*lines, t("chat.phone.search")), links


def _why(here: Desk, decided: Decided) -> tuple[Text, ...]:
    why = reason(here.pack, decided.row)
    return t("chat.card.why", reason=why.text), source_line(here.pack, decided.row)


def _mind(channel: Channel) -> tuple[Text, ...]:
    level = (channel.service_level.text,) if channel.service_level else ()
    return tuple(t("chat.card.mind", text=text) for text in (*level, *channel.mind))


def _duties(decided: Decided) -> tuple[Text, ...]:
    """A gate of a message is a step of its own further on; everywhere else it is said here."""
    later = sends(decided.channel)
    shown = [duty for duty in decided.duties if not (later and duty.kind is DutyKind.GATE)]
    shown.sort(key=lambda duty: list(DutyKind).index(duty.kind))
    return tuple(t("chat.card.duty", text=duty.text) for duty in shown)


def all_to_mind(here: Desk) -> tuple[Text, ...]:
    """Everything to mind, also what did not fit the card."""
    return (*_mind(here.decided.channel), *_duties(here.decided)) if here.decided else ()


def _superseded(here: Desk, tools: Tools) -> tuple[Text, ...]:
    today = tools.now.astimezone(STOCKHOLM).date()
    old = superseded(here.pack, today, here.pack.status_text)
    return (t("chat.card.superseded", pack=here.pack.name),) if old else ()


def _assumed(here: Desk, decided: Decided, changing: Changes) -> tuple[Text, ...]:
    """What was taken for granted and would change the answer, in the pack's own words. All of it is under "Varför?"."""
    matters = {fact for fact, _ in changing}
    texts = {(a.fact, a.value): a.text for a in reversed(here.pack.assumptions)}
    known = [
        t("chat.literal", text=texts[fact, value.value])
        for fact, value in decided.facts.known.items()
        if (fact, value.value) in texts and fact in matters
    ]
    if not known:
        return ()
    line = known[0]
    for more in known[1:]:
        line = t("chat.card.and", first=line, second=more)
    return (t("chat.card.assumed", assumptions=line),)


# ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(here: Desk, decided: Decided, changing: Changes) -> list[Option]:
    options = list(_next_step(here, decided))
    options += [_change(here, fact, value) for fact, value in changing]
    if len(_mind(decided.channel)) > SHOWN_MIND or len(_duties(decided)) > SHOWN_DUTIES:
        options.append(Option(Act.MIND, t("chat.choice.mind")))
    options += [
        Option(Act.WHY, t("chat.choice.why"), words="chat.words.why"),
        Option(Act.WHY_NOT, t("chat.choice.why_not")),
    ]
    options.append(Option(Act.CHANGE, t("chat.choice.change"), words="chat.words.change"))
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
    return ()


def _writes_after_call(decided: Decided) -> bool:
    """The routine has a duty to write after the call, as VGR's "ring först, skriv sedan"."""
    return any(duty.id.startswith(CALL_THEN) for duty in decided.duties)


def changes(here: Desk, decided: Decided) -> Changes:
    """What was assumed and would lead elsewhere if it were otherwise: a button each."""
    return tuple(
        (fact, value)
        for fact, known in decided.facts.known.items()
        if known.provenance is Provenance.ASSUMED and fact is not Fact.URGENCY
        for value in here.pack.values(fact)
        if value != known.value and _leads_elsewhere(here, decided, fact, value)
    )


def _change(here: Desk, fact: Fact, value: Value) -> Option:
    label = fact_label(fact) if value is True else value_label(here.pack, fact, value)
    return Option(Act.SET_FACT, label, str(fact), encode(value))


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
