"""Calls instead of messages: the card to read from, what came of the call in one tap, and saying that the system is down. Rings nobody itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.events import CallMade, CallNoted, OutageNotice
from bot.findings import UnitCard
from bot.phases import phones
from bot.phases.desk import Desk, desk, said, with_matter
from bot.phases.results import Again, Decide, Result
from bot.phases.screens import Option, aside, beside, call_link, notice, offer, reply, t
from bot.replies import Link, Moment, Reply, Text, Tone
from bot.requests import CallNumber, MakeCall, NoteCall, ReportOutage
from bot.tools import Tools, Turn
from knowledge.vocabulary import ChannelKind, Fact, Provenance
from triage.choices import resembles
from triage.decide import Decided
from triage.outage import sbar

OUTCOMES: Final[Mapping[Act, str]] = {
    Act.CALL_REACHED: "reached",
    Act.CALL_MISSED: "not_reached",
    Act.CALL_LEFT_WORD: "left_word",
}
MOST_NUMBERS: Final = 12
CALLS: Final = "/calls"
"""Where a call has its page, under the server's own address."""


def options(here: Desk, decided: Decided) -> list[Option]:
    """What a card of a phone matter offers besides: a call card, the question whether it is down for more, and to keep a draft for later."""
    if decided.channel.kind is not ChannelKind.PHONE:
        return []
    known = any(unit.phone for unit in here.matter.units or here.matter.found) or here.pack.numbers
    found = [Option(Act.CALL, t("outage.chat.call"))] if known else []
    if asks_how_wide(here):
        found.append(Option(Act.OUTAGE, t("outage.chat.only_me"), "me"))
        found.append(Option(Act.OUTAGE, t("outage.chat.more"), "more"))
    if here.conversation.system_down and here.matter.sections:
        found.append(Option(Act.LATER, t("outage.chat.later")))
    return found


def asks_how_wide(here: Desk) -> bool:
    """She has said herself that it is down, and nobody has told Lots."""
    known = here.facts.known.get(Fact.SYSTEM_DOWN)
    told = known is not None and known.value is True and known.provenance in (Provenance.STATED, Provenance.INFERRED)
    return told and not here.conversation.system_down


def question(here: Desk, decided: Decided) -> tuple[Text, ...]:
    asked = decided.channel.kind is ChannelKind.PHONE and asks_how_wide(here)
    return (t("outage.chat.how_wide"),) if asked else ()


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    match action.name:
        case Act.CALL:
            return _call(here, action.value, tools)
        case Act.OUTAGE:
            known = with_matter(replace(conversation, system_down=True), searched=None)
            return Decide(known, (t("outage.chat.thanks"),), (ReportOutage(wide=action.value == "more"),))
        case _:
            return later(conversation)


def _call(here: Desk, unit_id: str, tools: Tools) -> Result:
    """The call's card, once it is known whom to ring: where several units may be meant, nobody is picked for her."""
    several = _several(here)
    chosen = tuple(unit for unit in several if unit.id == unit_id)
    if several and not chosen:
        return _ask_whom(here, several, tools)
    lines = _card(here, tools)
    if chosen:
        known = with_matter(here.conversation, found=chosen)
        order = _order(replace(here, conversation=known, matter=replace(here.matter, found=chosen)), tools)
        return Again(known, lines, (order,))
    shown = beside(here.conversation, *lines) if lines else Turn(here.conversation)
    return replace(shown, commands=(_order(here, tools),))


def _several(here: Desk) -> tuple[UnitCard, ...]:
    """The units that may be meant, where more than one has a number and none was chosen."""
    found = tuple(unit for unit in here.matter.found if unit.phone is not None)
    return found if len(found) > 1 and not here.matter.units else ()


def _ask_whom(here: Desk, units: Sequence[UnitCard], tools: Tools) -> Turn:
    lines = (t("outage.chat.whom"), *phones.number_lines(units, tools), t("outage.chat.somebody_else"))
    options = [Option(Act.CALL, t("chat.literal", text=unit.name), unit.id) for unit in units]
    return offer(here.conversation, [reply(*lines)], [*options, Option(Act.BACK, t("chat.choice.back"))])


def _order(here: Desk, tools: Tools) -> MakeCall:
    return MakeCall(_numbers(here, tools), said(here.matter), f"call-{tools.fresh_id}")


def _numbers(here: Desk, tools: Tools) -> tuple[CallNumber, ...]:
    """Whom to ring, those that answer now; the routine's own switchboards where no unit is known."""
    units = here.matter.units or here.matter.found
    closed = {unit.id for unit in units if unit.hours and not phones.is_open(unit, tools)}
    rung = [
        CallNumber(unit.name, unit.on_call_phone if unit.id in closed and unit.on_call_phone else unit.phone)
        for unit in units
        if unit.phone is not None
    ]
    main = [CallNumber(number.name, number.phone) for number in here.pack.numbers]
    return (*rung, *main)[:MOST_NUMBERS]


def _card(here: Desk, tools: Tools) -> tuple[Text, ...]:
    """What was said, sorted for a call. Shown only where patients may be spoken of; elsewhere it is on the page alone."""
    if not tools.trusted:
        return ()
    parts = [
        t("outage.chat.part", heading=t(f"outage.card.{name}.label"), text=text or _to_say(name))
        for name, text in sbar.card(said(here.matter)).parts()
    ]
    return (*parts, t("outage.paper.ask_repeat"))


def _to_say(name: str) -> Text:
    """Nothing was told of this part: the hint is a question to her, and not shown as what was said."""
    return t("outage.chat.to_say", hint=t(f"outage.card.{name}.hint"))


def has_card(conversation: Conversation) -> bool:
    """Whether a call's card is in her hand: what she tells then is for the call."""
    return any(offered.action.name in OUTCOMES for offered in conversation.offered)


def names_a_unit(here: Desk, text: str) -> bool:
    """Whether the words are like one of the units found, or like whom it is for."""
    names = [unit.name for unit in (*here.matter.units, *here.matter.found)]
    return any(resembles(text, name) for name in names)


def more(here: Desk, told: Conversation, tools: Tools) -> Turn:
    """More to say in the call: it joins the card."""
    kept = with_matter(told, found=here.matter.found, searched=here.matter.searched)
    now = desk(kept, tools)
    return beside(kept, t("outage.chat.more_to_say"), *(_card(now, tools) if now else ()))


def made(conversation: Conversation, event: CallMade) -> Turn:
    """The call has a number and a page; one tap says what came of it."""
    lines = [t("outage.chat.made", number=event.number), t("outage.chat.tap")]
    shown = Reply(tuple(lines), tone=Tone.NOTICE, links=_whom(event.name, event.phone, event.url))
    return aside(conversation, shown, _outcomes(event.call_id))


def _outcomes(call_id: str) -> list[Option]:
    return [
        Option(act, t(f"outage.outcome.{name}"), call_id, words=f"outage.words.{name}")
        for act, name in OUTCOMES.items()
    ]


def _whom(name: str | None, phone: str | None, url: str) -> tuple[Link, ...]:
    """The number where it may be shown here, and the page, which shows it whoever it belongs to."""
    page = _page(url)
    return (call_link(t("chat.literal", text=name), phone), page) if name and phone else (page,)


def _page(url: str) -> Link:
    return Link(t("outage.chat.page"), url)


def noted(conversation: Conversation, action: Action, tools: Tools) -> Turn:
    order = NoteCall(action.value, OUTCOMES[action.name], f"note-{tools.fresh_id}")
    return Turn(conversation, (), (order,))


def came_of_it(conversation: Conversation, event: CallNoted) -> Turn:
    """Reached: what is left to write is on the page. Not reached: the next number, and when it is said again."""
    if event.outcome == "reached":
        shown = Reply((t("outage.chat.reached", number=event.number),), tone=Tone.NOTICE, links=(_page(event.url),))
        return aside(conversation, shown)
    lines = [t(f"outage.chat.{event.outcome}", number=event.number)]
    if event.retry_at is not None:
        lines.append(t("outage.chat.again_at", at=Moment(event.retry_at)))
    links = _whom(event.name, event.phone, event.url)
    return aside(conversation, Reply(tuple(lines), tone=Tone.NOTICE, links=links), _outcomes(event.call_id))


def later(conversation: Conversation) -> Result:
    """The draft is kept until the system works, and is then gone through again: the matter may have changed."""
    matter = conversation.matter
    if matter is None:
        return Again(conversation)
    kept = replace(matter, draft_ready=False, searched=None, consent_step=None)
    free = replace(conversation, matter=None, phase=Phase.MATTER, failed=(*conversation.failed, kept))
    return Again(free, (t("outage.chat.kept"),))


def happened(conversation: Conversation, event: CallMade | CallNoted | OutageNotice) -> Turn:
    match event:
        case CallMade():
            return made(conversation, event)
        case CallNoted():
            return came_of_it(conversation, event)
        case OutageNotice():
            return told(conversation, event)


def told(conversation: Conversation, event: OutageNotice) -> Turn:
    """Something of an outage that turns nothing in the conversation: it is said beside whatever is going on."""
    params: dict[str, str | int | Moment] = {"system": event.system}
    if event.at is not None:
        params["at"] = Moment(event.at)
    if event.kind == "call_again" and event.call_id:
        words = t("outage.chat.call_again", number=event.number or 0)
        links = _whom(event.name, event.phone, f"{CALLS}/{event.call_id}")
        shown = Reply((words,), tone=Tone.NOTICE, links=links)
        return aside(conversation, shown, _outcomes(event.call_id))
    key = f"drill_{event.kind}" if event.exercise else str(event.kind)
    return aside(conversation, notice(t(f"outage.chat.told.{key}", **params)))
