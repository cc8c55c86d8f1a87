"""Time from a text to a decision, beside scikit-learn (TF-IDF of characters and words, logistic regression) on the same texts in one run.

The peer is trained on the channel of our own labelled examples and then asked one text at a time, as Lots is.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from knowledge.bundle import load_knowledge
from knowledge.vocabulary import UnitType
from triage.consult import Matter, consult
from triage.reading import Reader

EXAMPLES = Path(__file__).parents[1] / "tests" / "cases" / "examples"
MOST_TEXTS = 400
TARGET = 3.0


def main() -> None:
    lines = [
        json.loads(line)
        for path in sorted(EXAMPLES.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line
    ]
    cases = [line for line in lines if line["facts"].get("topic")][:MOST_TEXTS]
    texts = [case["text"] for case in cases]
    peer = make_pipeline(
        make_union(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)), TfidfVectorizer(ngram_range=(1, 2))),
        LogisticRegression(max_iter=300),
    ).fit(texts, [case["facts"]["topic"] for case in cases])
    knowledge = load_knowledge()
    reader, pack = Reader(knowledge.lexicon), knowledge.registry.pack("halland-2024")

    def lots(text: str) -> None:
        consult(reader, Matter(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, text))

    lots(texts[0])  # both are warm before the clock starts
    ours, theirs = times(lots, texts), times(lambda text: peer.predict([text]), texts)
    report("lots", ours)
    report("scikit-learn", theirs)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"median ratio {ratio:.2f} (target at most {TARGET}); mean ratio {statistics.fmean(ours) / statistics.fmean(theirs):.2f}"
    )


def times(work: Callable[[str], object], texts: list[str]) -> list[float]:
    """Milliseconds a text, one at a time."""
    taken: list[float] = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def report(name: str, taken: list[float]) -> None:
    p99 = sorted(taken)[int(len(taken) * 0.99) - 1]
    print(
        f"{name:14} {len(taken)} texts  median {statistics.median(taken):7.3f} ms  mean {statistics.fmean(taken):7.3f} ms  p99 {p99:7.3f} ms"
    )
