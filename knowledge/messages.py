"""pydantic's findings in words that a routine owner understands: which field, what is wrong, what to write. Validates nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, get_args

from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from knowledge.yaml_tree import Listing, Table, Tree

_Context = Mapping[str, Any]


def _allowed(context: _Context) -> str:
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


_TOLD: Final[Mapping[str, Callable[[_Context], str]]] = {
    "missing": lambda _: "fältet saknas. Lägg till det.",
    "extra_forbidden": lambda _: "fältet känns inte igen. Är det felstavat? Annars: ta bort det.",
    "enum": lambda c: f"värdet finns inte. Välj bland {_allowed(c)}.",
    "literal_error": lambda c: f"värdet finns inte. Välj bland {_allowed(c)}.",
    "string_type": lambda _: "här ska stå text. Sätt citattecken om det är ett tal eller true/false.",
    "string_too_short": lambda _: "texten är tom. Skriv något här.",
    "string_pattern_mismatch": lambda c: f"värdet har fel form (ska följa {c.get('pattern')}).",
    "tuple_type": lambda _: "här ska stå en lista: [ett, två] eller en rad per värde med bindestreck först.",
    "mapping_type": lambda _: "här ska stå fält med värden (”namn: värde”).",
    "dict_type": lambda _: "här ska stå fält med värden (”namn: värde”).",
    "model_type": lambda _: "här ska stå fält med värden (”namn: värde”).",
    "bool_type": lambda _: "här ska stå true eller false.",
    "bool_parsing": lambda _: "här ska stå true eller false.",
    "int_type": lambda _: "här ska stå ett helt tal.",
    "int_parsing": lambda _: "här ska stå ett helt tal.",
    "int_from_float": lambda _: "här ska stå ett helt tal.",
    "float_type": lambda _: "här ska stå ett tal.",
    "float_parsing": lambda _: "här ska stå ett tal.",
    "finite_number": lambda _: "här ska stå ett tal.",
    "greater_than": lambda c: f"talet är för litet. Skriv mer än {c.get('gt')}.",
    "greater_than_equal": lambda c: f"talet är för litet. Skriv minst {c.get('ge')}.",
    "less_than": lambda c: f"talet är för stort. Skriv mindre än {c.get('lt')}.",
    "less_than_equal": lambda c: f"talet är för stort. Skriv högst {c.get('le')}.",
    "string_too_long": lambda c: f"texten är för lång. Skriv högst {c.get('max_length')} tecken.",
    "too_short": lambda c: f"det är för få. Skriv minst {c.get('min_length')}.",
    "too_long": lambda c: f"det är för många. Skriv högst {c.get('max_length')}.",
    "list_type": lambda _: "här ska stå en lista: [ett, två] eller en rad per värde med bindestreck först.",
    "frozen_set_type": lambda _: "här ska stå en lista: [ett, två] eller en rad per värde med bindestreck först.",
    "set_type": lambda _: "här ska stå en lista: [ett, två] eller en rad per värde med bindestreck först.",
    "model_attributes_type": lambda _: "här ska stå fält med värden (”namn: värde”).",
    "json_invalid": lambda _: "det är inte JSON.",
    "string_unicode": lambda _: "texten är inte i UTF-8.",
    "date_parsing": lambda _: "datumet går inte att läsa. Skriv till exempel 2024-02-01.",
    "date_from_datetime_parsing": lambda _: "datumet går inte att läsa. Skriv till exempel 2024-02-01.",
    "datetime_parsing": lambda _: "tidpunkten går inte att läsa. Skriv till exempel 2024-02-01T08:00:00+01:00.",
    "datetime_from_date_parsing": lambda _: (
        "tidpunkten går inte att läsa. Skriv till exempel 2024-02-01T08:00:00+01:00."
    ),
    "timezone_aware": lambda _: "tidpunkten saknar tidszon. Skriv till exempel 2024-02-01T08:00:00+01:00.",
}
_OWN: Final = ("value_error", "assertion_error")
"""Raised by our own validators, which say it in words; pydantic only puts a few of its own before them."""
_PYDANTICS: Final = frozenset(get_args(ErrorType))
_DATES: Final = ("date_", "time_")


def describe(problem: ErrorDetails, tree: Tree) -> str:
    """One sentence: where in the pack, what is wrong, what to do."""
    kind = problem["type"]
    where = path_label(problem["loc"], tree)
    if kind.startswith(_DATES):
        example = "2024-02-01" if kind.startswith("date_") else "'08:00'"
        return f"{where}: datumet eller klockslaget går inte att läsa. Skriv till exempel {example}."
    return f"{where}: {what_is_wrong(problem)}"


def what_is_wrong(problem: ErrorDetails) -> str:
    """What is wrong with a value and what to write, without its place."""
    kind = problem["type"]
    told = _TOLD.get(kind)
    if told is not None:
        return told(problem.get("ctx", {}))
    if kind in _OWN:
        return problem["msg"].partition(", ")[2]
    return "värdet går inte att använda här." if kind in _PYDANTICS else problem["msg"]


def path_label(loc: Sequence[str | int], tree: Tree) -> str:
    """The way to a field as a person would say it: list items by their id where they have one."""
    words: list[str] = []
    here: Tree | None = tree
    for step in loc:
        if isinstance(here, Listing) and isinstance(step, int):
            here = here.items[step] if step < len(here.items) else None
            words.append((here.text("id") if isinstance(here, Table) else None) or f"nr {step + 1}")
        elif isinstance(here, Table) and isinstance(step, str):
            here = here.get(step)
            words.append(step)
        elif step not in ("str", "bool", "[key]"):
            words.append(str(step))
    return " → ".join(words) or "filen"
