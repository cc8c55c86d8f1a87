"""What is personal lies sealed: no canary of text, name or number in the database, its log, the logs or the metrics."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlmodel import select

from api.messages.tables import MessageRow
from common.errors import SealBroken
from tests.support import rest
from tests.support.api import CANARY_NAME, CANARY_TEXT, OTHER_UNIT, PERSON_ID, RECEIVER, VGR_NURSE, Desk

CANARIES = (
    CANARY_TEXT,
    CANARY_NAME,
    PERSON_ID,
    PERSON_ID.replace("-", ""),
    "Fråga om blodtryck",
    "Kanarie",
    "distriktssköterskan Kvitter",
    "Kvittrande svar",
    "Kvittrande skäl",
    "Kvittrande tillägg",
    "Kvittrande utkast",
    *rest.CANARIES,
)


async def live(desk: Desk) -> None:
    """A message's whole life, with a canary wherever words can be put."""
    consent = {
        "state": "unable",
        "decided_by": "distriktssköterskan Kvitter",
        "reason": "Kvittrande skäl",
    }
    message = await desk.handed_over(consent=consent)
    await desk.call("POST", f"/messages/{message}/answers", by=RECEIVER, body={"text": "Kvittrande svar"})
    second = await desk.handed_over()
    forward = {"recipient_unit": OTHER_UNIT, "reason": "Kvittrande skäl"}
    await desk.call("POST", f"/messages/{second}/forwardings", by=RECEIVER, body=forward)
    living = await desk.vgr_handed_over()
    supplement = {"heading": "Kanarie", "text": "Kvittrande tillägg"}
    await desk.call("POST", f"/messages/{living}/supplements", by=VGR_NURSE, body=supplement)
    draft = {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": "halland-hemsjukvard-halmstad",
        "subject": "Kvittrande utkast",
        "person": {"id_type": "personnummer", "id": PERSON_ID, "name": CANARY_NAME},
    }
    await desk.call("POST", "/drafts", body=draft)
    await desk.inbox()
    await desk.hand_over(person={"id_type": "personnummer", "id": "191212121213"})
    await desk.work()


async def everything_stored(desk: Desk) -> str:
    """Every value of every table; on SQLite the bytes of the file and its write-ahead log too."""
    found: list[str] = []
    async with desk.api.db.read() as session:
        connection = await session.connection()
        meta = MetaData()
        await connection.run_sync(meta.reflect)
        for table in meta.sorted_tables:
            rows = (await connection.execute(table.select())).all()
            found += [repr(tuple(row)) for row in rows if table.name != "unit"]
    if desk.api.db.is_sqlite:
        found += files(Path(str(desk.api.db.url.database)))
    return "\n".join(found)


def files(database: Path) -> list[str]:
    return [file.read_bytes().decode("utf-8", errors="replace") for file in database.parent.glob(database.name + "*")]


async def test_no_canary_lies_open_in_the_database(desk: Desk) -> None:
    await live(desk)
    await rest.the_rest(desk)
    stored = await everything_stored(desk)
    assert [canary for canary in CANARIES if canary in stored] == []
    assert len(stored) > 10_000


async def test_no_canary_comes_into_logs_or_metrics(
    desk: Desk, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(desk)
    await rest.the_rest(desk)
    metrics = (await desk.call("GET", "/metrics")).text
    printed = capsys.readouterr()
    everything = metrics + printed.out + printed.err + log.getvalue()
    assert [canary for canary in CANARIES if canary in everything] == []
    assert re.search(r'lots_requests_total\{.*status="201"\}', metrics)


async def test_a_sealed_text_does_not_open_in_another_message(desk: Desk) -> None:
    first, second = await desk.handed_over(), await desk.handed_over(subject="Annat")
    async with desk.api.db.write() as session:
        one, other = await session.get(MessageRow, first), await session.get(MessageRow, second)
        assert one is not None
        assert other is not None
        one.content = other.content
    response = await desk.call("GET", f"/messages/{first}")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    with pytest.raises(SealBroken):
        desk.api.cipher.open(str(other.content), f"message:{first}:content")


async def test_a_person_is_found_by_a_keyed_hash_that_is_the_same_for_every_way_to_write_the_number(desk: Desk) -> None:
    for written in (PERSON_ID, "191212121212", "19121212 1212"):
        await desk.handed_over(person={"id_type": "personnummer", "id": written})
    async with desk.api.db.read() as session:
        hashes = (await session.exec(select(MessageRow.person_hash))).all()
    assert len(set(hashes)) == 1
    assert re.fullmatch(r"[0-9a-f]{64}", str(hashes[0]))


async def test_every_seal_of_the_same_words_is_another(desk: Desk) -> None:
    await desk.handed_over()
    await desk.handed_over()
    async with desk.api.db.read() as session:
        contents = (await session.exec(text("SELECT content FROM message"))).all()  # type: ignore[call-overload]
    assert len({row[0] for row in contents}) == 2
