"""The front door: command line and composition; the only file that knows every part. Holds no rules and no words of its own.

Heavy parts are imported where they are used, so that a command starts as fast as what it needs.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Coroutine
    from types import FrameType

    from fastapi import FastAPI

    from api.context import Api
    from bot.assemble import Bot
    from common.backup import Manifest
    from common.clock import Clock
    from common.crypto import Cipher
    from common.database import Database
    from common.sealed import Registry
    from common.settings import Settings
    from knowledge.bundle import Knowledge
    from knowledge.pack import Pack
    from knowledge.texts import Catalogue
    from triage.evaluate import AlarmCase, Case
    from triage.report.figures import Figures
    from triage.report.words import Words

app = typer.Typer(
    name="lots",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lots leder rätt: kanal, underlag, överlämning.",
)
packs = typer.Typer(no_args_is_help=True, help="The routine owner's tools: check, read, compare and replay packs.")
app.add_typer(packs, name="packs")
audit = typer.Typer(no_args_is_help=True, help="The record of who did what with whose message.")
app.add_typer(audit, name="audit")
keys = typer.Typer(no_args_is_help=True, help="The keys that personal data is sealed with.")
app.add_typer(keys, name="keys")

T = TypeVar("T")
UnitTypeName = Literal[
    "home_help",
    "needs_assessor",
    "municipal_health",
    "primary_care",
    "regional_rehab",
    "psychiatric_outpatient",
    "specialist_outpatient",
    "ambulance",
    "inpatient_ward",
    "other_party",
]
PackId = Annotated[str, typer.Argument(help="a pack's id, as in `lots packs list`")]


def main() -> None:
    """The `lots` command. Errors that a person can mend are one or more lines on standard error and exit status 1."""
    from api.errors import ApiError
    from common.errors import CommonError
    from knowledge.errors import KnowledgeError

    try:
        app()
    except ApiError as error:
        words = load().texts.text(f"problem.{error.code}.{error.variant or 'detail'}", **error.params)
        raise SystemExit(fail(words)) from None
    except (KnowledgeError, CommonError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None


# JSON lines in, JSON lines out


@app.command()
def decide() -> None:
    """The routine's answer to each matter: JSON lines in, JSON lines out."""
    from triage.exchange import parse, respond
    from triage.reading import Reader

    knowledge = load()
    reader = Reader(knowledge.lexicon)
    day = today()
    each_line(
        lambda raw: respond(parse(raw, knowledge.texts), knowledge.registry, reader, knowledge.texts, day).model_dump(
            mode="json"
        ),
        knowledge,
    )


@app.command()
def answer() -> None:
    """Questions about the routines: JSON lines in, JSON lines out."""
    from triage.answer import Answerer
    from triage.queries import Question, read, reply

    knowledge = load()
    texts, day = knowledge.texts, today()
    answerer = Answerer(knowledge.faq)
    each_line(
        lambda raw: reply(read(raw, Question, texts), knowledge.registry, answerer, texts, day).model_dump(mode="json"),
        knowledge,
    )


@app.command()
def identify() -> None:
    """Personal numbers, phone numbers and names in texts: JSON lines in, JSON lines out."""
    from triage.queries import TextIn, read, spans

    knowledge = load()
    each_line(lambda raw: spans(read(raw, TextIn, knowledge.texts), knowledge.names).model_dump(mode="json"), knowledge)


def each_line(answer: Callable[[object], dict[str, Any]], knowledge: "Knowledge") -> None:
    """One answer a line; a line that cannot be answered gets an error of its own and the rest goes on."""
    from triage.exchange import RequestError

    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        raw: object = None
        try:
            raw = json.loads(line)
        except ValueError:
            put(failure(None, "not_json", knowledge.texts.text("error.not_json")))
            continue
        try:
            put(answer(raw))
        except RequestError as error:
            put(failure(raw, error.code, error.message))


def put(out: dict[str, Any]) -> None:
    """One line of JSON; half a character, which JSON can carry and UTF-8 cannot, is written as an escape."""
    line = json.dumps(out, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(out)
    sys.stdout.write(line + "\n")


def failure(raw: object, code: str, message: str) -> dict[str, Any]:
    return {"id": raw.get("id") if isinstance(raw, dict) else None, "error": {"code": code, "message": message}}


def load() -> "Knowledge":
    from knowledge.bundle import load_knowledge

    return load_knowledge()


def today() -> date:
    from common.clock import SystemClock

    return SystemClock().now().astimezone(ZoneInfo("Europe/Stockholm")).date()


# the routine owner's tools


@packs.command("check")
def packs_check(
    folder: Annotated[Path | None, typer.Argument(help="a folder of packs; Lots' own if none")] = None,
) -> None:
    """Check every pack: notation, references, the exact walk, its safety laws and its answers' headings; and that all other knowledge loads."""
    from knowledge.bundle import HERE
    from knowledge.faq import section_errors
    from triage.review import review_folder

    place = folder or HERE / "packs"
    review = review_folder(place)
    errors = review.errors or section_errors(place.parent / "faq", review.packs)
    for notice in review.notices:
        print(f"att tänka på  {notice}")
    for error in errors:
        print(f"fel           {error}", file=sys.stderr)
    if errors:
        raise typer.Exit(1)
    if folder is None:
        load()
    print(f"{len(review.packs)} rutiner är hela: {', '.join(pack.id for pack in review.packs)}")


@packs.command("list")
def packs_list() -> None:
    """Every pack with its region, status and days in force."""
    table = Table("id", "region", "status", "version", "gäller", box=None)
    for pack in load().registry.packs:
        first, last = pack.validity.first_day, pack.validity.last_day
        table.add_row(pack.id, pack.name, pack.status_text, pack.version, f"{first or '…'} – {last or '…'}")
    show(table)


@packs.command("show")
def packs_show(pack_id: PackId) -> None:
    """A pack's decision table: each row with its conditions, its grounds and how much it decides."""
    from triage.compare import decision_table
    from triage.explain import reason

    pack = load().registry.pack(pack_id)
    laid_out = decision_table(pack)
    print(f"{pack.name}, {pack.system}, {pack.status_text}, {pack.version}")
    table = Table("regel", "när", "kanal", "grund", "andel", box=None)
    for row in laid_out.rows:
        why = reason(pack, row.rule)
        grounds = " · ".join(part for part in (why.basis, why.document, why.section) if part)
        table.add_row(row.rule.id, condition(row.rule.when), row.rule.channel, grounds, f"{row.share:.2%}")
    show(table)
    print(f"{laid_out.leaves} löv, {laid_out.cases} fall")


def condition(when: Mapping[Any, Iterable[Any]]) -> str:
    return (
        "; ".join(
            f"{fact} = {' | '.join(str(v).lower() if isinstance(v, bool) else str(v) for v in values)}"
            for fact, values in when.items()
        )
        or "annars"
    )


@packs.command("diff")
def packs_diff(before: PackId, after: PackId) -> None:
    """What changes between two packs: rules, and which matters get another channel, with examples."""
    from triage.compare import diff

    knowledge = load()
    found = diff(knowledge.registry.pack(before), knowledge.registry.pack(after))
    changed = [change.id for change in found.changed if change.decides_otherwise]
    for words, ids in (
        ("nya regler", found.added),
        ("borta", found.removed),
        ("ändrade", changed),
        ("flyttade", found.moved),
    ):
        print(f"{words}: {', '.join(ids) or '–'}")
    for change in found.channels:
        print(f"{change.before} ({change.rules[0]}) → {change.after} ({change.rules[1]}): {change.cases} fall")
        for example in change.examples:
            unusual = ", ".join(f"{fact} = {value}" for fact, value in example.facts)
            print(
                f"    till exempel {example.sender} → {example.recipient}, {example.topic}{', ' + unusual if unusual else ''}"
            )
    print(f"{found.cases_changed} av {found.cases} fall får en annan kanal")


@packs.command("replay")
def packs_replay(
    pack_id: PackId, cases: Annotated[Path, typer.Option("--cases", help="labelled cases, one JSON object a line")]
) -> None:
    """Decide labelled cases in a pack and show each whose channel is another than its label."""
    from triage.compare import replay
    from triage.evaluate import Case

    knowledge = load()
    pack = knowledge.registry.pack(pack_id)
    read = [case for case in read_cases([cases], knowledge.texts, [pack]) if isinstance(case, Case)]
    done = replay(pack, read)
    for one, case in zip(done, read, strict=True):
        if not one.is_same:
            got = one.channel or (f"frågar om {one.asks}" if one.asks else ", ".join(one.unknown) or "motsägelse")
            print(f"{case.id}: {case.channel} → {got}{f' ({one.rule})' if one.rule else ''}")
    print(f"{sum(one.is_same for one in done)} av {len(done)} som märkta")


@app.command("eval")
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="labelled cases, one JSON object a line")],
    report: Annotated[
        Path | None, typer.Option(help="write figures.json, index.html and pictures in this folder")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="an older figures.json to compare with")] = None,
    pack: Annotated[
        str | None, typer.Option(help="the routine for lines that name none; else one of each region")
    ] = None,
    show_misses: Annotated[int, typer.Option("--show", help="print this many of the worst misses")] = 0,
) -> None:
    """Measure reading and deciding on labelled cases, split by harm."""
    from triage.evaluate import AlarmCase, Case, run, run_alarm
    from triage.reading import Reader
    from triage.report.figures import Figures
    from triage.report.page import lines
    from triage.report.words import Words

    knowledge, day = load(), today()
    texts, reader = knowledge.texts, Reader(knowledge.lexicon)
    dealt = packs_for_cases(knowledge, pack, day)
    if report is not None:
        drawing_is_installed(texts)
    old = None if against is None else read_figures(against, texts)
    cases = list(read_cases(files, texts, dealt))
    if not cases:
        raise typer.Exit(fail(texts.text("report.no_cases")))
    outcomes = [run(knowledge.registry, reader, case) for case in cases if isinstance(case, Case)]
    alarms = [run_alarm(reader, dealt[0], case) for case in cases if isinstance(case, AlarmCase)]
    figures = Figures.of(outcomes, alarms).model_copy(
        update={"version": version("lots"), "made": day, "files": tuple(file.name for file in files)}
    )
    words = Words.of(texts, knowledge.registry.packs)
    compared = ("old", "change") if old else ()
    table = Table(*(words.say(f"column.{name}") for name in ("measure", "value", "target", *compared)), box=None)
    for line in lines(figures, old, words):
        beside = (line.old, words.say(line.change) if line.change else "") if old else ()
        table.add_row(line.name, line.value, line.target, *beside)
    for heading, groups, name in (
        ("by_pack", figures.by_pack, words.pack),
        ("by_channel", figures.by_channel, words.channel),
        ("by_voice", figures.by_voice, str),
    ):
        table.add_section()
        for one, counts in groups.items():
            part = words.say("of", part=counts.right, whole=counts.cases)
            table.add_row(f"{words.say(f'heading.{heading}')}: {name(one)}", part)
    for cell in figures.wrong:
        table.add_row(f"{words.channel(cell.wanted)} → {words.channel(cell.got)}", str(cell.cases))
    show(table)
    by_id = {case.id: case.text for case in cases}
    for miss in figures.misses[:show_misses]:
        print(words.miss(miss), f"    {by_id[miss.id]}", sep="\n")
    if report is not None:
        write_report(report, figures, old, by_id, words)


def packs_for_cases(knowledge: "Knowledge", pack_id: str | None, day: date) -> "tuple[Pack, ...]":
    """The routines that lines without one are dealt out to, in turn."""
    registry = knowledge.registry
    if pack_id is not None:
        return (registry.pack(pack_id),)
    return tuple(pack for region in registry.regions if (pack := registry.in_force(region, day)) is not None)


def drawing_is_installed(texts: "Catalogue") -> None:
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise typer.Exit(fail(texts.text("report.no_matplotlib")))


def read_figures(file: Path, texts: "Catalogue") -> "Figures":
    from pydantic import ValidationError

    from knowledge.messages import what_is_wrong
    from triage.report.figures import Figures

    try:
        return Figures.model_validate_json(file.read_bytes())
    except OSError as error:
        raise typer.Exit(fail(texts.text("report.cannot_read", file=file, reason=error.strerror))) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = f"{'.'.join(map(str, first['loc']))} {what_is_wrong(first)}".strip()
        raise typer.Exit(fail(texts.text("report.not_figures", file=file, reason=reason))) from None


def write_report(
    folder: Path, figures: "Figures", old: "Figures | None", by_id: Mapping[str, str], words: "Words"
) -> None:
    from triage.report.build import PAGE, build

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in build(figures, old, by_id, words).items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise typer.Exit(fail(words.say("cannot_write", folder=folder, reason=error.strerror))) from None
    print(words.say("written", file=folder / PAGE))


def read_cases(files: Iterable[Path], texts: "Catalogue", packs: "Sequence[Pack]") -> "Iterator[Case | AlarmCase]":
    """Labelled cases; lines without a routine are dealt out over the packs by their place in the file, and what is no matter is passed
    over. Ends the command with file and line of the first that is no case."""
    from pydantic import ValidationError

    from knowledge.messages import what_is_wrong
    from triage.evaluate import parse

    for file in files:
        try:
            lines = file.read_text("utf-8").splitlines()
        except OSError as error:
            raise typer.Exit(fail(texts.text("report.cannot_read", file=file, reason=error.strerror))) from None
        except UnicodeDecodeError:
            raise typer.Exit(fail(texts.text("report.cannot_read", file=file, reason="utf-8"))) from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                case = parse(line, packs[number % len(packs)])
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                reason = f"{'.'.join(map(str, first['loc']))} {what_is_wrong(first)}".strip()
            except ValueError as error:
                reason = str(error)
            else:
                if case is not None:
                    yield case
                continue
            raise typer.Exit(fail(texts.text("report.bad_case", file=file, line=number, reason=reason)))


def show(table: Table) -> None:
    """As wide as the terminal; a pipe or a file gets room enough for a row a line."""
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


# the running product


@app.command()
def settings() -> None:
    """Every setting and its value; secrets are not shown."""
    from common.settings import Settings

    for name, value in sorted(Settings().summary().items()):
        print(f"{name}={value}")


@dataclass(frozen=True)
class House:
    """The whole product over one database, put together but not listening."""

    app: "FastAPI"
    api: "Api"
    bot: "Bot"
    guest: str | None
    """The demo's person to sign in as; None in production."""


@asynccontextmanager
async def open_house(settings: "Settings", clock: "Clock") -> "AsyncIterator[House]":
    """Migrated, with demo data when it is empty and no production; timed work runs until the end."""
    import httpx2

    from api.app import create_app
    from api.demo import load_when_empty
    from api.keeping.daily import schedule
    from api.pages.routes import add_pages, make_pages
    from api.staff.service import bot_key
    from api.units.service import check_ports
    from api.worker import loops
    from bot.assemble import TEMPLATES, Ground, make_bot
    from bot.gateways.http import Door
    from common.crypto import Cipher
    from common.database import Database
    from knowledge.bundle import load_knowledge

    settings.check()
    knowledge = load_knowledge(settings.knowledge_dir)
    cipher = Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        await db.migrate()
        app = create_app(settings, clock, db, knowledge, cipher)
        add_pages(app)
        parts: Api = app.state.api
        await check_ports(parts)
        loaded = await load_when_empty(parts)
        inside = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=inside, base_url="http://lots") as client:
            ground = Ground(db, cipher, clock, knowledge, parts.reader, parts.free_day)
            bot = make_bot(ground, Door(client, await bot_key(parts)), settings.trusted_clients)
            for router in bot.routers(make_pages(parts, (TEMPLATES,))):
                app.include_router(router)
            await schedule(parts)
            async with working(*loops(parts), bot.worker.run):
                yield House(app, parts, bot, loaded.guest if loaded else None)
    finally:
        await db.close()


@asynccontextmanager
async def working(*loops: "Callable[[asyncio.Event], Coroutine[Any, Any, None]]") -> "AsyncIterator[None]":
    """Runs the loops beside what happens inside, and lets each finish what it has begun."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option()] = None, port: Annotated[int | None, typer.Option()] = None
) -> None:
    """Everything in one process: message API, staff's pages and chat."""
    from common.settings import Settings

    given: dict[str, Any] = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    asyncio.run(serving(Settings(**given)))


async def serving(settings: "Settings") -> None:
    import uvicorn

    from api.staff.service import make_sign_in_link
    from common.clock import SystemClock
    from common.log import configure

    class Server(uvicorn.Server):
        """Ends the browsers' streams when told to stop, so that nobody waits for them."""

        def handle_exit(self, sig: int, frame: "FrameType | None") -> None:
            house.bot.shell.news.close()
            super().handle_exit(sig, frame)

    configure(settings.log_level)
    with listening(settings) as door:
        async with open_house(settings, SystemClock()) as house:
            texts = house.api.knowledge.texts
            print(texts.text("cli.ready", address=settings.address))
            if house.guest is not None:
                print(texts.text("cli.sign_in", person=await person_name(house.api, house.guest)))
                print(f"  {await make_sign_in_link(house.api, house.guest)}")
            print(texts.text("cli.stop"), flush=True)
            config = uvicorn.Config(
                house.app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=10,
            )
            await Server(config).serve(sockets=[door])


@contextmanager
def listening(settings: "Settings") -> Iterator[socket.socket]:
    """The door to the world, opened before anything else: a taken port is said at once, in words."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        door = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = load().texts.text(
            "cli.port_taken", host=settings.host, port=settings.port, reason=error.strerror or ""
        )
        raise typer.Exit(fail(reason)) from None
    with door:
        yield door


async def person_name(api: "Api", staff_id: str) -> str:
    from api.staff.tables import StaffRow

    async with api.db.read() as session:
        row = await session.get(StaffRow, staff_id)
    return row.name if row is not None else staff_id


@app.command()
def chat(
    pack: Annotated[str, typer.Option(help="the routine to talk by")] = "halland-2024",
    unit: Annotated[UnitTypeName, typer.Option(help="the type of unit you work at")] = "municipal_health",
) -> None:
    """A conversation in the terminal, with the message API behind it. Lines can be piped in."""
    from common.settings import Settings

    asyncio.run(chatting(Settings(log_level="error"), pack, unit))


async def chatting(settings: "Settings", pack_id: str, unit_type: str) -> None:
    from api.demo import person_at
    from bot.clients.console import run_console
    from common.clock import SystemClock
    from common.log import configure
    from knowledge.vocabulary import UnitType

    configure(settings.log_level)
    async with open_house(settings, SystemClock()) as house:
        knowledge, texts = house.api.knowledge, house.api.knowledge.texts
        pack = knowledge.registry.pack(pack_id)
        current = knowledge.registry.in_force(pack.region, house.api.today())
        if house.guest is None:
            raise typer.Exit(fail(texts.text("cli.production")))
        if current is not pack:
            words = texts.text(
                "cli.not_in_force", pack=pack.id, region=pack.name, current=current.id if current else "–"
            )
            raise typer.Exit(fail(words))
        units = [u for u in knowledge.directory.units if u.region == pack.region and u.type is UnitType(unit_type)]
        if not units:
            raise typer.Exit(fail(texts.text("cli.no_unit", type=unit_type, region=pack.name)))
        await run_console(house.bot.shell, await person_at(house.api, units[0].id), texts)


@app.command()
def token(
    unit: Annotated[str, typer.Option(help="a unit's id, as in `lots units`")],
    role: Annotated[
        str, typer.Option(help="staff, unit_administrator, trainer, routine_owner, auditor, system_administrator")
    ] = "staff",
) -> None:
    """An API key for scripts: the last line is the header to send."""
    from api.authorisation import Role
    from api.tokens import token as new_key

    if role not in set(Role):
        raise typer.Exit(fail(f"{role}: {', '.join(Role)}"))
    print(f"Authorization: Bearer {asyncio.run(with_api(lambda api: new_key(api, unit, Role(role))))}")


@app.command()
def units(
    pack: Annotated[str | None, typer.Option(help="units of this routine's region")] = None,
    type: Annotated[UnitTypeName | None, typer.Option(help="units of this type")] = None,  # noqa: A002
) -> None:
    """The directory as JSON lines."""
    from api.tokens import list_units
    from knowledge.vocabulary import UnitType

    wanted = None if type is None else UnitType(type)
    for unit in asyncio.run(with_api(lambda api: list_units(api, pack_id=pack, unit_type=wanted))):
        print(json.dumps(unit.model_dump(mode="json"), ensure_ascii=False))


async def with_api(work: "Callable[[Api], Awaitable[T]]") -> T:
    """Do one thing with the message API's own services, on a database that is migrated and, for the demo, filled."""
    from api.app import make_api
    from api.demo import load_when_empty
    from common.clock import SystemClock
    from common.crypto import Cipher
    from common.database import Database
    from common.log import configure
    from common.settings import Settings
    from knowledge.bundle import load_knowledge

    settings = Settings()
    configure("error")
    settings.check()
    cipher = Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        await db.migrate()
        api = make_api(settings, SystemClock(), db, load_knowledge(settings.knowledge_dir), cipher)
        await load_when_empty(api)
        return await work(api)
    finally:
        await db.close()


# for whoever runs Lots: what keeps it whole


@audit.command("verify")
def audit_verify(
    heads: Annotated[
        list[Path] | None, typer.Option("--heads", help="a copy of audit-heads.jsonl from elsewhere; may be repeated")
    ] = None,
) -> None:
    """Go through the audit's chain: exit status 0 when it is whole, or 1 and the first thing that does not hold."""
    from api.audit.heads import Heads
    from api.audit.verify import Verdict, verify

    async def check(house: Vault) -> Verdict:
        return await verify(house.db, house.cipher, Heads(house.settings.data_dir, house.cipher), heads or ())

    verdict = asyncio.run(with_vault(check))
    *counts, last = verdict.lines()
    print("\n".join(counts))
    if verdict.fault is not None:
        raise typer.Exit(fail(last))
    print(last)


@keys.command("new")
def keys_new() -> None:
    """Make keys.json in the data folder, once, before the first start in production."""
    from common.crypto import FILE_NAME, Keys
    from common.settings import Settings

    file = Settings().data_dir / FILE_NAME
    if file.exists():
        raise typer.Exit(fail(f"{file} exists already. Without it nothing that was sealed can be read: keep it."))
    if not file.parent.is_dir():
        raise typer.Exit(fail(f"The folder {file.parent} does not exist; make it or change LOTS_DATA_DIR"))
    Keys.new().save(file)
    print(f"{file}: keep a copy of it apart from the backups")


@keys.command("rotate")
def keys_rotate(
    settle: Annotated[
        int, typer.Option(help="seconds to wait for running processes before the old key is dropped; 0 when none runs")
    ] = 90,
) -> None:
    """A new sealing key, and everything sealed with it. May be stopped and run again."""
    from common.rotation import Progress, Rotated, rotate

    async def change(vault: Vault) -> Rotated:
        from api.audit.service import Action, note_system
        from common.crypto import FILE_NAME

        def say(progress: Progress) -> None:
            print(f"{progress.table}.{progress.column}: {progress.values}", flush=True)

        async def wait() -> None:
            print(f"waiting {settle} seconds for running processes", flush=True)
            await asyncio.sleep(settle)

        done = await rotate(vault.db, vault.settings.data_dir / FILE_NAME, sealed_columns(), settle=wait, say=say)
        async with vault.db.write() as session:
            note_system(session, vault.clock.now(), Action.ROTATE_KEYS, None, done.current)
        return done

    done = asyncio.run(with_vault(change))
    print(f"{'resumed, ' if done.resumed else ''}sealed anew: {done.values}")
    print(f"current key: {done.current}; dropped: {', '.join(done.dropped)}")
    print(f"Backups made before now need {', '.join(done.dropped)}: keep the copy of keys.json that belongs to them.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="a file that does not exist yet")]) -> None:
    """Everything in the database as it is at one moment, while Lots runs. The keys are not in it."""
    from api.audit.service import Action, note_system
    from api.keeping.restoring import LEFT_OUT
    from common.backup import Manifest, Source
    from common.backup import backup as write

    async def make(vault: Vault) -> Manifest:
        now = vault.clock.now()
        async with vault.db.write() as session:
            note_system(session, now, Action.BACKUP, None, None)
        return await write(Source(vault.db, vault.cipher, sealed_columns(), LEFT_OUT), file, now, version("lots"))

    manifest = asyncio.run(with_vault(make))
    print(f"{file}: {manifest.rows} rows in {len(manifest.tables)} tables, schema {manifest.schema_version}")
    print(f"The keys are not in it. Keep a copy of keys.json apart from it; it needs: {', '.join(manifest.keys)}")


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="a backup; the database must be empty")] = None,
    release: Annotated[bool, typer.Option("--release", help="let the restored outgoing work go out")] = False,
) -> None:
    """Put a backup into an empty database. What had been waiting to go out waits until `lots restore --release`."""
    if (file is None) == (not release):
        raise typer.Exit(fail("Give the backup's file, or --release alone."))
    if file is None:
        print(f"released jobs: {asyncio.run(with_vault(releasing))}")
        return
    manifest, held = asyncio.run(with_vault(restoring(file), migrated=False))
    print(
        f"restored: {manifest.rows} rows in {len(manifest.tables)} tables, as they were {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    print(f"outgoing jobs that wait for `lots restore --release`: {held}")


async def releasing(vault: "Vault") -> int:
    from api.keeping.restoring import release

    return await release(vault.db, vault.clock.now())


def restoring(file: Path) -> "Callable[[Vault], Awaitable[tuple[Manifest, int]]]":
    async def put_back(vault: Vault) -> "tuple[Manifest, int]":
        from api.audit.heads import Heads
        from api.keeping.restoring import make_fit
        from common.backup import restore as put
        from common.outbox import held

        manifest = await put(vault.db, vault.cipher, file)
        await make_fit(vault.db, Heads(vault.settings.data_dir, vault.cipher), vault.clock.now())
        async with vault.db.read() as session:
            return manifest, await held(session)

    return put_back


def sealed_columns() -> "Registry":
    from api.sealed import SEALED as IN_API
    from bot.sealed import SEALED as IN_BOT

    return (*IN_API, *IN_BOT)


@app.command()
def retention(
    organisation: Annotated[str | None, typer.Option(help="as in `lots units`")] = None,
    days: Annotated[int | None, typer.Option(min=0, max=36500, help="days after a finished message; 0: always")] = None,
) -> None:
    """How long organisations keep what messages say. Shows it, or sets it for one."""
    from api.errors import OrganisationUnknown
    from api.keeping.retention import set_days, settings_of
    from common.settings import Settings

    if (organisation is None) != (days is None):
        raise typer.Exit(fail("Give both --organisation and --days, or neither."))
    if organisation is not None and days is not None:
        try:
            asyncio.run(with_api(lambda api: set_days(api, organisation, days)))
        except OrganisationUnknown:
            raise typer.Exit(
                fail(load().texts.text("problem.organisation_unknown.detail", organisation=organisation))
            ) from None
    rows = asyncio.run(with_api(settings_of))
    for row in rows:
        print(f"{row.organisation}: {row.days}")
    if rows and Settings().export_dir is None:
        print("LOTS_EXPORT_DIR is empty, so nothing is erased yet", file=sys.stderr)


@dataclass(frozen=True)
class Vault:
    """The database with its keys, and nothing that would put anything into it."""

    settings: "Settings"
    db: "Database"
    cipher: "Cipher"
    clock: "Clock"


async def with_vault(work: "Callable[[Vault], Awaitable[T]]", *, migrated: bool = True) -> T:
    """`migrated`: with the newest tables, and in the demo with keys, made if there are none."""
    from common.clock import SystemClock
    from common.crypto import FILE_NAME, Cipher, Keys
    from common.database import Database
    from common.log import configure
    from common.settings import Settings

    settings = Settings()
    configure("error")
    settings.check()
    made = Keys.load(settings.data_dir / FILE_NAME) if not migrated else None
    cipher = Cipher(made) if made is not None else Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        if migrated:
            await db.migrate()
        return await work(Vault(settings, db, cipher, SystemClock()))
    finally:
        await db.close()
