"""10,000 bodies that nobody would write over every POST and PUT of API and pages; wrong encodings, sizes, paths, codes and sessions. No 5xx, nothing stored.

`python -m bench.soak_bad_input 500` for fewer. Inside one process: what is tried is what Lots does with it, not the way there.
"""

import asyncio
import io
import json
import random
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from starlette.routing import Route

from api.enrolment import service as enrolment
from api.staff import service as staff
from common.clock import FixedClock
from common.database import Database
from common.log import configure
from common.settings import Settings
from tests.api.test_authorisation import ROUTES
from tests.api.test_fuzz import ODD, changed, places
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, RECEIVING_UNIT, order
from tests.support.databases import START
from tests.support.house import House, open_house
from tests.support.rest import person

BODIES: Final = 10_000
SEED: Final = 1912
OUT: Final = frozenset({"/sign-out", "/demo", "/profile/sessions"})
"""Where a session ends or becomes another's."""
CHAT: Final = ("POST", "/chat/{conversation}/events")
EVENT: Final = {"message_id": "1", "text": "Levaxin är slut om två veckor"}
DRAFT: Final = {"channel": "message_outside_care_episode", "pack": "halland-2024", "sender_unit": NURSE_UNIT}
JSON: Final = "application/json"
TRICKS: Final = (
    *(
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/keys.json",
        "%00",
        "x%00.json",
        "%ff%fe",
        "%c0%ae%c0%ae%c0%af",
        "%",
        "%zz",
    ),
    *(
        "a" * 9_000,
        "%0d%0aX-A:%20b",
        "..;/admin",
        "\\..\\..\\keys.json",
        "%F0%9F%98%80",
        "-",
        "'%22<x>",
        "{message_id}",
        "//",
    ),
)


class Trial:
    """Sends, and keeps what was wrong. Rows are counted before and after whatever was refused."""

    def __init__(self, house: House, file: Path) -> None:
        self.house = house
        self.sent: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._db = sqlite3.connect(file)
        tables = [
            name
            for (name,) in self._db.execute("select name from sqlite_master where type = 'table' and name != 'audit'")
        ]
        self._count = "select " + " + ".join(f'(select count(*) from "{name}")' for name in tables)  # noqa: S608 - our own tables
        self.begin()

    def begin(self) -> None:
        """After something was stored on purpose."""
        self._rows = self.rows()

    def rows(self) -> int:
        (found,) = self._db.execute(self._count).fetchone()
        self._db.rollback()
        return int(found)

    def close(self) -> None:
        self._db.close()

    async def send(self, client: httpx2.AsyncClient, method: str, path: str, what: str, **more: Any) -> httpx2.Response:
        try:
            answer = await client.request(method, path, **more)
        except httpx2.InvalidURL:
            return httpx2.Response(400)
        self.sent[answer.status_code] += 1
        rows = self.rows()
        if answer.status_code >= 500:
            self.wrong.append(f"{method} {path[:60]} {what}: {answer.status_code}")
        if answer.status_code >= 400 and rows != self._rows:
            self.wrong.append(f"{method} {path[:60]} {what}: {answer.status_code}, but {rows - self._rows} rows more")
        self._rows = rows
        return answer

    def ought(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


def main(bodies: int = BODIES) -> bool:
    configure("error", io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        trial = asyncio.run(tried(Path(folder), bodies))
    print(f"{sum(trial.sent.values())} calls: {dict(sorted(trial.sent.items()))}; {len(trial.wrong)} wrong")
    for line in trial.wrong[:20]:
        print(f"    {line}", flush=True)
    return not trial.wrong


async def tried(folder: Path, bodies: int) -> Trial:
    settings = Settings(data_dir=folder, base_url="http://lots.test", limit_key=10**7, limit_person=10**7)
    settings = settings.model_copy(update={"limit_writes": 10**7, "limit_refused": 10**7})
    db, clock = Database(settings.url), FixedClock(START)
    await db.migrate()
    try:
        async with open_house(db, clock, settings) as house:
            trial = Trial(house, folder / "lots.sqlite3")
            try:
                await fuzzed(trial, bodies)
                await encodings(trial)
                await paths(trial)
                await codes(trial)
                await sessions(trial)
            finally:
                trial.close()
            return trial
    finally:
        await db.close()


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def seeds() -> list[tuple[str, str, Any]]:
    """Every POST and PUT with a body that is right."""
    found = [(method, path, body) for (method, path), (_, body) in ROUTES.items() if method in ("POST", "PUT")]
    return [*found, (*CHAT, EVENT)]


async def fuzzed(trial: Trial, bodies: int) -> None:
    """Three quarters to the API by a person's key, a quarter to the pages in her session, with the form's own token."""
    chance, house = random.Random(SEED), trial.house
    routes, forms = seeds(), pages(house)
    known = await things(house)
    key = await house.person_key(NURSE)
    headers = {"authorization": f"Bearer {key}", "content-type": JSON}
    async with house.browser() as program, house.browser(NURSE) as browser:
        trial.begin()
        token = re.search(r'name="csrf"[^>]*value="([^"]+)"', (await browser.get("/")).text)
        for number in range(bodies):
            if number % 4 == 3:
                fields = {"csrf": token[1] if token else ""} | {
                    chance.choice(FIELDS): str(chance.choice(ODD)) for _ in range(chance.randint(0, 6))
                }
                content = urlencode(fields, errors="replace").encode()
                form = {"content-type": "application/x-www-form-urlencoded"}
                path = filled(chance.choice(forms), known, chance)
                await trial.send(browser, "POST", path, "form", content=content, headers=form, follow_redirects=False)
                continue
            method, path, body = chance.choice(routes)
            content = json.dumps(odd(body, chance)).encode()
            keyed = {**headers, "idempotency-key": f"bad-{number}"}
            path = filled(f"/api/v1{path}", known, chance)
            await trial.send(program, method, path, "body", content=content, headers=keyed)


FIELDS: Final = (
    "staff",
    "code",
    "text",
    "reason",
    "unit",
    "recipient_unit",
    "item",
    "subject",
    "on",
    "label",
    "outcome",
)


def odd(body: Any, chance: random.Random) -> Any:
    if not isinstance(body, dict) or chance.random() < 0.1:
        return chance.choice(ODD)
    made = {**body, "surplus": 1} if chance.random() < 0.1 else body
    spots = list(places(made))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if spots:
            try:
                made = changed(made, chance.choice(spots), chance.choice(ODD))
            except (KeyError, IndexError, TypeError):
                continue
    return made


def pages(house: House) -> list[str]:
    found = (route for route in house.app.routes if isinstance(route, Route))
    return sorted({route.path for route in found if "POST" in (route.methods or ()) and route.path not in OUT})


async def things(house: House) -> dict[str, list[str]]:
    """What is there to be done something with, by the name that addresses have for it."""
    desk = house.desk
    messages = [await desk.handed_over() for _ in range(5)]
    draft = await desk.call("POST", "/drafts", body=DRAFT)
    call = await desk.call(
        "POST", "/calls", body={"numbers": [{"name": "Växeln", "phone": "0611-800 00"}]}, key=desk.new_key()
    )
    return {
        "message_id": messages,
        "draft_id": [draft.json()["id"]],
        "call_id": [call.json()["id"]],
        "unit_id": [NURSE_UNIT, RECEIVING_UNIT],
        "conversation": ["soak", "a b", "x" * 200],
    }


def filled(path: str, known: dict[str, list[str]], chance: random.Random) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda name: chance.choice(known.get(name[1], ["nothing"])), path)


# ── encodings, sizes, paths ─────────────────────────────────────────────────────────────────────────────────────────────


def unreadable(body: Any) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    whole = json.dumps(body, ensure_ascii=False)
    yield "UTF-16", whole.encode("utf-16"), {}
    yield "UTF-16 without a mark", whole.encode("utf-16-le"), {}
    yield "UTF-32", whole.encode("utf-32"), {}
    yield "Latin-1 said to be UTF-8", f"å{whole}".encode("latin-1"), {}
    yield "broken UTF-8", whole.encode()[:-1] + b"\xc3\x28", {}
    yield "a half character", b'{"text": "\xed\xa0\x80"}', {}
    yield "an escaped half character", b'{"text": "\\ud800", "subject": "\\udfff"}', {}
    yield "a NUL", b'{"text": "a\\u0000b", "reason": "\x00"}', {}
    yield "nothing", b"", {}
    yield "deep", b'{"text":' + b"[" * 50_000 + b"]" * 50_000 + b"}", {}
    yield "a number of 10,000 digits", b'{"text": ' + b"9" * 10_000 + b"}", {}
    yield "not a number", b'{"text": NaN, "wide": Infinity}', {}
    yield "twice the same field", b'{"text": "a", "text": null}', {}
    yield "oversized", b'{"text": "' + b"x" * 600_000 + b'"}', {}
    yield "a form", b"text=a", {"content-type": "application/x-www-form-urlencoded"}
    yield "no type", whole.encode()[:-1], {"content-type": ""}
    yield "said to be packed", whole.encode()[:-1], {"content-encoding": "gzip"}
    yield "files", b"--x\r\n\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}


async def encodings(trial: Trial) -> None:
    chance, known = random.Random(SEED), await things(trial.house)
    key = await trial.house.person_key(RECEIVER)
    trial.begin()
    async with trial.house.browser() as client:
        for method, path, body in seeds():
            for what, content, more in unreadable(body):
                headers = {"authorization": f"Bearer {key}", "content-type": JSON, "idempotency-key": "enc", **more}
                at = filled(f"/api/v1{path}", known, chance)
                await trial.send(client, method, at, what, content=content, headers=headers)
        headers = {"authorization": f"Bearer {key}", "content-type": JSON, "idempotency-key": "one"}
        for what, content, more in unreadable(order()):
            answer = await trial.send(
                client, "POST", "/api/v1/messages", what, content=content, headers={**headers, **more}
            )
            trial.ought(400 <= answer.status_code < 500, f"a message in {what}: {answer.status_code}")


async def paths(trial: Trial) -> None:
    house = trial.house
    key = await house.person_key(NURSE)
    trial.begin()
    api = [path for path in house.app.openapi()["paths"] if "{" in path]
    async with house.browser() as program, house.browser(NURSE) as browser:
        trial.begin()
        for trick in TRICKS:
            for path in api:
                at = re.sub(r"\{\w+\}", lambda _: trick, path)  # noqa: B023 - used at once
                answer = await trial.send(program, "GET", at, "trick", headers={"authorization": f"Bearer {key}"})
                trial.ought("root:" not in answer.text, f"{path}: a file of the machine")
            for place in ("/static/", "/messages/", "/drafts/", "/outage/", "/chat/", "/"):
                answer = await trial.send(browser, "GET", f"{place}{trick}", "trick", follow_redirects=False)
                trial.ought("lookup" not in answer.text, f"{place}: the keys")


# ── codes and sessions ──────────────────────────────────────────────────────────────────────────────────────────────────


async def codes(trial: Trial) -> None:
    """One-time links and enrolment codes: used twice, too late, by another, made up."""
    house = trial.house
    desk, clock = house.desk, house.clock
    code = (await enrolment.make_code(house.api, await person(desk, NURSE))).text
    redeemed = {"code": code, "client": "telegram", "account": "1001"}
    first = await desk.call("POST", "/enrolments/redeem", by=None, body=redeemed)
    trial.ought(first.status_code == 200, f"a code that is right: {first.status_code}")
    late = (await enrolment.make_code(house.api, await person(desk, NURSE))).text
    clock.advance(timedelta(minutes=30))
    links = [(await staff.make_sign_in_link(house.api, NURSE)).rpartition("code=")[2] for _ in range(2)]
    await staff.use_sign_in_link(house.api, links[0])
    clock.advance(timedelta(hours=2))
    trial.begin()
    headers = {"authorization": f"Bearer {desk.bot_key}"}
    async with house.browser() as client:
        for body in ({**redeemed, "account": "1002"}, {**redeemed, "code": late}, {**redeemed, "code": "made-up"}):
            answer = await trial.send(client, "POST", "/api/v1/enrolments/redeem", "code", json=body, headers=headers)
            trial.ought(answer.status_code == 403, f"a code replayed, late or made up: {answer.status_code}")
        for link in (*links, "made-up", "", "%00", "x" * 5_000):
            page = await client.get(f"/sign-in?code={link}")
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
            answer = await trial.send(client, "POST", "/sign-in", "link", data={**hidden, "code": link})
            trial.ought(400 <= answer.status_code < 500, f"a link replayed, late or made up: {answer.status_code}")
            me = await trial.send(client, "GET", "/api/v1/me", "link")
            trial.ought(me.status_code == 401, "signed in by a link that does not count")


async def sessions(trial: Trial) -> None:
    """A session's cookie in other hands: from another site, after its time, after sign-out, changed, as a key."""
    house = trial.house
    token = await house.session(NURSE)
    cookie = {"cookie": f"lots_session={token}"}
    trial.begin()
    async with house.browser() as client:
        whose = await trial.send(client, "GET", "/api/v1/me", "session", headers=cookie)
        trial.ought(whose.status_code == 200, "her own session")
        for more in ({"origin": "http://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            answer = await trial.send(
                client, "POST", "/api/v1/messages", "cross-site", json=order(), headers={**cookie, **more}
            )
            trial.ought(answer.status_code == 403, f"another site with her session: {answer.status_code}")
        for path in pages(house):
            at = filled(path, {}, random.Random(SEED))
            answer = await trial.send(client, "POST", at, "no token", data={}, headers=cookie, follow_redirects=False)
            trial.ought(answer.status_code != 200, f"{path} without the form's token: {answer.status_code}")
        stolen = ({"cookie": f"lots_session={token[:-1]}x"}, {"authorization": f"Bearer {token}"})
        for headers in stolen:
            answer = await trial.send(client, "GET", "/api/v1/me", "stolen", headers=headers)
            trial.ought(answer.status_code == 401, f"a session changed or as a key: {answer.status_code}")
        house.clock.advance(timedelta(hours=10))
        answer = await trial.send(client, "GET", "/api/v1/me", "old", headers=cookie)
        trial.ought(answer.status_code == 401, f"a session after its time: {answer.status_code}")


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
