"""`lots eval`: reading and deciding measured on labelled cases, split by harm, with a report page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from commands.shared import fail, load, show, today

if TYPE_CHECKING:
    from knowledge.bundle import Knowledge
    from knowledge.pack import Pack
    from knowledge.texts import Catalogue
    from triage.evaluate import AlarmCase, Case
    from triage.report.figures import Figures
    from triage.report.words import Words


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
