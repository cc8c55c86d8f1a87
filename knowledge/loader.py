"""YAML → Pack: the common part woven into each region's own. Reports every error with file and line, all at once; judges no rules.

A pack writes only what is its own. From `common.yaml` come: every topic, group of topics, likely recipient, unit label, common rule, common duty and common assumption, and
what a channel with the same id leaves out. `common_rules` gives the common rules the pack's own reason and grounds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from knowledge.check import Finding, findings
from knowledge.errors import DataError, PackErrors
from knowledge.messages import describe
from knowledge.pack import Pack
from knowledge.vocabulary import ChannelKind
from knowledge.yaml_tree import Listing, Place, Scalar, Table, Tree, place_of, plain, read_tree

COMMON: Final = "common.yaml"


@dataclass(frozen=True)
class LoadedPack:
    """A pack with the tree it came from, so that what is found later can be told with file and line."""

    pack: Pack
    tree: Table

    def error(self, finding: Finding) -> DataError:
        return place_of(self.tree, finding.loc).error(finding.message)


def load_pack(path: Path) -> Pack:
    """One pack, merged with `common.yaml` beside it. Raises PackErrors with everything that is wrong."""
    loaded, errors = read_packs((path,))
    if errors:
        raise PackErrors(errors)
    return loaded[0].pack


def load_packs(folder: Path) -> tuple[Pack, ...]:
    """Every pack in the folder, by file name. Raises PackErrors with everything that is wrong in any of them."""
    loaded, errors = read_packs(pack_files(folder))
    if errors:
        raise PackErrors(errors)
    return tuple(item.pack for item in loaded)


def pack_files(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.glob("*.yaml")) if path.name != COMMON)


def read_packs(paths: Iterable[Path]) -> tuple[tuple[LoadedPack, ...], tuple[DataError, ...]]:
    """The packs that could be read at all, and every error in them and between them."""
    loaded: list[LoadedPack] = []
    errors: list[DataError] = []
    commons: dict[Path, Table | None] = {}
    for path in paths:
        common_path = path.parent / COMMON
        if common_path not in commons:
            commons[common_path], problems = _read_common(common_path)
            errors.extend(problems)
        pack, problems = _read_pack(path, commons[common_path])
        errors.extend(problems)
        if pack is not None:
            loaded.append(pack)
    errors.extend(_between(loaded))
    return tuple(loaded), tuple(errors)


def _read_common(path: Path) -> tuple[Table | None, tuple[DataError, ...]]:
    if not path.exists():
        return None, ()
    return _read_table(path)


def _read_table(path: Path) -> tuple[Table | None, tuple[DataError, ...]]:
    tree, errors = read_tree(path)
    if tree is not None and not isinstance(tree, Table):
        return None, (
            *errors,
            tree.place.error("Filen ska bestå av fält (”namn: värde”), inte av en lista eller text."),
        )
    return tree, errors


def _read_pack(path: Path, common: Table | None) -> tuple[LoadedPack | None, tuple[DataError, ...]]:
    tree, errors = _read_table(path)
    if tree is None:
        return None, errors
    merged, more = merge(common, tree)
    errors = (*errors, *more)
    try:
        pack = Pack.model_validate(plain(merged))
    except ValidationError as error:
        told = (place_of(merged, problem["loc"]).error(describe(problem, merged)) for problem in error.errors())
        return None, (*errors, *told)
    loaded = LoadedPack(pack, merged)
    return loaded, (*errors, *(loaded.error(finding) for finding in findings(pack) if finding.is_error))


def _between(loaded: Sequence[LoadedPack]) -> Iterable[DataError]:
    """What is wrong between packs, told in both: an id used twice, or two versions of a region in force on the same day."""
    for one, other in permutations(loaded, 2):
        if one.pack.id == other.pack.id:
            yield place_of(one.tree, ("id",)).error(
                f"Id ”{one.pack.id}” används redan i {other.tree.place.file}. Varje version behöver ett eget id."
            )
        elif one.pack.region == other.pack.region and one.pack.validity.overlaps(other.pack.validity):
            yield place_of(one.tree, ("validity",)).error(
                f"Giltighetstiden går in i den för ”{other.pack.id}” i samma region. "
                "Två versioner kan inte gälla samma dag: ändra last_day i den äldre."
            )


def merge(common: Table | None, pack: Table) -> tuple[Table, tuple[DataError, ...]]:
    """The pack's tree with the common part woven in, and what cannot be woven."""
    errors: list[DataError] = []
    entries = dict(pack.entries)
    overrides = entries.pop("common_rules", None)
    base = common.entries if common else {}
    entries["rules"] = _rules(base.get("rules"), overrides, entries.get("rules"), errors)
    entries["topics"] = _by_id(base.get("topics"), entries.get("topics"), pack.place)
    entries["unit_labels"] = _fields(base.get("unit_labels"), entries.get("unit_labels"), pack.place)
    entries["likely_recipients"] = _fields(base.get("likely_recipients"), entries.get("likely_recipients"), pack.place)
    if "topic_groups" not in entries and "topic_groups" in base:
        entries["topic_groups"] = base["topic_groups"]
    entries["channels"] = _completed(base.get("channels"), entries.get("channels"), pack.place)
    duties = _by_id(base.get("duties"), entries.get("duties"), pack.place)
    errors.extend(_unknown_kinds(duties))
    entries["duties"] = _for_channels(duties, entries["channels"], base.get("channels"))
    entries["assumptions"] = _joined(entries.get("assumptions"), base.get("assumptions"), pack.place)
    return pack.with_entries(entries), tuple(errors)


def _items(tree: Tree | None) -> tuple[Tree, ...]:
    return tree.items if isinstance(tree, Listing) else ()


def _tables_by_id(tree: Tree | None) -> dict[str, Table]:
    return {name: item for item in _items(tree) if isinstance(item, Table) and (name := item.text("id"))}


def _over(base: Table, own: Table) -> Table:
    """The base's fields, each replaced where the pack has its own."""
    return Table({**base.entries, **own.entries}, own.place, {**base.keys, **own.keys})


def _joined(first: Tree | None, second: Tree | None, place: Place) -> Tree:
    if first is not None and not isinstance(first, Listing):
        return first
    return Listing((*_items(first), *_items(second)), first.place if first else place)


def _fields(base: Tree | None, own: Tree | None, place: Place) -> Tree:
    if own is not None and not isinstance(own, Table):
        return own
    start = base if isinstance(base, Table) else Table({}, place)
    return _over(start, own) if own is not None else start


def _by_id(base: Tree | None, own: Tree | None, place: Place) -> Tree:
    """All of the common ones, changed field by field where the pack has the same id, then the pack's other ones."""
    if own is not None and not isinstance(own, Listing):
        return own
    mine, common = _tables_by_id(own), _tables_by_id(base)
    changed = tuple(_over(table, mine[name]) if name in mine else table for name, table in common.items())
    rest = tuple(item for item in _items(own) if not (isinstance(item, Table) and item.text("id") in common))
    return Listing((*changed, *rest), own.place if own else place)


def _completed(base: Tree | None, own: Tree | None, place: Place) -> Tree:
    """The pack's channels alone, each completed from the common one with the same id."""
    if not isinstance(own, Listing):
        return own if own is not None else Listing((), place)
    common = _tables_by_id(base)
    return Listing(
        tuple(
            _over(common[name], item) if isinstance(item, Table) and (name := item.text("id")) in common else item
            for item in own.items
        ),
        own.place,
    )


def _rules(base: Tree | None, overrides: Tree | None, own: Tree | None, errors: list[DataError]) -> Tree:
    if own is not None and not isinstance(own, Listing):
        return own
    common = tuple(item for item in _items(base) if isinstance(item, Table))
    changes: Mapping[str, Tree] = {}
    if isinstance(overrides, Table):
        changes = overrides.entries
        errors.extend(_override_problems(overrides, {item.text("id") for item in common}))
    elif overrides is not None:
        errors.append(overrides.place.error("common_rules ska ha regelns id som fält: ”C2:” och under det det egna."))
    woven = tuple(_changed(item, changes) for item in common)
    place = own.place if own else (base.place if base else Place("", 1))
    return Listing((*woven, *_items(own)), place)


def _override_problems(overrides: Table, known: set[str | None]) -> Iterable[DataError]:
    for name, change in overrides.entries.items():
        place = overrides.keys[name]
        if name not in known:
            yield place.error(f"common_rules nämner {name}, men någon sådan gemensam regel finns inte.")
        elif not isinstance(change, Table):
            yield place.error(f"Under {name} i common_rules ska reason och grounds stå som fält.")
        elif others := change.entries.keys() - {"reason", "grounds"}:
            yield place.error(f"En gemensam regel får bara en egen reason och egna grounds, inte {min(others)}.")


def _changed(rule: Table, changes: Mapping[str, Tree]) -> Table:
    change = changes.get(rule.text("id") or "")
    return _over(rule, change) if isinstance(change, Table) else rule


def _unknown_kinds(duties: Tree) -> Iterable[DataError]:
    for duty in _items(duties):
        for kind in _items(duty.get("channel_kinds")) if isinstance(duty, Table) else ():
            if not isinstance(kind, Scalar) or kind.value not in set(ChannelKind):
                shown = kind.value if isinstance(kind, Scalar) else "…"
                yield kind.place.error(
                    f"channel_kinds: slaget ”{shown}” finns inte. Välj bland {', '.join(ChannelKind)}."
                )


def _for_channels(duties: Tree, channels: Tree, catalogue: Tree | None) -> Tree:
    """Duties with `channel_kinds` spelled out as the pack's channels of those kinds; common channels the pack lacks left out."""
    own = _tables_by_id(channels)
    elsewhere = set(_tables_by_id(catalogue)) - set(own)
    if not isinstance(duties, Listing):
        return duties
    spelled = (_spelled(item, own, elsewhere) if isinstance(item, Table) else item for item in duties.items)
    return Listing(tuple(item for item in spelled if item is not None), duties.place)


def _spelled(duty: Table, own: Mapping[str, Table], elsewhere: set[str]) -> Tree | None:
    """The duty with its channels, or None where it is only for channels that the pack does not have."""
    kinds, named = duty.get("channel_kinds"), duty.get("channels")
    if kinds is None and named is None:
        return duty
    wanted = {item.value for item in _items(kinds) if isinstance(item, Scalar)}
    place = (kinds or named or duty).place
    by_kind = tuple(Scalar(name, place) for name, channel in own.items() if channel.text("kind") in wanted)
    by_name = tuple(i for i in _items(named) if not (isinstance(i, Scalar) and i.value in elsewhere))
    if not by_kind and not by_name:
        return None
    entries = {key: value for key, value in duty.entries.items() if key != "channel_kinds"}
    return duty.with_entries({**entries, "channels": Listing((*by_kind, *by_name), place)})
