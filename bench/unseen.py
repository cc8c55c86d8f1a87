"""Honest cross-validation from end to end: every example is read by a reader whose models never saw its voice, and taken to a channel.

`python -m bench.unseen [FOLDER]` prints the table of `lots eval`, and writes its report in the folder; an older figures.json there is
compared with. Six readers are trained, each on five sixths of the voices. The lexicon's own phrases were written by people who had read all
voices: for those parts no voice is unseen, and the figures are on the kind side.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.reading import EXAMPLES, cases_in
from knowledge.bundle import Knowledge, load_knowledge
from knowledge.lexicon import Lexicon, Models
from tests.triage.reading.train import FOLDS, LABELS, Sentence, Trainer, sentences, signs
from triage.evaluate import Case, Outcome, run
from triage.reading import Reader
from triage.report.build import FIGURES, build
from triage.report.figures import Figures
from triage.report.page import lines
from triage.report.words import Words


def main(folder: Path | None = None) -> None:
    knowledge = load_knowledge()
    cases = list(_cases(knowledge))
    figures = Figures.of(outcomes(knowledge, cases))
    words = Words.of(knowledge.texts, knowledge.registry.packs)
    old = None
    if folder is not None and (folder / FIGURES).exists():
        old = Figures.model_validate_json((folder / FIGURES).read_bytes())
    for line in lines(figures, old, words):
        print(f"{line.name:<48}{line.value:<26}{line.target:<14}{line.old:<26}{line.change}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in build(figures, old, {case.id: case.text for case in cases}, words).items():
            (folder / name).write_bytes(content)


def _cases(knowledge: Knowledge) -> Iterator[Case]:
    packs = [pack for pack in knowledge.registry.packs if pack.validity.last_day is None]
    for path in sorted(EXAMPLES.glob("*.jsonl")):
        yield from cases_in(path, packs)


def outcomes(knowledge: Knowledge, cases: Sequence[Case]) -> Iterator[Outcome]:
    """Fold by fold: train on the other voices, read these."""
    plain = knowledge.lexicon.model_copy(update={"models": None})
    found = list(sentences(plain))
    features = signs(Reader(plain), found)
    voices = sorted({sentence.voice for sentence in found})
    for fold in range(FOLDS):
        held = frozenset(voices[fold::FOLDS])
        reader = Reader(trained_without(held, plain, found, features))
        for case in cases:
            if case.voice in held:
                yield run(knowledge.registry, reader, case)
        print(f"fold {fold + 1} of {FOLDS}: {len(held)} voices held back", file=sys.stderr, flush=True)


def trained_without(
    held: frozenset[str], plain: Lexicon, found: Sequence[Sentence], features: Sequence[dict[str, int]]
) -> Lexicon:
    """The lexicon with models from every sentence but those of the voices held back."""
    kept = [(sentence, own) for sentence, own in zip(found, features, strict=True) if sentence.voice not in held]
    models = {name: Trainer(name, [s for s, _ in kept], [f for _, f in kept]).data() for name in LABELS}
    return plain.model_copy(update={"models": Models.model_validate({"about": "cross-validation", **models})})


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
