"""Whom to ring: numbers, whether they answer now, and what to say first. Reads the directory's own data; guesses no number."""

from collections.abc import Sequence
from datetime import time
from typing import Final

from bot.findings import OpeningHours, UnitCard
from bot.phases.screens import call_link, t
from bot.replies import Link, Text
from bot.tools import Tools
from knowledge.pack import Pack
from knowledge.vocabulary import UnitType
from triage.working_time import STOCKHOLM

SUNDAY: Final = 6


def number_lines(units: Sequence[UnitCard], tools: Tools) -> tuple[Text, ...]:
    """Each unit with its number and when it answers, and the on-call number when it is closed."""
    return tuple(line for unit in units for line in _unit(unit, tools))


def _unit(unit: UnitCard, tools: Tools) -> tuple[Text, ...]:
    if unit.phone is None:
        return (t("chat.phone.no_number", name=unit.name),)
    hours = unit.hours_text or t("chat.phone.hours_unknown")
    if not unit.hours:
        return (t("chat.phone.number", name=unit.name, phone=unit.phone, hours=hours),)
    if is_open(unit, tools):
        return (t("chat.phone.open", name=unit.name, phone=unit.phone, hours=hours),)
    return t("chat.phone.closed", name=unit.name, phone=unit.phone, hours=hours), _on_call(unit)


def _on_call(unit: UnitCard) -> Text:
    if unit.on_call_phone is None:
        return t("chat.phone.no_on_call")
    if unit.on_call_note:
        return t("chat.phone.on_call_note", phone=unit.on_call_phone, note=unit.on_call_note)
    return t("chat.phone.on_call", phone=unit.on_call_phone)


def is_open(unit: UnitCard, tools: Tools) -> bool:
    """Whether the unit answers now, by its own hours; on a public holiday as on a Sunday."""
    local = tools.now.astimezone(STOCKHOLM)
    day = SUNDAY if tools.is_holiday(local.date()) else local.weekday()
    return any(_covers(row, day, local.time()) for row in unit.hours)


def _covers(row: OpeningHours, day: int, clock: time) -> bool:
    """A close at or before the opening is on the next day, so 00:00 to 00:00 is round the clock."""
    if row.opens < row.closes:
        return day in row.days and row.opens <= clock < row.closes
    return (day in row.days and clock >= row.opens) or ((day - 1) % 7 in row.days and clock < row.closes)


def links(units: Sequence[UnitCard], tools: Tools) -> tuple[Link, ...]:
    """Numbers one tap away: the unit's own when it is open, else the on-call number where there is one."""
    found = []
    for unit in units:
        closed = bool(unit.hours) and not is_open(unit, tools)
        phone = unit.on_call_phone if closed and unit.on_call_phone else unit.phone
        if phone:
            found.append(call_link(t("chat.literal", text=unit.name), phone))
    return tuple(found)


def main_numbers(pack: Pack) -> tuple[tuple[Text, ...], tuple[Link, ...]]:
    """The pack's own public numbers, for when no unit is known."""
    lines = tuple(
        t("chat.phone.main_verify" if number.verify else "chat.phone.main", name=number.name, phone=number.phone)
        for number in pack.numbers
    )
    return lines, tuple(call_link(t("chat.literal", text=n.name), n.phone) for n in pack.numbers if not n.verify)


def say_first(sender: UnitType, unit_name: str) -> tuple[Text, ...]:
    """What to say when someone answers."""
    key = "chat.phone.say_first_other" if sender is UnitType.OTHER_PARTY else "chat.phone.say_first"
    return (t(key, unit=unit_name),)
