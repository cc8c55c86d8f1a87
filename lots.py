"""The front door: command line and composition; the only file that knows every part. Holds no rules and no words of its own.

Heavy parts are imported where they are used, so that a command starts as fast as what it needs.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from knowledge.bundle import Knowledge
    from triage.evaluate import Case

app = typer.Typer(
    name="lots",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lots leder rätt: kanal, underlag, överlämning.",
)
packs = typer.Typer(no_args_is_help=True, help="The routine owner's tools: check, read, compare and replay packs.")
app.add_typer(packs, name="packs")

PackId = Annotated[str, typer.Argument(help="a pack's id, as in `lots packs list`")]


def main() -> None:
    """The `lots` command. Errors that a person can mend are one or more lines on standard error and exit status 1."""
    from common.errors import CommonError
    from knowledge.errors import KnowledgeError

    try:
        app()
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


def each_line(answer: Callable[[object], dict[str, Any]], knowledge: "Knowledge") -> None:
    """One answer a line; a line that cannot be answered gets an error of its own and the rest goes on."""
    from triage.exchange import RequestError

    for line in sys.stdin:
        if not line.strip():
            continue
        raw: object = None
        try:
            raw = json.loads(line)
            out = answer(raw)
        except ValueError:
            out = failure(raw, "not_json", knowledge.texts.text("error.not_json"))
        except RequestError as error:
            out = failure(raw, error.code, error.message)
        sys.stdout.write(json.dumps(out, ensure_ascii=False) + "\n")


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
    """Check every pack: notation, references, the exact walk and its safety laws; and that all other knowledge loads."""
    from knowledge.bundle import HERE
    from triage.review import review_folder

    review = review_folder(folder or HERE / "packs")
    for notice in review.notices:
        print(f"att tänka på  {notice}")
    for error in review.errors:
        print(f"fel           {error}", file=sys.stderr)
    if review.errors:
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

    read = list(read_cases([cases]))
    done = replay(load().registry.pack(pack_id), read)
    for one, case in zip(done, read, strict=True):
        if not one.is_same:
            got = one.channel or (f"frågar om {one.asks}" if one.asks else ", ".join(one.unknown) or "motsägelse")
            print(f"{case.id}: {case.channel} → {got}{f' ({one.rule})' if one.rule else ''}")
    print(f"{sum(one.is_same for one in done)} av {len(done)} som märkta")


@app.command("eval")
def evaluate(files: Annotated[list[Path], typer.Argument(help="labelled cases, one JSON object a line")]) -> None:
    """Measure reading and deciding on labelled cases, split by harm."""
    from triage.evaluate import Figures, run
    from triage.reading import Reader

    knowledge = load()
    reader = Reader(knowledge.lexicon)
    outcomes = [run(knowledge.registry, reader, case) for case in read_cases(files)]
    if not outcomes:
        raise typer.Exit(fail("Inga fall att mäta: filen är tom."))
    figures = Figures.of(outcomes)
    table = Table("mått", "värde", box=None, title=f"{figures.cases} fall")
    for name, value in (
        ("fara missad i tysthet", f"{figures.danger_missed} av {figures.urgent} brådskande"),
        ("skickat mot ett nej", figures.against_consent),
        ("rätt kanal, frågor besvarade", f"{figures.right:.1%}"),
        ("rätt utan någon fråga", f"{figures.right_at_once:.1%}"),
        ("frågor per fall", f"{figures.questions_per_case:.2f}"),
        ("onödiga frågor", figures.needless_questions),
        ("lugna som får frågan om brådska", f"{figures.calm_asked_urgency} av {figures.calm}"),
        ("lugna som slutar brådskande", figures.false_alarms),
    ):
        table.add_row(name, str(value))
    for group, tallies in (("rutin", figures.by_pack), ("kanal", figures.by_channel)):
        for name, tally in tallies.items():
            table.add_row(f"rätt, {group} {name}", str(tally))
    for (wanted, got), count in sorted(figures.confusion.items(), key=lambda item: -item[1]):
        table.add_row(f"fel: {wanted} blev {got}", str(count))
    show(table)


def read_cases(files: Iterable[Path]) -> "Iterator[Case]":
    """Labelled cases. Ends the command with file and line of the first that is none."""
    from pydantic import ValidationError

    from triage.evaluate import Case

    for file in files:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise typer.Exit(fail(f"{file} kan inte läsas: {error}")) from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield Case.model_validate_json(line)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                raise typer.Exit(fail(f"{file}:{number}: {'.'.join(map(str, first['loc']))} {first['msg']}")) from None


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
