"""The outage form as a value: every box and line of it by role, blank or filled from call notes. Draws nothing; PDF and page show the same."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from knowledge.directory import Unit
from knowledge.outage import Number, OutageRoutine, Role
from knowledge.pack import Pack
from triage.outage.during import Reachable, steps

Text = Callable[..., str]
NEAREST = 3
"""How many units' own numbers fit under a call."""


@dataclass(frozen=True, slots=True)
class CallLine:
    to: str
    numbers: tuple[str, ...]
    reached: str = ""


@dataclass(frozen=True, slots=True)
class SayLine:
    """One thing given or received. `comment` holds the name of the person spoken with."""

    what: str
    given: bool = False
    received: bool = False
    when: str = ""
    signature: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SipSheet:
    parties: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What is known already. Empty: a blank form."""

    unit: str = ""
    number: str = ""
    date: str = ""
    person: str = ""
    admitted: str = ""
    discharged: str = ""
    reached: dict[str, str] | None = None
    """By the call's id: when, and by whom."""
    said: dict[str, SayLine] | None = None
    """By the line's id."""
    more: tuple[SayLine, ...] = ()
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    subtitle: str
    filled: Filled
    calls: tuple[CallLine, ...]
    one_way_in: str
    repeat: str
    say: tuple[SayLine, ...]
    stop: str
    how: tuple[str, ...]
    after: tuple[str, ...]
    do: tuple[str, ...]
    leave: tuple[str, ...]
    paper: tuple[str, ...]
    support: tuple[str, ...]
    numbers: tuple[tuple[str, str, str], ...]
    """Name, number and a note where the number is doubtful."""
    sip: SipSheet | None


def sheet(
    text: Text,
    pack: Pack,
    routine: OutageRoutine,
    role: Role,
    units: Sequence[Unit],
    *,
    municipality: str | None = None,
    filled: Filled | None = None,
    free_rows: int = 3,
) -> Sheet:
    """The form of this role. `units`: those whose own numbers may stand on it; the region's for a filled one, none for a blank."""
    known = filled or Filled()
    status = (
        text("outage.paper.not_adopted")
        if pack.status == "not_adopted"
        else text("outage.paper.in_force", version=pack.version)
    )
    do = [row for row in routine.afterwards if not row.roles or role.id in row.roles]
    sip = routine.sip if routine.sip and role.id in routine.sip.roles else None
    return Sheet(
        title=text("outage.paper.title", role=role.label),
        subtitle=text("outage.paper.subtitle", region=pack.name, system=routine.system, status=status),
        filled=known,
        calls=tuple(_calls(text, routine, role, units, municipality, known)),
        one_way_in=routine.one_way_in.text,
        repeat=text("outage.paper.ask_repeat"),
        say=(*_say(role, known), *known.more, *([SayLine("")] * max(0, free_rows - len(known.more)))),
        stop=routine.no_discharge.text,
        how=tuple(line.text for line in routine.form),
        after=tuple(text(f"outage.paper.after_lines.{name}") for name in ("within", "discharged", "admitted")),
        do=_unique(row.text for row in do if row.do),
        leave=_unique(row.text for row in do if not row.do),
        paper=tuple(line.text for line in role.paper),
        support=(
            routine.support[role.principal].text,
            *(_told(text, n) for n in routine.support_numbers.get(role.principal, ())),
        ),
        numbers=tuple((n.name, n.phone, n.note or "") for n in (routine.switchboard, *routine.municipalities)),
        sip=None
        if sip is None
        else SipSheet(tuple(line.text for line in sip.parties), tuple(line.text for line in sip.notes)),
    )


def _calls(
    text: Text,
    routine: OutageRoutine,
    role: Role,
    units: Sequence[Unit],
    municipality: str | None,
    known: Filled,
) -> list[CallLine]:
    lines = []
    for step in steps(routine, role, units, municipality):
        call = step.call
        to = call.to if call.only_if is None else text("outage.paper.only_if", to=call.to, when=call.only_if)
        listed = () if call.reach == "municipality" and municipality is None else _shortened(step.numbers)
        shown = tuple(_told(text, number) for number in listed)
        lines.append(CallLine(to, shown, (known.reached or {}).get(call.id, "")))
    return lines


def _shortened(numbers: Sequence[Reachable]) -> Sequence[Reachable]:
    direct = [number for number in numbers if number.unit_id is not None]
    return (*direct[:NEAREST], *(number for number in numbers if number.unit_id is None))


def _say(role: Role, known: Filled) -> list[SayLine]:
    said = known.said or {}
    return [said.get(line.id) or SayLine(line.text) for line in role.say]


def _told(text: Text, number: Number | Reachable) -> str:
    phone = text("outage.paper.verify", phone=number.phone) if number.verify else number.phone
    return text("outage.paper.number_line", name=number.name, phone=phone)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
