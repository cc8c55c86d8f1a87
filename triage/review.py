"""What only the exact walk can tell about a pack: rules never reached, safety laws broken, topics without a path. Changes nothing.

It stands in triage and not beside the linter in knowledge, since the walk does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.check import Finding, findings
from knowledge.errors import DataError
from knowledge.loader import LoadedPack, pack_files, read_packs
from knowledge.pack import Pack
from knowledge.vocabulary import SENDING_KINDS, ChannelKind, ConsentState, Fact, PatientStatus, UnitType, Urgency, Value
from triage.explain import all_leaves
from triage.reach import Leaf, may_hold


@dataclass(frozen=True)
class Review:
    """Every pack that could be read, what is wrong, and what the routine owner may want to know."""

    packs: tuple[Pack, ...]
    errors: tuple[DataError, ...]
    notices: tuple[DataError, ...]


def review_folder(folder: Path) -> Review:
    """The whole lint of a folder of packs: notation, fields, references, and the walk."""
    loaded, errors = read_packs(pack_files(folder))
    return _review(loaded, errors)


def review_file(path: Path) -> Review:
    """As `review_folder`, for one pack and the common part beside it."""
    loaded, errors = read_packs((path,))
    return _review(loaded, errors)


def _review(loaded: tuple[LoadedPack, ...], errors: tuple[DataError, ...]) -> Review:
    broken = {error.file for error in errors}
    found: list[DataError] = [*errors]
    notices: list[DataError] = []
    for item in loaded:
        if item.tree.place.file in broken or any(finding.is_error for finding in findings(item.pack)):
            continue  # the walk needs a table that is whole
        for finding in walk_findings(item.pack):
            (found if finding.is_error else notices).append(item.error(finding))
    return Review(tuple(item.pack for item in loaded), tuple(sorted(set(found))), tuple(sorted(set(notices))))


def walk_findings(pack: Pack) -> tuple[Finding, ...]:
    """Everything that the decision table itself tells. The pack must have passed the linter."""
    leaves = [(sender, leaf) for sender in UnitType for leaf in all_leaves(pack, sender)]
    return (
        *_unreachable(pack, leaves),
        *_safety(pack, leaves),
        *_idle_channels(pack, leaves),
        *_idle_duties(pack, leaves),
        *_without_path(pack, leaves),
    )


_Leaves = list[tuple[UnitType, Leaf]]


def _unreachable(pack: Pack, leaves: _Leaves) -> Iterator[Finding]:
    reached = {leaf.position for _, leaf in leaves}
    for position, row in enumerate(pack.rows):
        if position not in reached:
            yield Finding(
                ("rules", _place(pack, position)),
                f"Regel {row.id} kan aldrig gälla: regler före den i order fångar alla dess fall. Flytta upp den eller ta bort den.",
            )


def _place(pack: Pack, position: int) -> int:
    """Where the row at this place in the table stands among the pack's rules."""
    row = pack.rows[position]
    return next(number for number, rule in enumerate(pack.rules) if rule is row)


_ADMITTED: Final[frozenset[Value]] = frozenset({str(PatientStatus.ADMITTED)})
_LAWS: Final[Mapping[str, tuple[Callable[[Leaf], bool], Callable[[ChannelKind], bool]]]] = {
    "fara för livet måste alltid ge en kanal av slaget emergency": (
        lambda leaf: Urgency.LIFE_THREATENING in leaf.box[Fact.URGENCY],
        lambda kind: kind is ChannelKind.EMERGENCY,
    ),
    "det som brådskar måste alltid ge en kanal av slaget phone": (
        lambda leaf: Urgency.URGENT in leaf.box[Fact.URGENCY],
        lambda kind: kind is ChannelKind.PHONE,
    ),
    "ett nej till att dela får aldrig leda till att något skickas, om personen inte är inskriven": (
        lambda leaf: ConsentState.REFUSED in leaf.box[Fact.CONSENT] and bool(leaf.box[Fact.PATIENT_STATUS] - _ADMITTED),
        lambda kind: kind not in SENDING_KINDS,
    ),
}
"""Each law: the cases it is about, and the kinds of channel it allows."""


def _safety(pack: Pack, leaves: _Leaves) -> Iterator[Finding]:
    for law, (about, allowed) in _LAWS.items():
        breaking = {
            leaf.position for _, leaf in leaves if about(leaf) and not allowed(pack.channel_by_id[leaf.channel].kind)
        }
        for position in sorted(breaking):
            row = pack.rows[position]
            yield Finding(
                ("order",),
                f"Regel {row.id} bryter mot en säkerhetslag: {law}. Låt den regel som vaktar detta stå före i order.",
            )


def _idle_channels(pack: Pack, leaves: _Leaves) -> Iterator[Finding]:
    used = {leaf.channel for _, leaf in leaves}
    for number, channel in enumerate(pack.channels):
        if channel.id not in used:
            yield Finding(
                ("channels", number), f"Ingen regel leder till kanalen {channel.label} ({channel.id}).", "notice"
            )


def _idle_duties(pack: Pack, leaves: _Leaves) -> Iterator[Finding]:
    for number, duty in enumerate(pack.duties):
        shown = any(
            (not duty.channels or leaf.channel in duty.channels)
            and (not duty.rules or leaf.row.id in duty.rules)
            and may_hold(duty.when, sender, leaf.box)
            for sender, leaf in leaves
        )
        if not shown:
            yield Finding(
                ("duties", number),
                f"Plikten {duty.id} visas aldrig: dess villkor, kanaler och regler möts inte i något ärende.",
                "notice",
            )


def _without_path(pack: Pack, leaves: _Leaves) -> Iterator[Finding]:
    """Topics that the routine itself sends elsewhere, not only an attachment or a missing access, and that no path tells where."""
    elsewhere: set[Value] = set()
    for _, leaf in leaves:
        about_topic = Fact.TOPIC in leaf.row.when or not leaf.row.when
        if pack.channel_by_id[leaf.channel].kind is ChannelKind.PATH and about_topic:
            elsewhere |= leaf.box[Fact.TOPIC]
    designated = elsewhere - _own_paths(pack)
    nowhere = [f"{t.label} ({t.id})" for t in pack.topics if t.id in designated and t.id not in pack.path_by_topic]
    if nowhere:
        yield Finding(
            ("paths",),
            f"{len(nowhere)} ämnen kan få svaret ”skicka inte här” utan att paths säger vart de ska: {', '.join(nowhere)}.",
            "notice",
        )


def _own_paths(pack: Pack) -> frozenset[Value]:
    """Topics whose other way is a channel of its own: a referral, a deviation."""
    return frozenset(
        value
        for rule in pack.rules
        if rule.channel != "designated_path" and pack.channel_by_id[rule.channel].kind is ChannelKind.PATH
        for value in rule.when.get(Fact.TOPIC, ())
    )
