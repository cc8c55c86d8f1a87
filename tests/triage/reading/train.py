"""Trains the reader's small models from example sentences and writes them as data; `--check` only measures, `--write` only writes.

    python -m tests.triage.reading.train [--check | --write]

Needs scikit-learn, which the running program never does. The same sentences always give the same file.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from knowledge.lexicon import Lexicon, load_lexicon
from knowledge.loader import load_pack
from knowledge.vocabulary import UnitType
from tests.triage.reading.sources import LABELLED, LEXICON, ROOT, made_from
from triage.reading import Context, Reader
from triage.reading.model import OF_UNITS

FOLDS = 6
SEEN = 2
"""A sign must stand in at least this many sentences to be learnt."""
LABELS = ("topic", "alarm", "kind", "status")
SMALLEST = 0.04
"""Weights nearer to zero than this are left out of the file."""


@dataclass(frozen=True)
class Sentence:
    voice: str
    text: str
    sender: UnitType
    recipient: UnitType | None
    topic: str | None
    alarm: bool | None
    kind: str = "matter"
    status: str | None = None


def sentences(lexicon: Lexicon) -> Iterator[Sentence]:
    """Every labelled sentence: the lexicon's own pictures, and the labelled cases, one voice a file."""
    nurse, centre = UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE
    for voice in lexicon.examples:
        for alarm, texts in ((True, voice.alarm), (False, voice.calm)):
            yield from (Sentence(voice.voice, text, nurse, centre, None, alarm) for text in texts)
        for topic, texts in voice.topics.items():
            yield from (Sentence(voice.voice, text, nurse, centre, topic, alarm=False) for text in texts)
    for path in sorted(LABELLED.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            facts = case["facts"]
            if case["text"].strip() and case.get("kind") != "unreadable":
                yield Sentence(
                    path.stem,
                    case["text"],
                    UnitType(case["sender"]),
                    UnitType(case["recipient"]) if case["recipient"] else None,
                    facts.get("topic"),
                    facts["urgency"] != "can_wait" if facts.get("urgency") else None,
                    case.get("kind") or "matter",
                    facts.get("patient_status"),
                )


def signs(reader: Reader, found: Sequence[Sentence]) -> list[dict[str, int]]:
    pack = load_pack(ROOT / "knowledge" / "packs" / "orebro.yaml")
    return [dict.fromkeys(reader.signs(s.text, Context(pack, s.sender, s.recipient)), 1) for s in found]


class Trainer:
    """One label set: which sentences, their labels, and how strongly the weights are held back."""

    def __init__(self, name: str, found: Sequence[Sentence], features: Sequence[dict[str, int]]) -> None:
        chosen = [(s, f) for s, f in zip(found, features, strict=True) if getattr(s, name) is not None]
        self.labels = np.array([str(getattr(s, name)) for s, _ in chosen])
        self.voices = np.array([s.voice for s, _ in chosen])
        self.vectors = DictVectorizer(sort=True)
        matrix = self.vectors.fit_transform([_for(name, f) for _, f in chosen])
        kept = np.asarray((matrix > 0).sum(axis=0)).ravel() >= SEEN
        self.vectors.restrict(kept)
        self.matrix = matrix[:, kept]
        self.weighting = None if name in {"topic", "status"} else "balanced"

    def fit(self, rows: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=0.5, max_iter=400, class_weight=self.weighting).fit(
            self.matrix[rows], self.labels[rows]
        )

    def unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores for each sentence from a model that never saw its voice."""
        voices = sorted(set(self.voices))
        classes = np.unique(self.labels)
        scores = np.zeros((len(self.labels), len(classes)))
        for fold in range(FOLDS):
            test = np.isin(self.voices, voices[fold::FOLDS])
            model = self.fit(~test)
            raw = model.decision_function(self.matrix[test])
            raw = np.column_stack([-raw / 2, raw / 2]) if raw.ndim == 1 else raw
            scores[np.ix_(test, np.searchsorted(classes, model.classes_))] = raw
        return classes, scores

    def data(self) -> dict[str, object]:
        model = self.fit(np.ones(len(self.labels), dtype=bool))
        coefficients, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coefficients, bias = np.vstack([-coefficients / 2, coefficients / 2]), np.array([-bias[0] / 2, bias[0] / 2])
        names = self.vectors.get_feature_names_out()
        weights = {
            str(name): [[int(i), round(float(w), 3)] for i, w in enumerate(column) if abs(w) >= SMALLEST]
            for name, column in zip(names, coefficients.T, strict=True)
        }
        return {
            "labels": [str(label) for label in model.classes_],
            "bias": [round(float(b), 3) for b in bias],
            "weights": {name: pairs for name, pairs in weights.items() if pairs},
        }


def _for(name: str, features: Mapping[str, int]) -> dict[str, int]:
    """The signs that one model may learn from. Who writes to whom says nothing of urgency, nor of what kind of text it is."""
    return {sign: 1 for sign in features if name in {"topic", "status"} or not sign.startswith(OF_UNITS)}


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def report(topic: Trainer, alarm: Trainer, kind: Trainer, status: Trainer) -> None:
    classes, scores = topic.unseen()
    ranked = np.argsort(-scores, axis=1)
    first = (classes[ranked[:, 0]] == topic.labels).mean()
    four = np.mean([label in classes[row[:4]] for label, row in zip(topic.labels, ranked, strict=True)])
    tell(f"topics, unseen voices: {len(topic.labels)} sentences, first {first:.3f}, among four {four:.3f}")
    classes, scores = alarm.unseen()
    margin, danger = scores[:, 1] - scores[:, 0], alarm.labels == "True"
    for share in (0.05, 0.1, 0.15, 0.2):
        limit = np.quantile(margin[~danger], 1 - share)
        tell(
            f"alarm, {share:.0%} of calm asked: {(margin[danger] > limit).mean():.3f} of {danger.sum()} found, limit {limit:.2f}"
        )
    classes, scores = kind.unseen()
    best = classes[scores.argmax(axis=1)]
    talk = kind.labels != "matter"
    tell(
        f"kinds: {(best == kind.labels)[talk].mean():.3f} of {talk.sum()} right, matters taken for talk {(best != 'matter')[~talk].mean():.4f}"
    )
    classes, scores = status.unseen()
    best = classes[scores.argmax(axis=1)]
    away = status.labels != "at_home"
    tell(
        f"status: {(best == status.labels)[away].mean():.3f} of {away.sum()} away right, {(best != 'at_home')[~away].mean():.4f} of those at home taken for away"
    )


def main() -> None:
    lexicon = load_lexicon(LEXICON, trained=False)
    found = list(sentences(lexicon))
    features = signs(Reader(lexicon), found)
    trainers = {name: Trainer(name, found, features) for name in LABELS}
    if "--write" not in sys.argv:
        report(**trainers)
    if "--check" in sys.argv:
        return
    models = {"about": "Vikter som tränats fram ur exempelmeningarna. Skrivs av träningen, redigeras inte för hand."}
    content = models | {"made_from": made_from()} | {name: trainer.data() for name, trainer in trainers.items()}
    (LEXICON / "models.json").write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
