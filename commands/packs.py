"""The routine owner's tools: check, list, show, compare and replay packs."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from commands.evaluation import read_cases
from commands.shared import PackId, load, refuse, show

packs = typer.Typer(no_args_is_help=True, help="The routine owner's tools: check, read, compare and replay packs.")


@packs.command("check")
def packs_check(
    folder: Annotated[
        Path | None, typer.Argument(help="a folder of packs; Lots' own if none", exists=True, file_okay=False)
    ] = None,
) -> None:
    """Check every pack: notation, references, the exact walk, its safety laws and its answers' headings; that all other knowledge loads, and that scenarios' keys hold."""
    from knowledge.bundle import HERE
    from knowledge.faq import section_errors
    from triage.review import review_folder
    from triage.scenario_faults import check_scenarios

    place = folder or HERE / "packs"
    review = review_folder(place)
    errors = review.errors or section_errors(place.parent / "faq", review.packs)
    for notice in review.notices:
        print(f"att tänka på  {notice}")
    for error in errors:
        print(f"fel           {error}", file=sys.stderr)
    if errors:
        raise typer.Exit(1)
    if not review.packs:
        raise typer.Exit(refuse("no_packs", folder=place))
    if folder is None:
        knowledge = load()
        check_scenarios(knowledge.scenarios, knowledge.registry, knowledge.names)
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
