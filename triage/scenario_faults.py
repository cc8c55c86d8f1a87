"""What is wrong with a scenario: shape, facts, key, distractors, sources, identities; each with its place. Pure; mends nothing.

The key is the engine's (`triage.scenarios`); an author who says otherwise is told what the routine says.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from knowledge.errors import DataError, DataErrors
from knowledge.names import Names
from knowledge.pack import Pack
from knowledge.registry import Registry, UnknownPack
from knowledge.scenario import EMERGENCY_NUMBER, RECIPIENT, Choice, Kind, Scenario, Scenarios, Step, shape_faults
from knowledge.vocabulary import DERIVED, SENDING_KINDS, Fact
from triage.decide import Ask, Conflict, Decided, with_context
from triage.identity import identify
from triage.reach import live_facts, reach, rows_for
from triage.scenarios import decision_at, facts_at, possible_value, recipient_at, whom

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a scenario: where in it, and what to do, in Swedish for the one who wrote it."""

    loc: Loc
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Every error with file and line, how many scenarios there are, and channels that are never the right answer."""

    errors: tuple[DataError, ...]
    by_pack: dict[str, int]
    unused: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(self.by_pack.values())


def review_scenarios(scenarios: Scenarios, registry: Registry, names: Names) -> Report:
    """Every scenario against its pack."""
    errors: list[DataError] = []
    by_pack = {pack.id: 0 for pack in registry.packs}
    right: dict[str, set[str]] = {pack.id: set() for pack in registry.packs}
    for scenario in scenarios.all:
        origin = scenarios.origins[scenario.id]
        try:
            pack = registry.pack(scenario.pack)
        except UnknownPack as error:
            errors.append(origin.error(("id",), str(error)))
            continue
        by_pack[pack.id] += 1
        errors.extend(
            origin.error(fault.loc, f"{scenario.id}: {fault.message}") for fault in faults(scenario, pack, names)
        )
        answers = (step.answer for step in scenario.steps)
        right[pack.id] |= {answer.channel for answer in answers if answer is not None and answer.channel is not None}
    unused = tuple(
        f"{pack.id}: {channel}"
        for pack in registry.packs
        for channel in sorted({row.channel for row in pack.rows} - right[pack.id])
    )
    return Report(tuple(sorted(set(errors))), by_pack, unused)


def check_scenarios(scenarios: Scenarios, registry: Registry, names: Names) -> Report:
    """As `review_scenarios`. Raises DataErrors when anything is wrong."""
    report = review_scenarios(scenarios, registry, names)
    if report.errors:
        raise DataErrors(report.errors)
    return report


def faults(scenario: Scenario, pack: Pack, names: Names) -> tuple[Fault, ...]:
    """Everything wrong with one scenario by this pack, a trainer's own too: shape, facts, key, distractors, sources, identities."""
    found = [Fault(loc, message) for loc, message in shape_faults(scenario)]
    if not pack.validity.covers(scenario.day):
        found.append(
            Fault((), f"{pack.id} gäller inte {scenario.day}. Välj en dag när rutinen gäller, eller en annan version.")
        )
    found.extend(_identities(scenario, names))
    found.extend(_points(scenario, pack))
    if any(fault.loc[:1] == ("steps",) for fault in found):
        return tuple(found)
    for number, step in enumerate(scenario.steps):
        at: Loc = ("steps", number)
        impossible = tuple(_impossible(pack, step, at))
        found.extend(impossible or (Fault((*at, *f.loc), f.message) for f in _step(pack, scenario, number)))
        if impossible:
            break
    return tuple(found)


_IDENTITY = {"name": "namn", "phone": "telefonnummer"}
"""Kinds of identity that have another name in Swedish than in the code."""


def _identities(scenario: Scenario, names: Names) -> Iterator[Fault]:
    for loc, text in scenario.texts():
        kinds = sorted({_IDENTITY.get(span.kind, span.kind) for span in identify(text, names)})
        if kinds:
            yield Fault(
                loc, f"Texten verkar innehålla en identitet ({', '.join(kinds)}). Scenarier får inte ha det: skriv om."
            )


def _points(scenario: Scenario, pack: Pack) -> Iterator[Fault]:
    known = {duty.id for duty in pack.duties}
    for number, point in enumerate(scenario.learn):
        if point.rule is not None and point.rule not in pack.order:
            yield Fault(
                ("learn", number, "rule"),
                f"Regeln {point.rule} finns inte i {pack.id}. Välj bland {', '.join(pack.order)}.",
            )
        if point.duty is not None and point.duty not in known:
            yield Fault(("learn", number, "duty"), f"Plikten {point.duty} finns inte i {pack.id}.")


def _impossible(pack: Pack, step: Step, at: Loc) -> Iterator[Fault]:
    """Facts that no answer to any question can give."""
    for fact in (*step.facts, *step.unclear):
        if fact in DERIVED:
            yield Fault(
                (*at, "facts"),
                f"{fact} följer av vem som skriver till vem. Ta bort det, och skriv mottagaren under to.",
            )
    for fact, value in step.facts.items():
        if fact not in DERIVED and not possible_value(pack, fact, value):
            choices = ", ".join(str(one).lower() if isinstance(one, bool) else one for one in pack.values(fact))
            yield Fault((*at, "facts", str(fact)), f"{fact} kan inte vara ”{value}” i {pack.id}. Välj bland {choices}.")


def _step(pack: Pack, scenario: Scenario, number: int) -> Iterator[Fault]:
    step, decision = scenario.steps[number], decision_at(pack, scenario, number)
    if isinstance(decision, Conflict):
        yield Fault(("facts",), "Det som är berättat så här långt kan inte vara sant på en gång. Ändra facts.")
        return
    if step.question is Kind.FIRST:
        yield from _first(pack, scenario, number, decision)
        return
    if isinstance(decision, Ask):
        asked = _public(decision.fact)
        yield Fault(
            ("question",),
            f"Det går inte att avgöra ännu: {asked} är inte berättat. Skriv det under facts, eller fråga ”first”.",
        )
        return
    match step.question:
        case Kind.CHANNEL:
            yield from _channel(pack, step, decision)
        case Kind.CALL:
            yield from _call(pack, step, decision)
        case Kind.WRITE:
            yield from _write(step, decision)
        case _:
            yield from _content(step, decision)


def _channel(pack: Pack, step: Step, decided: Decided) -> Iterator[Fault]:
    answer = step.answer
    right, rule = decided.channel.id, decided.row.id
    if answer is not None and answer.channel != right:
        yield Fault(
            ("answer", "channel"),
            f"Rutinen säger {right} (regel {rule}), inte {answer.channel}. Rätta svaret eller facts.",
        )
    elif answer is not None and answer.rule != rule:
        yield Fault(("answer", "rule"), f"Det är regel {rule} som avgör, inte {answer.rule}.")
    for number, distractor in enumerate(step.distractors):
        if distractor.channel not in pack.channel_by_id:
            yield Fault(
                ("distractors", number),
                f"Kanalen {distractor.channel} finns inte i {pack.id}. Välj bland {', '.join(pack.channel_by_id)}.",
            )
        elif distractor.channel == right:
            yield Fault(("distractors", number), f"{right} är det rätta svaret och kan inte vara ett felaktigt.")


def _public(fact: Fact) -> str:
    return RECIPIENT if fact is Fact.RECIPIENT_TYPE else str(fact)


def _first(pack: Pack, scenario: Scenario, number: int, decision: Decided | Ask) -> Iterator[Fault]:
    step = scenario.steps[number]
    if isinstance(decision, Decided):
        yield Fault(
            ("question",),
            f"Ingenting behöver frågas: det är {decision.channel.id} hur det än är med resten. Skriv det som är oklart under unclear.",
        )
        return
    asked = _public(decision.fact)
    if step.answer is not None and step.answer.fact != asked:
        yield Fault(("answer", "fact"), f"Rutinen behöver först veta {asked}, inte {step.answer.fact}.")
    equal = {_public(fact) for fact in _as_good(pack, scenario, number)}
    askable = {_public(fact) for fact in Fact if fact not in DERIVED or fact is Fact.RECIPIENT_TYPE}
    for place, distractor in enumerate(step.distractors):
        if distractor.fact not in askable:
            yield Fault(
                ("distractors", place),
                f"{distractor.fact} går inte att fråga om. Välj bland {', '.join(sorted(askable))}.",
            )
        elif distractor.fact in equal:
            yield Fault(
                ("distractors", place),
                f"{distractor.fact} är lika rätt att fråga om först, så det kan inte vara ett felaktigt svar.",
            )


def _as_good(pack: Pack, scenario: Scenario, number: int) -> AbstractSet[Fact]:
    """The facts that the first open row turns on: none of them is a wrong question."""
    facts = with_context(facts_at(scenario, number), scenario.unit_type, recipient_at(scenario, number))
    live = live_facts(reach(pack, scenario.unit_type, facts).leaves)
    return next((here for row in rows_for(pack, scenario.unit_type) if (here := live & row.when.keys())), frozenset())


def _content(step: Step, decided: Decided) -> Iterator[Fault]:
    """What must be, or must not be, in the message: grounded in the channel's headings, in what it keeps out, or in a duty of now."""
    grounds = grounds_of(step.question, decided)
    if step.answer is not None and not _grounded(step.answer, grounds):
        yield Fault(
            ("answer",),
            f"Svarets grund gäller inte här. Det som gäller i {decided.channel.id}: {', '.join(sorted(grounds))}.",
        )
    for number, distractor in enumerate(step.distractors):
        if _grounded(distractor, grounds):
            yield Fault(
                ("distractors", number), "Det här svaret är rätt enligt rutinen, så det kan inte vara ett felaktigt."
            )


def grounds_of(kind: Kind, decided: Decided) -> frozenset[str]:
    channel = decided.channel
    duties = {f"duty {duty.id}" for duty in decided.duties}
    if kind is Kind.INCLUDE:
        return frozenset({f"heading {h.id}" for h in channel.headings if h.required} | duties)
    return frozenset({f"forbidden {content.check}" for content in channel.forbidden} | duties)


def _grounded(choice: Choice, grounds: AbstractSet[str]) -> bool:
    named = {"heading": choice.heading, "forbidden": choice.forbidden, "duty": choice.duty}
    return any(f"{kind} {name}" in grounds for kind, name in named.items() if name is not None)


def _call(pack: Pack, step: Step, decided: Decided) -> Iterator[Fault]:
    answer = step.answer
    if answer is None:
        return
    if answer.duty is not None:
        right = named_in(pack, decided, answer.duty)
        if not right:
            yield Fault(("answer", "duty"), f"Plikten {answer.duty} gäller inte här, eller säger inte vem man ringer.")
            return
    else:
        right = whom(pack, decided)
    if not set(answer.named) & right:
        yield Fault(("answer",), f"Rutinen säger {', '.join(sorted(right)) or 'inte att man ringer någon'}.")
    known = {f"number:{number.name}" for number in pack.numbers} | {f"number:{EMERGENCY_NUMBER}"}
    for place, distractor in enumerate(step.distractors):
        if distractor.number is not None and not set(distractor.named) & known:
            yield Fault(("distractors", place), f"Numret ”{distractor.number}” finns inte bland numbers i {pack.id}.")
        elif set(distractor.named) & right:
            yield Fault(
                ("distractors", place), "Det här svaret är rätt enligt rutinen, så det kan inte vara ett felaktigt."
            )


def named_in(pack: Pack, decided: Decided, duty_id: str) -> frozenset[str]:
    """The kinds of unit and the numbers that a duty's own text names, where it holds now."""
    duty = next((duty for duty in decided.duties if duty.id == duty_id), None)
    if duty is None:
        return frozenset()
    text = duty.text.casefold()
    units = {f"unit:{unit}" for unit, words in pack.unit_labels.items() if words.casefold() in text}
    return frozenset(units | {f"number:{number.name}" for number in pack.numbers if number.phone in duty.text})


def _write(step: Step, decided: Decided) -> Iterator[Fault]:
    channel = decided.channel
    if channel.kind not in SENDING_KINDS:
        yield Fault(
            ("question",),
            f"Rutinen säger {channel.id}, och där skrivs inget. En skrivövning behöver ett ärende som skickas.",
        )
        return
    known = {heading.id for heading in channel.headings}
    for heading in step.model:
        if heading not in known:
            yield Fault(
                ("model", heading),
                f"Rubriken {heading} finns inte i {channel.id}. Välj bland {', '.join(h.id for h in channel.headings)}.",
            )
    for needed in channel.headings:
        if needed.required and needed.id not in step.model:
            yield Fault(("model",), f"Rubriken {needed.id} måste fyllas i, så förslaget behöver den.")
    length = sum(map(len, step.model.values()))
    if channel.max_characters is not None and length > channel.max_characters:
        yield Fault(("model",), f"Förslaget är {length} tecken. Kanalen tar {channel.max_characters}.")
