"""What is wrong with a scenario, told at the field of the form where it can be mended, and the engine's word in words. Decides nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from api.exercise import drafting, saying
from api.exercise.saying import Said
from common.web.forms import Form
from knowledge.pack import Pack
from knowledge.scenario import Kind
from triage.scenario_faults import Fault

Words = Callable[..., str]
"""A text's words in the reader's language, by its key."""
HOLDS: Final[Mapping[Kind, str]] = {
    Kind.INCLUDE: "include",
    Kind.EXCLUDE: "exclude",
    Kind.CALL: "call",
    Kind.WRITE: "write",
}


def in_words(words: Words, said: Said, pack: Pack) -> tuple[str, str]:
    """(what the engine says, why or what holds)"""
    if said.conflict:
        return words("exercise.build.conflict"), ""
    if said.channel is None:
        key = "exercise.build.first" if said.kind is Kind.FIRST else "exercise.build.asks"
        return words(key, fact=words(f"practice.fact.{said.fact}")), ""
    channel = pack.channel_by_id[said.channel].label
    if said.kind is Kind.FIRST:
        return words("exercise.build.nothing_first", channel=channel), ""
    says = words("exercise.build.says", channel=channel, rule=said.rule or "")
    if said.kind not in HOLDS:
        return says, said.why
    names = _names(pack, said.kind)
    told = "; ".join(names.get(one, one) for one in said.holds)
    return says, words(
        f"exercise.build.holds.{said.kind}" if told else f"exercise.build.holds_not.{said.kind}", holds=told
    )


def _names(pack: Pack, kind: Kind) -> Mapping[str, str]:
    match kind:
        case Kind.CALL:
            return dict(saying.callable_ones(pack))
        case Kind.WRITE:
            return saying.headings(pack)
        case _:
            return dict(saying.grounds(pack, kind))


def unanswered(words: Words, form: Form, said: Sequence[Said], pack: Pack) -> dict[str, str]:
    """What the routine needs to know before it can answer, or why it has no answer to the question, at each such step."""
    found = {}
    for number, one in zip(drafting.written(form), said, strict=False):
        if not one.answers:
            open_case = one.channel is None and one.kind is not Kind.FIRST
            says, holds = in_words(words, one, pack)
            found[f"s{number}_story" if open_case else f"s{number}_question"] = (
                says if open_case else f"{says} {holds}".strip()
            )
    return found


def by_field(form: Form, faults: Iterable[Fault], said: Sequence[Said]) -> dict[str, str]:
    """Each fault at the field where it can be mended; several at one field together. Of a step without an answer the form tells itself."""
    silent = {place for place, one in enumerate(said) if not one.answers}
    numbers = drafting.written(form)
    found: dict[str, str] = {}
    for fault in faults:
        if _told_already(fault, silent):
            continue
        name = _field(fault.loc, form, numbers)
        found[name] = f"{found[name]} {fault.message}" if name in found else fault.message
    return found


def _told_already(fault: Fault, silent: set[int]) -> bool:
    if not silent:
        return False
    return (fault.loc[:1] == ("steps",) and fault.loc[1] in silent and fault.loc[2:] == ("question",)) or fault.loc == (
        "learn",
        0,
    )


def _field(loc: tuple[str | int, ...], form: Form, written: list[int]) -> str:
    if loc[:1] == ("steps",) and len(loc) > 1 and isinstance(loc[1], int):
        return _step_field(loc[2:], form, written[loc[1]])
    if loc[:1] == ("learn",) and len(loc) > 1 and isinstance(loc[1], int):
        return drafting.point_name(loc[1])
    return str(loc[0]) if loc and loc[0] in ("title", "role", "day") else "title"


def _step_field(loc: tuple[str | int, ...], form: Form, number: int) -> str:
    at = f"s{number}_"
    chosen = drafting.chosen_in(form, number)
    match loc:
        case ("distractors", int(place), *part):
            name = str(part[0]) if part and part[0] in ("tempting", "wrong") else chosen
            return f"{at}d{drafting.tempting(form, number)[place]}_{name}"
        case ("answer", "why" | "text" as name):
            return f"{at}{name}"
        case ("answer", *_):
            return f"{at}{'who' if chosen == 'who' and loc[1:] != ('duty',) else 'ground' if chosen in ('who', 'text') else 'story'}"
        case ("model", str(heading)):
            return f"{at}model_{heading}"
        case ("hint" | "ask" as name, *_):
            return f"{at}{name}"
        case ("question" | "model", *_):
            return f"{at}question"
        case _:
            return f"{at}story"
