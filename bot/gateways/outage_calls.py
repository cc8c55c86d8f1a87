"""Calls, reports and news of outages over HTTP, for the message API's gateway. Decides nothing and stores nothing."""

from typing import Final

from pydantic import TypeAdapter

from bot.events import CallMade, CallNoted, CommandDone, CommandFailed, OutageNotice, Outcome
from bot.gateways import wire
from bot.gateways.http import Door, Problem
from bot.outages import OutageNews, OutagePage
from bot.ports import ApiDownError
from bot.requests import MakeCall, NoteCall, ReportOutage

API: Final = "/api/v1"
_BODY: Final = TypeAdapter(dict[str, object])
NO_KEY: Final = "report"
LONGEST: Final = 8000


async def carry_out(door: Door, command: MakeCall | NoteCall | ReportOutage, headers: dict[str, str]) -> Outcome:
    match command:
        case MakeCall():
            return await _make(door, command, headers)
        case NoteCall():
            return await _note(door, command, headers)
        case ReportOutage():
            body = _BODY.dump_json({"wide": command.wide})
            said = await door.post(wire.REPORTED, f"{API}/outages/reports", headers, body, NO_KEY)
            if isinstance(said, Problem):
                return CommandFailed(command.type, said.code, said.detail)
            return CommandDone(command.type)


async def _make(door: Door, command: MakeCall, headers: dict[str, str]) -> Outcome:
    numbers = [{"name": number.name, "phone": number.phone} for number in command.numbers]
    body = _BODY.dump_json({"numbers": numbers, "said": command.said[:LONGEST]})
    made = await door.post(wire.CALL, f"{API}/calls", headers, body, command.idempotency_key)
    if isinstance(made, Problem):
        return CommandFailed(command.type, made.code, made.detail)
    return CallMade(made.id, made.number, made.name, made.phone, made.url)


async def _note(door: Door, command: NoteCall, headers: dict[str, str]) -> Outcome:
    body = _BODY.dump_json({"outcome": command.outcome})
    path = f"{API}/calls/{command.call_id}/notes"
    noted = await door.post(wire.CALL, path, headers, body, command.idempotency_key)
    if isinstance(noted, Problem):
        return CommandFailed(command.type, noted.code, noted.detail)
    outcome = noted.outcome or command.outcome
    return CallNoted(noted.id, noted.number, outcome, noted.name, noted.phone, noted.url, noted.retry_at)


async def news(door: Door, after: str) -> OutagePage:
    found = await door.get(wire.NOTICES, f"{API}/outages/notices", door.behalf(None), {"after": after})
    if isinstance(found, Problem):
        raise ApiDownError(f"outages: {found.code}")
    told = tuple(
        OutageNews(
            item.cursor,
            item.staff_id,
            OutageNotice(
                item.kind,
                item.system,
                item.exercise,
                item.planned_from if item.kind == "planned" else item.started_at,
                item.call_id,
                item.number,
                item.name,
                item.phone,
            ),
        )
        for item in found.items
    )
    return OutagePage(told, found.next)
