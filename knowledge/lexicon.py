"""The language of staff as data: sheets of entries, spoken forms, example sentences. Reads files; matches and decides nothing.

A sheet says what its phrases give (a fact, a topic, a unit type, a scope …). Every problem is reported at once with file and line.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from knowledge.data_file import read_model, yaml_files
from knowledge.errors import DataError, DataErrors
from knowledge.vocabulary import FIXED_VALUES, Fact, UnitType, Value
from knowledge.yaml_tree import Tree, place_of

Scope = Literal[
    "negated", "past", "history", "other_person", "hypothetical", "exercise", "resolved", "habitual", "retracted",
    "stopped",
]  # fmt: skip
"""Why words may not mean what they seem to: each entry says which of these silence it."""

Gives = Literal[
    "urgency", "patient_status", "topic", "home_care_enrolled", "forum_exists", "controlled_drug", "attachment", "sip_ongoing",
    "both_principals", "ongoing_exchange", "recipient_has_access", "system_down", "consent", "recipient", "scope", "matters", "kind", "drug",
]  # fmt: skip

KINDS = ("greeting", "thanks", "question_about_routine", "question_about_lots")
SCOPES = (
    "negation",
    "negated_after",
    "stop",
    "past",
    "history",
    "other_person",
    "hypothetical",
    "exercise",
    "heading",
    "person",
    "mark",
    "stopped",
    "resolved",
    "habitual",
    "retracted",
)
URGENCY = ("danger", "hurry", "wanted_soon", "plain_urgent", "plain_life_threatening", "calm", "aside")
"""How words bear on urgency: two kinds of alarm, a wish for today or for a day that is named (no model doubts that), the sender's own plain
word for it, a word that it can wait, and words that look like one but are about everything else than the matter: they take the calm out
of those they hold."""
MATTERS = ("2", "3", "4", "5")
DRUGS = ("controlled", "ordinary", "vital")

M = TypeVar("M", bound=BaseModel)
Pair = tuple[int, float]
"""A label's number and a weight."""
Phrase = Annotated[str, Field(min_length=1)]
_PHRASE = re.compile(
    r"(\.\.\.?|#|(\*?[^\W_]+\*?)(\|\*?[^\W_]+\*?)*\??)( (\.\.\.?|#|(\*?[^\W_]+\*?)(\|\*?[^\W_]+\*?)*\??))*"
)


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Model):
    """Words that point to one value. `weight` is how sure they are on their own; 1 settles the fact.

    A phrase is words in order: `recept*` any ending, `*kateter` any beginning, `a|b` either, `ord?` may be left out,
    `..` up to three words between, `...` up to seven, `#` a number. Words are written in the lexicon's own spelling (see spoken.yaml).
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    value: Value
    weight: Annotated[float, Field(gt=0, le=4)] = 1.0
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    alone: bool = False
    """Only where the phrase is the whole sentence."""
    silenced_by: frozenset[Scope] | None = None
    """None: as the sheet says."""
    senders: frozenset[UnitType] = frozenset()
    """Only when one of these writes; empty means anyone."""
    packs: frozenset[str] = frozenset()
    """Only under these routines; empty means any."""
    recipients: frozenset[UnitType] = frozenset()
    """Only when it is meant for one of these; empty means anyone."""


class Sheet(Model):
    """One file of entries that all give the same kind of thing. `source` names where a list was taken from."""

    gives: Gives
    about: Phrase
    source: str | None = None
    silenced_by: frozenset[Scope] = frozenset()
    entries: tuple[Entry, ...]


class Spoken(Model):
    """How staff write common words: the lexicon's spelling → the forms it stands for."""

    about: Phrase
    words: Mapping[str, tuple[str, ...]]


class Examples(Model):
    """Sentences of one voice with what they are about. The small model of triage learns from them."""

    voice: Phrase
    about: Phrase
    topics: Mapping[str, tuple[Phrase, ...]] = Field(default_factory=dict)
    alarm: tuple[Phrase, ...] = ()
    calm: tuple[Phrase, ...] = ()

    def sentences(self) -> Iterator[str]:
        """Every sentence of the voice."""
        yield from chain(*self.topics.values(), self.alarm, self.calm)


class Measure(Model):
    """A value that staff measure. At or below `low`, at or above `high` is a reason to ask; outside `lowest`–`highest` it is no such value."""

    words: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    lowest: float
    highest: float


class Measures(Model):
    about: Phrase
    measures: Mapping[str, Measure]


class LinearModel(Model):
    """Weights that were learnt from example sentences: sign → (label, weight) pairs. A data file, made by the trainer."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[Pair, ...]]

    @field_validator("weights")
    @classmethod
    def _shared(cls, weights: Mapping[str, tuple[Pair, ...]]) -> Mapping[str, tuple[Pair, ...]]:
        """The same weights stand under many signs: each pair is kept once."""
        pairs: dict[Pair, Pair] = {}
        return {sign: tuple(map(pairs.setdefault, own, own)) for sign, own in weights.items()}


class Models(Model):
    """The trained weights, and `made_from`: a digest of the sentences and sheets they were trained on."""

    about: Phrase
    made_from: str = ""
    topic: LinearModel
    alarm: LinearModel
    kind: LinearModel
    status: LinearModel


class LexiconErrors(DataErrors):
    """Every error found in the lexicon."""


class Lexicon(Model):
    """Everything that was loaded. Sheets in file order."""

    sheets: Mapping[str, Sheet]
    spoken: Mapping[str, str]
    """A written form → the lexicon's spelling."""
    measures: Mapping[str, Measure] = Field(default_factory=dict)
    examples: tuple[Examples, ...] = ()
    models: Models | None = None


def load_lexicon(folder: Path, *, trained: bool = True) -> Lexicon:
    """Every sheet in the folder, the spoken forms, the measures and the examples. Raises LexiconErrors with all problems at once.

    Without `trained` the models are left out: what the training starts from.
    """
    errors: list[DataError] = []
    sheets: dict[str, Sheet] = {}
    for path in yaml_files(folder):
        if path.stem not in _OTHER_FILES and (sheet := _read(path, Sheet, errors)) is not None:
            sheets[path.stem] = sheet
    spoken = _read(folder / "spoken.yaml", Spoken, errors)
    measures = _read(folder / "measures.yaml", Measures, errors)
    examples = [_read(path, Examples, errors) for path in yaml_files(folder / "examples")]
    if errors or spoken is None or measures is None:
        raise LexiconErrors(errors)
    return Lexicon(
        sheets=sheets,
        spoken={form: word for word, forms in spoken.words.items() for form in forms},
        measures=measures.measures,
        examples=tuple(example for example in examples if example is not None),
        models=_models(folder / "models.json") if trained else None,
    )


def _models(path: Path) -> Models | None:
    """The trained weights; None where none are shipped, and reading goes on with phrases alone."""
    if not path.is_file():
        return None
    try:
        return Models.model_validate_json(path.read_bytes())
    except ValidationError as error:
        message = f"Filen är inte som träningen skriver den ({error.errors()[0]['msg']}). Träna om den."
        raise LexiconErrors((DataError(str(path), 1, message),)) from error


def allowed_values(gives: Gives) -> tuple[Value, ...] | None:
    """The values that a sheet's entries may give; None where the packs say (topics)."""
    special: dict[str, tuple[Value, ...] | None] = {
        "topic": None,
        "urgency": URGENCY,
        "recipient": tuple(str(unit) for unit in UnitType),
        "scope": SCOPES,
        "kind": KINDS,
        "drug": DRUGS,
        "matters": MATTERS,
    }
    return special[gives] if gives in special else FIXED_VALUES[Fact(gives)]


def well_formed(phrase: str) -> bool:
    """Whether a phrase follows the little grammar of `Entry`. It begins and ends with a word that must be there."""
    if phrase != phrase.lower() or not _PHRASE.fullmatch(phrase):
        return False
    words = phrase.split(" ")
    return not any(word.startswith(".") or word.endswith("?") for word in (words[0], words[-1]))


def _read(path: Path, model: type[M], errors: list[DataError]) -> M | None:
    loaded, tree, found = read_model(path, model)
    errors.extend(found)
    if isinstance(loaded, Sheet) and tree is not None:
        errors.extend(_sheet_errors(loaded, tree))
    if isinstance(loaded, Spoken) and tree is not None:
        errors.extend(_spoken_errors(loaded, tree))
    return loaded


def _sheet_errors(sheet: Sheet, tree: Tree) -> Iterator[DataError]:
    allowed = allowed_values(sheet.gives)
    seen: set[str] = set()
    for place, entry in enumerate(sheet.entries):
        at = ("entries", place)
        if entry.id in seen:
            yield place_of(tree, (*at, "id")).error(f"Id {entry.id!r} står två gånger. Ge raden ett eget id.")
        seen.add(entry.id)
        if allowed is not None and entry.value not in allowed:
            words = ", ".join(str(value) for value in allowed)
            yield place_of(tree, (*at, "value")).error(f"{entry.value!r} går inte här. Välj bland {words}.")
        for number, phrase in enumerate(entry.phrases):
            if not well_formed(phrase):
                yield place_of(tree, (*at, "phrases", number)).error(
                    f"{phrase!r} går inte att läsa som fras. Skriv små bokstäver, och * bara först eller sist i ett ord."
                )


def _spoken_errors(spoken: Spoken, tree: Tree) -> Iterator[DataError]:
    seen: dict[str, str] = {}
    for word, forms in spoken.words.items():
        for number, form in enumerate(forms):
            if form in seen:
                yield place_of(tree, ("words", word, number)).error(
                    f"{form!r} står redan under {seen[form]!r}. En form kan bara betyda ett ord."
                )
            seen[form] = word


_OTHER_FILES = frozenset({"spoken", "measures", "known_misses"})
