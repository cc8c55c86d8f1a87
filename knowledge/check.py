"""The linter of one pack: what the model's types cannot say. Reads a Pack and returns findings; changes and decides nothing.

What needs the exact walk (rules that can never be reached, topics without a path) is in `triage/review.py`, since triage stands above.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from knowledge.pack import Channel, Condition, Grounds, Pack, ServiceLevel
from knowledge.vocabulary import DERIVED, SENDING_KINDS, Basis, ConsentState, DutyKind, Fact, UnitType

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a place in the pack. An error stops the pack; a notice is for the routine owner to judge."""

    loc: Loc
    message: str
    level: Literal["error", "notice"] = "error"

    @property
    def is_error(self) -> bool:
        return self.level == "error"


def findings(pack: Pack) -> tuple[Finding, ...]:
    """Everything wrong in the pack that can be seen without walking the table."""
    return tuple(finding for check in CHECKS for finding in check(pack))


def cited_grounds(pack: Pack) -> Iterator[tuple[Loc, Grounds]]:
    """Every statement of grounds in the pack, with its place."""
    for number, rule in enumerate(pack.rules):
        yield ("rules", number, "grounds"), rule.grounds
    for number, duty in enumerate(pack.duties):
        yield ("duties", number, "grounds"), duty.grounds
    for number, path in enumerate(pack.paths):
        yield ("paths", number, "grounds"), path.grounds
    yield ("consent", "grounds"), pack.consent.grounds
    for number, channel in enumerate(pack.channels):
        if channel.service_level:
            yield ("channels", number, "service_level", "grounds"), channel.service_level.grounds
        for place, forbidden in enumerate(channel.forbidden):
            yield ("channels", number, "forbidden", place, "grounds"), forbidden.grounds


def missing_sections(pack: Pack, source_id: str, text: str) -> tuple[Finding, ...]:
    """The headings that the pack says a source has, and that do not stand in the source's own text."""
    words = _squeezed(text)
    number, source = next((n, s) for n, s in enumerate(pack.sources) if s.id == source_id)
    return tuple(
        Finding(("sources", number, "sections", place), f"Rubriken ”{section}” står inte i källan ”{source.title}”.")
        for place, section in enumerate(source.sections)
        if _squeezed(section) not in words
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _unique(pack: Pack) -> Iterator[Finding]:
    lists: tuple[tuple[str, Sequence[str]], ...] = (
        ("sources", [s.id for s in pack.sources]),
        ("topics", [t.id for t in pack.topics]),
        ("channels", [c.id for c in pack.channels]),
        ("duties", [d.id for d in pack.duties]),
        ("paths", [p.topic for p in pack.paths]),
    )
    for field, ids in lists:
        for number, name in enumerate(ids):
            if name in ids[:number]:
                yield Finding((field, number), f"”{name}” står två gånger i {field}. Behåll en.")


def _order(pack: Pack) -> Iterator[Finding]:
    rules = {rule.id: number for number, rule in reversed(list(enumerate(pack.rules)))}
    counted = Counter(pack.order)
    for name, times in counted.items():
        if name not in rules:
            yield Finding(("order",), f"order nämner {name}, men någon sådan regel finns inte.")
        elif times > 1:
            yield Finding(("order",), f"{name} står {times} gånger i order. Varje regel ska stå en gång.")
    for name, number in rules.items():
        if name not in counted:
            yield Finding(("rules", number), f"Regel {name} saknas i order, så den kan aldrig gälla. Skriv in den där.")


def _last_row(pack: Pack) -> Iterator[Finding]:
    rows = pack.rows
    if not rows or rows[-1].when:
        yield Finding(
            ("order",),
            "Den sista regeln i order måste vara utan villkor (inget when), så att varje ärende får ett svar.",
        )
    for row in rows[:-1]:
        if not row.when:
            yield Finding(
                ("rules", pack.rules.index(row)),
                f"Regel {row.id} har inget villkor men är inte sist. Reglerna efter den kan aldrig gälla.",
            )


def _references(pack: Pack) -> Iterator[Finding]:
    channels, rules = set(pack.channel_by_id), {rule.id for rule in pack.rules}
    for number, rule in enumerate(pack.rules):
        if rule.channel not in channels:
            yield Finding(("rules", number, "channel"), _no_channel(f"Regel {rule.id}", rule.channel, channels))
    for number, duty in enumerate(pack.duties):
        for name in duty.channels:
            if name not in channels:
                yield Finding(("duties", number, "channels"), _no_channel(f"Plikten {duty.id}", name, channels))
        for name in duty.rules:
            if name not in rules:
                yield Finding(
                    ("duties", number, "rules"), f"Plikten {duty.id} hör till regel {name}, men den regeln finns inte."
                )
    for number, path in enumerate(pack.paths):
        if path.topic not in pack.topic_by_id:
            yield Finding(("paths", number, "topic"), f"Ämnet ”{path.topic}” finns inte i rutinen.")


def _no_channel(who: str, name: str, channels: Iterable[str]) -> str:
    return f"{who} pekar på kanalen ”{name}”, som inte finns här. De som finns: {', '.join(sorted(channels))}."


def _conditions(pack: Pack) -> Iterator[Finding]:
    for loc, who, when in _all_conditions(pack):
        for fact, values in when.items():
            if not values:
                yield Finding((*loc, fact), f"{who}: listan för {fact} är tom, så villkoret kan aldrig vara uppfyllt.")
            for value in values:
                if value not in pack.values(fact):
                    yield Finding((*loc, fact), f"{who}: {_no_value(pack, fact, value)}")
                if values.count(value) > 1:
                    yield Finding((*loc, fact), f"{who}: {value} står två gånger under {fact}.")


def _no_value(pack: Pack, fact: Fact, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    known = ", ".join(str(v).lower() if isinstance(v, bool) else v for v in pack.values(fact))
    return f"”{shown}” är inget värde för {fact}. De som finns: {known}."


def _all_conditions(pack: Pack) -> Iterator[tuple[Loc, str, Condition]]:
    for number, rule in enumerate(pack.rules):
        yield ("rules", number, "when"), f"Regel {rule.id}", rule.when
    for number, duty in enumerate(pack.duties):
        yield ("duties", number, "when"), f"Plikten {duty.id}", duty.when
    for number, assumption in enumerate(pack.assumptions):
        who = f"Antagandet om {assumption.fact}"
        yield ("assumptions", number, "when"), who, assumption.when
        for place, unless in enumerate(assumption.unless):
            yield ("assumptions", number, "unless", place), who, unless
        for place, unless in enumerate(assumption.unless_certain):
            yield ("assumptions", number, "unless_certain", place), who, unless


def _assumptions(pack: Pack) -> Iterator[Finding]:
    for number, assumption in enumerate(pack.assumptions):
        fact = assumption.fact
        if fact in DERIVED or fact in (Fact.CONSENT, Fact.TOPIC):
            yield Finding(
                ("assumptions", number, "fact"), f"{fact} får aldrig antas: det frågas om eller följer av annat."
            )
        elif assumption.value not in pack.values(fact):
            yield Finding(("assumptions", number, "value"), f"Antagandet: {_no_value(pack, fact, assumption.value)}")


def _grounds(pack: Pack) -> Iterator[Finding]:
    for loc, grounds in cited_grounds(pack):
        yield from (Finding(loc, message) for message in _grounds_problems(pack, grounds))


def _grounds_problems(pack: Pack, grounds: Grounds) -> Iterator[str]:
    match grounds.basis:
        case Basis.ROUTINE:
            if grounds.source is None or grounds.section is None:
                yield "Grunden routine behöver både source och section: vilket dokument, och vilken rubrik i det."
        case Basis.LAW:
            if grounds.law is None:
                yield "Grunden law behöver fältet law: vilken lag och paragraf."
        case Basis.LOTS_BASELINE:
            if grounds.source is not None:
                yield "Grunden lots_baseline är Lots egen och får inte ange ett dokument. Skriv routine om det står där."
        case Basis.INTERPRETATION:
            if grounds.note is None:
                yield "Grunden interpretation behöver en note som säger vad som tolkats."
    if grounds.section is not None and grounds.source is None:
        yield "En section behöver också source: vilket dokument rubriken står i."
    if grounds.source is not None:
        yield from _citation_problems(pack, grounds.source, grounds.section)


def _citation_problems(pack: Pack, source_id: str, section: str | None) -> Iterator[str]:
    source = pack.source_by_id.get(source_id)
    if source is None:
        yield f"Källan ”{source_id}” finns inte bland rutinens sources. De som finns: {', '.join(pack.source_by_id)}."
    elif section is not None and section not in source.sections:
        yield f"Rubriken ”{section}” finns inte i sections för källan ”{source_id}”. Skriv den precis som i dokumentet."


def _channels(pack: Pack) -> Iterator[Finding]:
    for number, channel in enumerate(pack.channels):
        yield from (Finding(("channels", number, field), message) for field, message in _channel_problems(channel))


def _channel_problems(channel: Channel) -> Iterator[tuple[str, str]]:
    name = channel.label
    ids = [heading.id for heading in channel.headings]
    if len(ids) != len(set(ids)):
        yield "headings", f"{name}: två rubriker i utkastet har samma id."
    if channel.max_characters is not None and channel.max_characters < 1:
        yield "max_characters", f"{name}: max_characters måste vara minst 1. Ta bort fältet om ingen gräns finns."
    if channel.service_level:
        yield from (("service_level", f"{name}: {text}") for text in _service_problems(channel.service_level))
    if channel.kind in SENDING_KINDS:
        yield from _sending_problems(channel)
    elif channel.recipients != "none":
        yield "recipients", f"{name}: en kanal av slaget {channel.kind} skickar ingenting. Skriv recipients: none."


def _sending_problems(channel: Channel) -> Iterator[tuple[str, str]]:
    name = channel.label
    if not any(heading.required for heading in channel.headings):
        yield "headings", f"{name}: utkastet behöver minst en rubrik som måste fyllas i (required: true)."
    if channel.recipients == "none":
        yield "recipients", f"{name}: säg om meddelandet går till en mottagare (one) eller flera (several)."
    if channel.reply_policy == "none":
        yield "reply_policy", f"{name}: säg vad mottagaren gör: answer_every, confirm eller answer."
    if channel.attachments and any(item.check == "attachment" for item in channel.forbidden):
        yield "attachments", f"{name}: bilagor är både tillåtna (attachments) och förbjudna (forbidden). Välj ett."


def _service_problems(level: ServiceLevel) -> Iterator[str]:
    if level.office_opens >= level.office_closes:
        yield "kontorstiden slutar innan den börjar (office_opens, office_closes)."
    for field in ("readings_per_weekday", "earliest_answer_hours", "answer_within_days"):
        number = getattr(level, field)
        if number is not None and number < 1:
            yield f"{field} måste vara minst 1. Ta bort fältet om rutinen inte ger någon tid."
    earliest, within = level.earliest_answer_hours, level.answer_within_days
    if earliest is not None and within is not None and earliest > within * 24:
        yield f"svar kan väntas tidigast efter {earliest} timmar, men ska ha kommit inom {within} dagar. Det går inte ihop."


def _unit_labels(pack: Pack) -> Iterator[Finding]:
    if missing := [str(unit) for unit in UnitType if unit not in pack.unit_labels]:
        yield Finding(("unit_labels",), f"Namn saknas för enheter av typen {', '.join(missing)}.")


def _validity(pack: Pack) -> Iterator[Finding]:
    first, last = pack.validity.first_day, pack.validity.last_day
    if first is not None and last is not None and last < first:
        yield Finding(("validity",), f"Rutinen slutar gälla ({last}) innan den börjar gälla ({first}).")


def _numbers(pack: Pack) -> Iterator[Finding]:
    for number, main in enumerate(pack.numbers):
        if main.verify and main.note is None:
            yield Finding(
                ("numbers", number), f"Numret till {main.name} ska kontrolleras (verify), men note säger inte varför."
            )
        if sum(letter.isdigit() for letter in main.phone) < 5:
            yield Finding(("numbers", number, "phone"), f"”{main.phone}” ser inte ut som ett telefonnummer.")


def _consent_gates(pack: Pack) -> Iterator[Finding]:
    """No message without a gate: each sending channel has one for every state of consent but `given`."""
    for number, channel in enumerate(pack.channels):
        if channel.kind not in SENDING_KINDS:
            continue
        for state in (ConsentState.NOT_ASKED, ConsentState.REFUSED, ConsentState.UNABLE):
            if not any(
                _gates(duty.when, duty.channels, channel.id, state)
                for duty in pack.duties
                if _is_gate(duty.kind, duty.rules)
            ):
                yield Finding(
                    ("channels", number),
                    f"{channel.label} saknar en spärr (duty av slaget gate) för samtycke {state}. Utan den kan något skickas för tidigt.",
                )


def _is_gate(kind: DutyKind, rules: Sequence[str]) -> bool:
    return kind is DutyKind.GATE and not rules


def _gates(when: Condition, channels: Sequence[str], channel: str, state: ConsentState) -> bool:
    return set(when) == {Fact.CONSENT} and state in when[Fact.CONSENT] and (not channels or channel in channels)


def _asking(pack: Pack) -> Iterator[Finding]:
    """Groups and likely recipients only put answers in order: no answer stands twice. A topic in no group is offered beside them."""
    grouped = Counter(topic for group in pack.topic_groups for topic in group.topics)
    for place, group in enumerate(pack.topic_groups):
        for number, topic in enumerate(group.topics):
            if topic not in pack.topic_by_id:
                yield Finding(("topic_groups", place, "topics", number), f"Ämnet ”{topic}” finns inte bland topics.")
            elif grouped[topic] > 1:
                yield Finding(("topic_groups", place, "topics", number), f"”{topic}” står i flera grupper. Behåll en.")
    for sender, recipients in pack.likely_recipients.items():
        if len(set(recipients)) < len(recipients):
            yield Finding(
                ("likely_recipients", str(sender)), f"Samma mottagare står två gånger för {sender}. Behåll en."
            )


CHECKS: Final[tuple[Callable[[Pack], Iterable[Finding]], ...]] = (
    _unique,
    _order,
    _last_row,
    _references,
    _conditions,
    _assumptions,
    _grounds,
    _channels,
    _unit_labels,
    _asking,
    _validity,
    _numbers,
    _consent_gates,
)
