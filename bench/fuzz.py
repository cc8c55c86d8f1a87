"""20,000 random and mutated texts through the reading, the deciding, the identities and the answers: nothing may break.

No exception; every span inside its text; only answers that exist are offered and no question comes twice; the same text is read alike by
another reader, in another order and under another hash seed; no text takes long. `python -m bench.fuzz [TEXTS]` prints counts and ends
with status 1 when anything is wrong.
"""

import hashlib
import itertools
import json
import os
import random
import string
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.bundle import Knowledge, load_knowledge
from knowledge.pack import Pack
from knowledge.vocabulary import NEVER_ASKED, Fact, UnitType, Value
from triage.answer import Answerer
from triage.consult import Consultation, Matter, consult
from triage.decide import Ask, Conflict, Decided
from triage.facts import Evidence
from triage.identity import identify
from triage.reading import Reader
from triage.reading.reader import Reading

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "cases" / "examples"
TEXTS, SEED = 20_000, 20_260
LONG = 10_000
LONGEST_TIME = 3.0
"""Processor seconds that no text may take, not even the longest."""
AGAIN = 1_000
"""So many texts are read once more, backwards by a fresh reader, and in processes with other hash seeds."""
LONGEST_ANSWER = 500

Mutation = Callable[[random.Random, str, Sequence[str]], str]


# making texts


def typos(rng: random.Random, text: str, _: Sequence[str]) -> str:
    """Letters dropped, doubled, swapped or exchanged: from one to every tenth."""
    letters = list(text)
    for _turn in range(rng.randint(1, max(1, len(text) // 10))):
        at = rng.randrange(len(letters)) if letters else 0
        match rng.randrange(4) if letters else 4:
            case 0:
                del letters[at]
            case 1:
                letters.insert(at, letters[at])
            case 2 if at:
                letters[at - 1], letters[at] = letters[at], letters[at - 1]
            case 3:
                letters[at] = rng.choice(string.ascii_lowercase + "åäö .,!?-")
    return "".join(letters)


def cut(rng: random.Random, text: str, _: Sequence[str]) -> str:
    start = rng.randrange(len(text) + 1)
    return text[start : rng.randint(start, len(text))]


def doubled(rng: random.Random, text: str, _: Sequence[str]) -> str:
    return rng.choice(("", " ", "\n")).join([text] * rng.randint(2, 5))


def joined(rng: random.Random, text: str, others: Sequence[str]) -> str:
    return rng.choice((" ", ". ", "\n\n", " och ", ", ")).join([text, *rng.sample(others, rng.randint(1, 3))])


def shuffled(rng: random.Random, text: str, _: Sequence[str]) -> str:
    words = text.split(" ")
    rng.shuffle(words)
    return " ".join(words)


def cased(rng: random.Random, text: str, _: Sequence[str]) -> str:
    return rng.choice((str.upper, str.lower, str.title, str.swapcase))(text)


def normalised(rng: random.Random, text: str, _: Sequence[str]) -> str:
    """Composed or taken apart: å as one sign or two."""
    return rng.choice([unicodedata.normalize(form, text) for form in ("NFD", "NFKD", "NFKC")])


def sprinkled(rng: random.Random, text: str, _: Sequence[str]) -> str:
    """Signs that people and programs leave in texts: emoji, right-to-left marks, control characters, other scripts."""
    letters = list(text)
    for _turn in range(rng.randint(1, 12)):
        letters.insert(rng.randint(0, len(letters)), rng.choice(STRANGE))
    return "".join(letters)


def numbered(rng: random.Random, text: str, _: Sequence[str]) -> str:
    """Numbers of every kind: dates, telephones, doses, things that look like personal numbers."""
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 14)))
    put = rng.choice(
        (digits, f"19121212-{digits[:4]}", f"070-{digits}", f"{digits} mg", f"{digits}/{digits[:2]}", f"+46{digits}")
    )
    at = rng.randint(0, len(text))
    return f"{text[:at]} {put} {text[at:]}"


def noise(rng: random.Random, _: str, __: Sequence[str]) -> str:
    """Nothing that anyone wrote: any code points at all."""
    return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(0, 120)))


def scripts(rng: random.Random, text: str, _: Sequence[str]) -> str:
    """Letters exchanged for such that look the same in other scripts."""
    return "".join(LOOKALIKE.get(letter, letter) if rng.random() < 0.5 else letter for letter in text)


def long(rng: random.Random, text: str, others: Sequence[str]) -> str:
    """10,000 characters: many texts, one word over and over, or one sign."""
    unit = rng.choice((text + " ", " ".join(rng.sample(others, 20)) + " ", text.split(" ", maxsplit=1)[0] + " ", rng.choice(STRANGE), "a", "1 ", "19121212"))  # fmt: skip
    return (unit * (LONG // max(len(unit), 1) + 1))[:LONG]


STRANGE = (
    "\u0000", "\u0007", "\u001b[31m", "\u007f", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u200e", "\u200f", "\u202e", "\u2066", "\u2069", "\ufeff", "\ufffd",
    "\ud800", "\udfff", "\U0001f691", "\U0001f469\u200d\u2695\ufe0f", "❤️", "🇸🇪", "é", "e\u0301", "ß", "İ", "ı", "ﬁ", "Ⅷ", "½", "٣", "שלום", "مرحبا", "你好",
    "Ω", "\t", "\r\n", "\u2028", "\u0085", "…", "–", "”", "<b>", "&amp;", "{x}", "%s", "\\", "'", '"', "]]>", "../",
)  # fmt: skip
LOOKALIKE = dict(zip("aceopxyABEHKMOPTX", "асеорхуАВЕНКМОРТХ", strict=True))
MUTATIONS: tuple[tuple[Mutation, int], ...] = (
    (typos, 30), (cut, 14), (doubled, 4), (joined, 12), (shuffled, 8), (cased, 6), (normalised, 5), (sprinkled, 12), (numbered, 10), (noise, 5), (scripts, 5),
)  # fmt: skip
EVERY_LONG = 200
"""One text in so many has 10,000 characters."""
EVERY_QUESTION = 7
"""One text in so many begins as a question about the routines."""


def texts(seed: int, count: int, knowledge: Knowledge) -> Iterator[str]:
    """The same texts for the same seed: an example, or a question about the routines, with up to three mutations."""
    rng = random.Random(seed)
    asked = [way for entries in knowledge.faq.by_pack.values() for entry in entries for way in entry.asks]
    examples = [
        json.loads(line)["text"]
        for path in sorted(EXAMPLES.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line
    ]
    kinds, weights = zip(*MUTATIONS, strict=True)
    for number in range(count):
        text = rng.choice(asked if number % EVERY_QUESTION == 0 else examples)
        for mutation in rng.choices(kinds, weights, k=rng.randint(number % 2, 3)):
            text = mutation(rng, text, examples)
        yield long(rng, text, examples) if number % EVERY_LONG == 0 else text[:LONG]


# reading them


@dataclass
class Found:
    """What happened: counts, complaints, and a digest of every result in order."""

    counts: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    """Processor seconds, and the characters of that text."""
    digests: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Setting:
    """Who writes to whom under which routine, and what has been answered already: drawn by lot from the text's number."""

    pack: Pack
    sender: UnitType
    recipient: UnitType | None
    answers: dict[Fact, Value]


def setting(knowledge: Knowledge, seed: int, number: int) -> Setting:
    rng = random.Random(seed * 1_000_003 + number)
    pack = rng.choice(knowledge.registry.packs)
    facts = rng.sample([fact for fact in Fact if fact not in NEVER_ASKED], rng.choice((0, 0, 1, 3)))
    units: list[UnitType] = list(UnitType)
    return Setting(
        pack,
        rng.choice(units),
        rng.choice([None, *units]),
        {fact: rng.choice(pack.values(fact)) for fact in facts},
    )


class Fuzz:
    def __init__(self, knowledge: Knowledge, seed: int) -> None:
        self._knowledge = knowledge
        self._seed = seed
        self._reader = Reader(knowledge.lexicon)
        self._answerer = Answerer(knowledge.faq)

    def run(self, numbered_texts: Sequence[tuple[int, str]]) -> Found:
        found = Found()
        for number, text in numbered_texts:
            started = time.process_time()
            try:
                result = self._one(number, text, found)
            except Exception as error:  # noqa: BLE001 – the point of the run: whatever it is, count it and say for which text
                found.complaints.append(f"text {number}: {type(error).__name__}: {error}")
                result = "error"
            found.slowest = max(found.slowest, (time.process_time() - started, len(text)))
            found.counts["characters"] += len(text)
            found.digests.append(hashlib.sha256(result.encode("utf-8", "surrogatepass")).hexdigest())
        return found

    def _one(self, number: int, text: str, found: Found) -> str:
        where = setting(self._knowledge, self._seed, number)
        reading, ending = self._conversation(number, text, where, found)
        spans = identify(text, self._knowledge.names)
        answer = self._answerer.answer(where.pack, text)
        complain = found.complaints.append
        for evidence in evidence_of(reading):
            if not 0 <= evidence.start < evidence.end <= len(text):
                complain(f"text {number}: {evidence.why} says {evidence.start}–{evidence.end} of {len(text)}")
        if any(not 0 <= span.start < span.end <= len(text) for span in spans):
            complain(f"text {number}: an identity outside the text")
        if any(one.end > other.start for one, other in itertools.pairwise(spans)):
            complain(f"text {number}: identities over each other")
        if len(answer.text) > LONGEST_ANSWER or (answer.answered and not answer.sources):
            complain(f"text {number}: an answer too long or without a source")
        found.counts[f"kind {reading.kind}"] += 1
        found.counts["facts read"] += len(reading.facts.known)
        found.counts["facts unclear"] += len(reading.facts.unclear)
        found.counts["identities"] += len(spans)
        found.counts["answered" if answer.answered else "refused"] += 1
        return repr((reading, ending, spans, answer))

    def _conversation(self, number: int, text: str, where: Setting, found: Found) -> tuple[Reading, str]:
        """Ask and answer by lot until there is a channel."""
        rng = random.Random(number)
        known = dict(where.answers)
        first: Consultation | None = None
        while True:
            done = consult(self._reader, Matter(where.pack, where.sender, where.recipient, text, known))
            first = first or done
            match done.decision:
                case Decided(channel=channel, row=row):
                    found.counts["decided"] += 1
                    return first.reading, f"{channel.id} {row.id}"
                case Conflict(between=between):
                    found.counts["contradictions"] += 1
                    return first.reading, repr(between)
                case Ask(fact=fact, choices=choices):
                    found.counts["questions"] += 1
                    if fact in known or fact in NEVER_ASKED or not set(choices) <= set(where.pack.values(fact)):
                        found.complaints.append(f"text {number}: may not ask about {fact}")
                        return first.reading, "asked wrongly"
                    known[fact] = rng.choice(choices)
                case other:
                    found.complaints.append(f"text {number}: {type(other).__name__} is no decision")
                    return first.reading, "no decision"


def evidence_of(reading: Reading) -> Iterator[Evidence]:
    for known in reading.facts.known.values():
        yield from known.evidence
    for unclear in reading.facts.unclear.values():
        yield from unclear.evidence
    yield from reading.recipient_evidence


# the run


def main(count: int = TEXTS) -> int:
    """How many things were wrong."""
    knowledge = load_knowledge()
    numbered_texts = list(enumerate(texts(SEED, count, knowledge)))
    found = Fuzz(knowledge, SEED).run(numbered_texts)
    again = Fuzz(knowledge, SEED).run(numbered_texts[:AGAIN][::-1])
    if again.digests[::-1] != found.digests[:AGAIN]:
        found.complaints.append("read otherwise the second time, in the other order")
    seeds = {digest(found.digests[:AGAIN]), *(elsewhere(str(seed), min(AGAIN, count)) for seed in (1, 2))}
    if len(seeds) > 1:
        found.complaints.append("read otherwise under another hash seed")
    seconds, characters = found.slowest
    if seconds > LONGEST_TIME:
        found.complaints.append(f"a text of {characters} characters took {seconds:.1f} s (at most {LONGEST_TIME})")
    print(
        f"fuzz        {count} texts, {len(found.complaints)} wrong; slowest {seconds:.2f} s for {characters} characters"
    )
    print("            " + ", ".join(f"{name} {number}" for name, number in sorted(found.counts.items())))
    for complaint in found.complaints[:20]:
        print(f"            {complaint}", flush=True)
    return len(found.complaints)


def digest(digests: Sequence[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def elsewhere(hash_seed: str, count: int) -> str:
    """The digest from a process of its own, whose sets lie in another order."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fuzz", "--digest", str(count)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def here(count: int) -> str:
    """The digest from this process."""
    knowledge = load_knowledge()
    return digest(Fuzz(knowledge, SEED).run(list(enumerate(texts(SEED, count, knowledge)))).digests)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--digest"]:
        print(here(int(sys.argv[2])))
    elif main(*(int(argument) for argument in sys.argv[1:2])):
        raise SystemExit(1)
