"""The same labelled cases read by Lots, by scikit-learn and by nlp.js with Swedish, in one run: right, danger missed, time, memory, start-up.

Time is the processor's, one text at a time, so that what else the machine does is not measured.

The peers take the channel directly from the text, trained on our own examples. They are tested, as Lots is, on `../shared/cases/routing.jsonl`
where it is there, else on voices of our own that the peers were not trained on (Lots' own model was: such a run compares time, not skill).
"""

import json
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from knowledge.bundle import Knowledge, load_knowledge
from triage.consult import Matter, consult
from triage.evaluate import ALARMS, Case, parse, run
from triage.reading import Reader
from triage.report.figures import Counts

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "cases" / "examples"
SHARED = ROOT.parent / "shared" / "cases" / "routing.jsonl"
NLPJS = Path(__file__).parent / "nlpjs"
EVERY = 5
"""Without the shared cases, every fifth voice is kept for testing."""
MOST_MEAN, MOST_P99 = 3.0, 5.0
MOST_MEMORY, MOST_STARTUP = 80.0, 0.5


@dataclass(frozen=True)
class Result:
    """One reader's figures. `asks` says that it may ask: then `at_once` is what it got right without."""

    name: str
    right: int
    at_once: int
    missed: int
    milliseconds: Sequence[float]
    megabytes: float
    seconds: float

    @property
    def mean(self) -> float:
        return statistics.fmean(self.milliseconds)

    @property
    def p99(self) -> float:
        return sorted(self.milliseconds)[max(0, int(len(self.milliseconds) * 0.99) - 1)]


def main() -> None:
    knowledge = load_knowledge()
    training, testing, source = split(knowledge)
    texts = [case.text for case in testing]
    urgent = sum(case.urgent for case in testing)
    print(
        f"trained on {len(training)} examples; tested on {len(testing)} cases, {urgent} of them urgent, from {source}"
    )
    ours = lots(knowledge, testing)
    bare = scikit("scikit-learn, the text alone", training, testing, with_context=False)
    told = scikit("scikit-learn, told pack and units too", training, testing, with_context=True)
    results = [ours, bare, told, *nlpjs(training, testing, texts)]
    table(results, len(testing), urgent)
    print(
        f"lots beside scikit-learn: mean {ours.mean / bare.mean:.2f} (at most {MOST_MEAN}), p99 {ours.p99 / bare.p99:.2f} (at most {MOST_P99}); "
        f"adds {ours.megabytes:.0f} MB (at most {MOST_MEMORY:.0f}) and {ours.seconds:.2f} s (at most {MOST_STARTUP})"
    )


def split(knowledge: Knowledge) -> tuple[list[Case], list[Case], str]:
    """What to train the peers on, what to test all on, and where the latter is from."""
    packs = [pack for pack in knowledge.registry.packs if pack.validity.last_day is None]
    voices = {path.stem: list(cases_in(path, packs)) for path in sorted(EXAMPLES.glob("*.jsonl"))}
    if SHARED.exists():
        return [case for own in voices.values() for case in own], list(cases_in(SHARED, packs)), "the shared cases"
    kept = sorted(voices)[::EVERY]
    training = [case for voice, own in voices.items() if voice not in kept for case in own]
    return training, [case for voice in kept for case in voices[voice]], f"{len(kept)} voices kept apart"


def cases_in(path: Path, packs: Sequence[Any]) -> Iterator[Case]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        case = parse(line, packs[number % len(packs)]) if line else None
        if isinstance(case, Case):
            yield case


def times(work: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """Milliseconds each, one at a time; the first is read once before, to be warm."""
    work(inputs[0])
    taken: list[float] = []
    for one in inputs:
        started = time.process_time_ns()
        work(one)
        taken.append((time.process_time_ns() - started) / 1e6)
    return taken


def lots(knowledge: Knowledge, testing: Sequence[Case]) -> Result:
    reader = Reader(knowledge.lexicon)

    def first_turn(case: Case) -> None:
        consult(reader, Matter(knowledge.registry.pack(case.pack), case.sender, case.recipient, case.text))

    taken = times(first_turn, testing)  # before the reader has met any of the words
    counts = Counts.of([run(knowledge.registry, reader, case) for case in testing])
    megabytes, seconds = added(LOTS_ADDS, str(ROOT))
    return Result("lots", counts.right, counts.right_at_once, counts.danger_missed, taken, megabytes, seconds)


def scikit(name: str, training: Sequence[Case], testing: Sequence[Case], *, with_context: bool) -> Result:
    """TF-IDF of characters and words, logistic regression, straight to the channel."""

    def told(case: Case) -> str:
        return f"xxpack{case.pack} xxfrom{case.sender} xxto{case.recipient} {case.text}" if with_context else case.text

    model: Pipeline = make_pipeline(
        make_union(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)), TfidfVectorizer(ngram_range=(1, 2))),
        LogisticRegression(max_iter=300),
    ).fit([told(case) for case in training], [case.channel for case in training])
    texts = [told(case) for case in testing]
    labels = list(model.predict(texts))
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "model"
        kept.write_bytes(pickle.dumps(model))
        megabytes, seconds = added(SCIKIT_ADDS, str(kept))
    return judged(name, testing, labels, times(lambda text: model.predict([text]), texts), megabytes, seconds)


def nlpjs(training: Sequence[Case], testing: Sequence[Case], texts: Sequence[str]) -> list[Result]:
    """nlp.js with its Swedish stemmer, or a line that says why not."""
    node = shutil.which("node")
    if node is None:
        print("nlp.js is left out: there is no Node.js on this machine")
        return []
    if not (NLPJS / "node_modules").is_dir():
        print(
            f"nlp.js is left out: it is not installed; run `npm install --no-package-lock` in {NLPJS.relative_to(ROOT)}"
        )
        return []
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "model.json")
        script = [node, str(NLPJS / "peer.js")]
        labelled = [[case.text, case.channel] for case in training]
        subprocess.run([*script, "train", model], input=json.dumps(labelled), text=True, check=True)
        done = subprocess.run(
            [*script, "read", model], input=json.dumps(texts), text=True, check=True, capture_output=True
        )
    said = json.loads(done.stdout)
    name = f"nlp.js {said['version']}, Swedish, the text alone"
    return [judged(name, testing, said["labels"], said["milliseconds"], said["megabytes"], said["seconds"])]


def judged(
    name: str, testing: Sequence[Case], labels: Sequence[str], taken: Sequence[float], megabytes: float, seconds: float
) -> Result:
    """A peer never asks: an urgent case that it sends elsewhere than to the phone is missed in silence."""
    pairs = list(zip(testing, labels, strict=True))
    right = sum(label in case.right for case, label in pairs)
    missed = sum(case.urgent and label not in ALARMS for case, label in pairs)
    return Result(name, right, right, missed, taken, megabytes, seconds)


MEASURED = """
import json, os, sys, time
import psutil
me = psutil.Process()
{before}
size, started = me.memory_info().rss, time.perf_counter()
{after}
print(json.dumps([(me.memory_info().rss - size) / 1e6, time.perf_counter() - started]))
"""
LOTS_ADDS = MEASURED.format(
    before="""
sys.path.insert(0, sys.argv[1])
from knowledge.bundle import HERE
from knowledge.loader import load_packs
from knowledge.vocabulary import UnitType
import triage.decide
pack = load_packs(HERE / "packs")[0]
""",
    after="""
from knowledge.lexicon import load_lexicon
from triage.reading import Context, Reader
Reader(load_lexicon(HERE / "lexicon")).read("Levaxin tar slut om två veckor", Context(pack, UnitType.MUNICIPAL_HEALTH))
""",
)
"""The reader beside a program that has the packs and can decide already."""
SCIKIT_ADDS = MEASURED.format(
    before="",
    after="""
import pickle
with open(sys.argv[1], "rb") as file:
    pickle.load(file).predict(["Levaxin tar slut om två veckor"])
""",
)


def added(program: str, argument: str) -> tuple[float, float]:
    """Megabytes and seconds that reading adds to a fresh process: the middle of three."""
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program, argument], capture_output=True, text=True, check=True, cwd=ROOT
        )
        runs.append(json.loads(done.stdout))
    return sorted(run[0] for run in runs)[1], sorted(run[1] for run in runs)[1]


def table(results: Sequence[Result], cases: int, urgent: int) -> None:
    print(f"{'':<40}{'right':>8}{'no question':>13}{'missed':>9}{'mean ms':>9}{'p99 ms':>9}{'adds MB':>9}{'adds s':>8}")
    for one in results:
        print(
            f"{one.name:<40}{one.right / cases:>8.1%}{one.at_once / cases:>13.1%}{f'{one.missed}/{urgent}':>9}"
            f"{one.mean:>9.2f}{one.p99:>9.2f}{one.megabytes:>9.0f}{one.seconds:>8.2f}"
        )


if __name__ == "__main__":
    main()
