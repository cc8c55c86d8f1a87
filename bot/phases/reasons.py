"""Why this, and why not that: the routine's own reasons as texts. Explains a decision; makes none."""

from bot.acts import Act
from bot.conversation import Conversation
from bot.phases.desk import Desk, channel_label, desk, encode, fact_label, said, value_label
from bot.phases.results import Again, Result
from bot.phases.screens import Option, beside, joined, offer, reply, t
from bot.phases.typed import word_list
from bot.replies import Text
from bot.tools import Tools, Turn
from knowledge.pack import ChannelRule, Pack
from knowledge.vocabulary import Basis, Fact, Provenance, Value
from triage.choices import pick
from triage.explain import reason, why_not
from triage.facts import Known

QUOTED = 60
"""How many characters of what was said are shown as the reason of a fact."""
PLAIN = 1.0
"""Words that settle a fact by themselves are quoted as the reason; a mere likeness is not."""


def source_line(pack: Pack, row: ChannelRule) -> Text:
    """Where the rule stands: document, section, version and status; or that no document says it."""
    why = reason(pack, row)
    if why.basis == Basis.LOTS_BASELINE:
        return t("chat.source.lots_baseline", rule=why.rule)
    if why.document is None:
        return t("chat.source.bare", rule=why.rule, basis=t(f"chat.basis.{why.basis}"))
    key = "chat.source.section" if why.section else "chat.source.document"
    return t(
        key,
        rule=why.rule,
        basis=t(f"chat.basis.{why.basis}"),
        document=why.document,
        section=_quoted(why.section or ""),
        version=why.version or "",
        status=pack.status_text,
    )


def short_source(pack: Pack, row: ChannelRule) -> Text:
    """The same for the card, where the reader wants to see that it is the routine and which: its version stands under "Varför?"."""
    why = reason(pack, row)
    if why.document is None or not why.section:
        return source_line(pack, row)
    document = t("chat.literal", text=why.document)
    if why.basis != Basis.ROUTINE:
        document = t("chat.source.read_from", basis=t(f"chat.basis.{why.basis}"), document=document)
    return t(
        "chat.source.short", rule=why.rule, document=document, section=_quoted(why.section), status=pack.status_text
    )


def _quoted(heading: str) -> str:
    """A heading that itself quotes, for standing within quotation marks."""
    return heading.replace("”", "’")


def why(here: Desk) -> tuple[Text, ...]:
    """The rule with its source, then each fact with how it came to be known."""
    decided = here.decided
    if decided is None:
        return (t("chat.why.not_yet"),)
    lines = [
        t("chat.card.why", reason=decided.row.reason),
        source_line(here.pack, decided.row),
        t("chat.why.understood"),
    ]
    known = [(fact, known) for fact, known in decided.facts.known.items() if _tells(fact)]
    lines += [_fact(here, fact, one) for fact, one in known if one.provenance is not Provenance.ASSUMED]
    assumed = [assumed_label(here.pack, fact, one.value) for fact, one in known if one.provenance is Provenance.ASSUMED]
    if assumed:
        lines.append(t("chat.why.assumed", facts=joined(assumed)))
    if decided.channel.record_note:
        lines.append(t("chat.why.record", text=decided.channel.record_note))
    return tuple(lines)


def _tells(fact: Fact) -> bool:
    return fact not in (Fact.SENDER_TYPE, Fact.DIRECTION, Fact.CONSENT)


def assumed_label(pack: Pack, fact: Fact, value: Value) -> Text:
    """ "Inget dokument med": what was taken for granted, in few words."""
    return (
        value_label(pack, fact, value)
        if fact in (Fact.TOPIC, Fact.URGENCY)
        else t(f"chat.assumed.{fact}.{encode(value)}")
    )


def _fact(here: Desk, fact: Fact, known: Known) -> Text:
    value = value_label(here.pack, fact, known.value)
    if known.provenance in (Provenance.STATED, Provenance.INFERRED):
        text = said(here.matter)
        plain = next((found for found in known.evidence if found.weight >= PLAIN), None)
        words = "" if plain is None else " ".join(text[plain.start : plain.end].split())[:QUOTED]
        if words:
            return t("chat.why.said", fact=fact_label(fact), value=value, words=words)
    return t(f"chat.why.{_origin(here, fact, known)}", fact=fact_label(fact), value=value)


def _origin(here: Desk, fact: Fact, known: Known) -> str:
    """How it came to be known: only what was answered is said to be an answer."""
    if known.provenance is Provenance.INFERRED and not known.evidence:
        return "taken"
    if known.provenance is not Provenance.ANSWERED:
        return str(known.provenance)
    if fact in here.matter.told:
        return str(Provenance.STATED)
    return str(known.provenance if fact in here.matter.answers else Provenance.CONTEXT)


def why_not_menu(conversation: Conversation, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return Again(conversation, (t("chat.why.not_yet"),))
    chosen = here.decided.channel.id
    reachable = {row.channel for row in here.pack.rows}
    options = [
        Option(Act.WHY_NOT, channel_label(channel), channel.id)
        for channel in here.pack.channels
        if channel.id != chosen and channel.id in reachable
    ]
    options.append(Option(Act.BACK, t("chat.choice.back"), words="chat.words.back"))
    return offer(conversation, [reply(t("chat.why_not.ask"))], options)


def why_not_lines(here: Desk, channel_id: str) -> tuple[Text, ...]:
    """What would have to be otherwise for that channel to be the answer."""
    channel = here.pack.channel_by_id.get(channel_id)
    if channel is None or here.decided is None:
        return (t("chat.why.not_yet"),)
    if here.decided.channel.id == channel_id:
        return (t("chat.why_not.it_is", channel=channel_label(channel)),)
    found = why_not(here.pack, here.profile.unit_type, here.decided.facts, channel_id)
    if found.row is None:
        return (t("chat.why_not.never", channel=channel_label(channel)),)
    differences = [
        t(
            "chat.why_not.fact",
            fact=fact_label(fact),
            values=_values(here.pack, fact, tuple(sorted(values, key=encode))),
        )
        for fact, values in found.differences
    ]
    if not differences:
        return (t("chat.why_not.before", channel=channel_label(channel), reason=here.decided.row.reason),)
    lead = t("chat.why_not.if", channel=channel_label(channel), differences=joined(differences))
    return lead, t("chat.why_not.now", reason=here.decided.row.reason)


def _values(pack: Pack, fact: Fact, values: tuple[str | bool, ...]) -> Text:
    labels = [value_label(pack, fact, value) for value in values[:3]]
    text = labels[0]
    for label in labels[1:]:
        text = t("chat.or", first=text, second=label)
    return text if len(values) <= 3 else t("chat.or_more", first=text)


def channel_named(here: Desk, words: str, tools: Tools) -> str | None:
    """The channel that "varför inte …" names: by its label, or as it is called in daily speech."""
    channels, texts = here.pack.channels, tools.knowledge.texts
    keys = {channel.id: f"practice.words.channel.{channel.id}" for channel in channels}
    spoken = {one: word_list(key, texts) if key in texts else () for one, key in keys.items()}
    place = pick(words, [(channel.label, channel.id, *spoken[channel.id]) for channel in channels])
    return None if place is None else channels[place].id


def show_why_not(conversation: Conversation, channel_id: str, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    return beside(conversation, *(why_not_lines(here, channel_id) if here else (t("chat.why.not_yet"),)))
