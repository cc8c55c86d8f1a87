"""The reader: one text in its context → facts, recipient, matters and kind. Joins the steps; holds no language of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.lexicon import Lexicon, Scope
from knowledge.pack import Pack
from knowledge.vocabulary import DEATH_NOTICE, Fact, PatientStatus, Provenance, UnitType, Urgency, Value
from triage.facts import Evidence, Facts, Known, Unclear
from triage.reading.classify import evidence, settle
from triage.reading.match import Hit, Matcher
from triage.reading.measures import Gauge, Measured
from triage.reading.model import Feature, features, of_units, weigh
from triage.reading.normalise import Token, tokenise
from triage.reading.recipient import read_recipient
from triage.reading.scope import Cues
from triage.reading.status import read_status
from triage.reading.topics import alike, read_topic, score
from triage.reading.urgency import ASKED, Signs, read_urgency

Kind = Literal["matter", "greeting", "thanks", "question_about_routine", "question_about_lots", "unreadable"]

_SIMPLE = (
    Fact.HOME_CARE_ENROLLED, Fact.FORUM_EXISTS, Fact.ATTACHMENT, Fact.SIP_ONGOING, Fact.BOTH_PRINCIPALS,
    Fact.ONGOING_EXCHANGE, Fact.RECIPIENT_HAS_ACCESS, Fact.SYSTEM_DOWN, Fact.CONSENT,
)  # fmt: skip
_KNOWN_SHARE = 0.34
"""At least this share of the words must be known, or the text counts as unreadable."""
_SHORT_TALK = 6
"""A greeting or thanks has no more words than this beside it."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who writes, under which routine, and to whom if that is chosen."""

    pack: Pack
    sender: UnitType
    recipient: UnitType | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says. `facts` are stated, inferred or unclear, never assumed."""

    facts: Facts
    recipient: UnitType | None
    recipient_evidence: tuple[Evidence, ...]
    matters: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Text:
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    by_gives: Mapping[str, tuple[Hit, ...]]
    measured: tuple[Measured, ...]
    signs: tuple[Feature, ...]

    def hits(self, gives: str) -> tuple[Hit, ...]:
        return self.by_gives.get(gives, ())


class Reader:
    """Reads with one lexicon. Pure: the same text in the same context always gives the same reading."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._matcher = Matcher(lexicon)
        self._gauge = Gauge(lexicon.measures)

    def read(self, text: str, context: Context) -> Reading:
        """Everything the text says, each fact with the words that gave it."""
        read = self._text(text, context)
        if not self._readable(read):
            doubt = Unclear(ASKED)
            return Reading(Facts({}, {Fact.URGENCY: doubt}), None, (), 1, "unreadable")
        facts = self._facts(read, context)
        recipient, found = read_recipient(read.hits("recipient"), read.tokens, read.words, context.sender)
        return Reading(facts, recipient, found, _matters(read), self._kind(read, facts))

    def signs(self, text: str, context: Context) -> tuple[str, ...]:
        """The names of the signs that the small model weighs in this text: what the trainer learns from."""
        return tuple(sign.name for sign in self._text(text, context).signs)

    def _text(self, text: str, context: Context) -> _Text:
        tokens = tokenise(text, self._lexicon.spoken)
        words = tuple(self._matcher.words(tokens))
        hits = self._matcher.find(tokens, words)
        cues = Cues(tokens, [hit for hit in hits if self._gives(hit) == "scope"])
        by_gives: dict[str, list[Hit]] = {}
        silenced: list[Hit] = []
        for hit in hits:
            meant = self._meant(hit, cues, context) and not (hit.entry.alone and not _is_sentence(hit, tokens))
            (by_gives.setdefault(self._gives(hit), []) if meant else silenced).append(hit)
        found = {gives: tuple(own) for gives, own in by_gives.items()}
        telling = [
            hit
            for gives, own in found.items()
            if gives not in _NOT_TELLING
            for hit in own
            if hit.entry.value not in _ONLY_GRAMMAR
        ]
        measured = tuple(self._gauge.values(tokens, words))
        signs = features(tokens, words, telling, silenced, measured)
        return _Text(tokens, words, found, measured, (*signs, *of_units(context.sender, context.recipient)))

    def _gives(self, hit: Hit) -> str:
        return self._lexicon.sheets[hit.sheet].gives

    def _meant(self, hit: Hit, cues: Cues, context: Context) -> bool:
        """Whether the entry is for these units and nothing in the text silences it."""
        entry = hit.entry
        if entry.packs and context.pack.id not in entry.packs:
            return False
        if entry.senders and context.sender not in entry.senders:
            return False
        if entry.recipients and context.recipient not in entry.recipients:
            return False
        minds: frozenset[Scope] = (
            self._lexicon.sheets[hit.sheet].silenced_by if entry.silenced_by is None else entry.silenced_by
        )
        return not (minds and cues.at(hit.first, hit.last) & minds)

    def _readable(self, read: _Text) -> bool:
        if not read.words:
            return False
        known = sum(
            token.is_number or self._matcher.knows(word) for token, word in zip(read.tokens, read.words, strict=True)
        )
        return known / len(read.words) >= _KNOWN_SHARE

    def _facts(self, read: _Text, context: Context) -> Facts:
        facts = Facts()
        for fact in _SIMPLE:
            facts = _put(facts, fact, settle(fact, read.hits(fact), read.tokens))
        facts = _put(facts, Fact.PATIENT_STATUS, self._status(read))
        facts = _put(facts, Fact.CONTROLLED_DRUG, _controlled(read))
        facts = _put(facts, Fact.URGENCY, read_urgency(self._signs(read), read.tokens))
        if Fact.HOME_CARE_ENROLLED not in facts and context.sender is UnitType.MUNICIPAL_HEALTH:
            facts = facts.with_known(Fact.HOME_CARE_ENROLLED, _YES, Provenance.INFERRED)
        return _put(facts, Fact.TOPIC, self._topic(read, facts, context))

    def _status(self, read: _Text) -> Known | Unclear | None:
        phrases = settle(Fact.PATIENT_STATUS, read.hits(Fact.PATIENT_STATUS), read.tokens)
        if self._lexicon.models is None:
            return phrases
        return read_status(phrases, weigh(self._lexicon.models.status, read.signs), read.tokens)

    def _signs(self, read: _Text) -> Signs:
        cues = Cues(read.tokens, read.hits("scope"))
        measured = tuple(
            Evidence(
                Fact.URGENCY,
                str(Urgency.URGENT),
                read.tokens[m.first].start,
                read.tokens[m.last - 1].end,
                f"measures.{m.measure}",
            )
            for m in read.measured
            if m.outside and not cues.at(m.first, m.last) & _MEASURES_MIND
        )
        if self._lexicon.models is None or cues.is_exercise:
            return Signs(read.hits("urgency"), measured)
        verdict = weigh(self._lexicon.models.alarm, read.signs)
        margin = verdict.scores[_DANGER] - verdict.scores[_CALM]
        sign = next(iter(verdict.reasons), Feature("", 0, 1))
        start, end = read.tokens[sign.first].start, read.tokens[sign.last - 1].end
        hunch = Evidence(Fact.URGENCY, str(Urgency.URGENT), start, end, "models.alarm", _HUNCH_WEIGHT)
        return Signs(read.hits("urgency"), measured, margin, hunch)

    def _topic(self, read: _Text, facts: Facts, context: Context) -> Known | Unclear | None:
        topics = [topic.id for topic in context.pack.topics]
        status = facts.value(Fact.PATIENT_STATUS)
        if status is not None and status != PatientStatus.DECEASED:
            topics.remove(DEATH_NOTICE)
        models = self._lexicon.models
        scores = score(read.hits(Fact.TOPIC), read.tokens, weigh(models.topic, read.signs) if models else None)
        known: dict[Fact, Value] = {fact: value for fact, value in facts.values().items() if fact != Fact.URGENCY}
        recipient = context.recipient
        return read_topic(scores, alike(context.pack, context.sender, recipient, known), topics)

    def _kind(self, read: _Text, facts: Facts) -> Kind:
        """What the text is for. A text that may mean danger or hurry in its own words is always a matter."""
        if self._lexicon.models is None:
            return _plain_kind(read, facts)
        verdict = weigh(self._lexicon.models.kind, read.signs)
        best = max(verdict.scores, key=verdict.scores.__getitem__)
        alarmed = any(hit.entry.value not in ("calm", "aside") for hit in read.hits("urgency"))
        down = facts.value(Fact.SYSTEM_DOWN) is True
        if best == "matter" or alarmed or down or verdict.scores[best] - verdict.scores["matter"] < _KIND_MARGIN:
            return "matter"
        return _KINDS[best]


_KINDS: Mapping[str, Kind] = {
    "greeting": "greeting",
    "thanks": "thanks",
    "question_about_routine": "question_about_routine",
    "question_about_lots": "question_about_lots",
}
_KIND_MARGIN = 1.0


def _plain_kind(read: _Text, facts: Facts) -> Kind:
    """By phrases alone: only a short text without a matter in it is anything else."""
    kinds = [str(hit.entry.value) for hit in read.hits("kind")]
    matter = any(fact in facts or fact in facts.unclear for fact in (Fact.TOPIC, Fact.URGENCY, Fact.PATIENT_STATUS))
    if not kinds or matter or len(read.words) > _SHORT_TALK:
        return "matter"
    return _KINDS[kinds[-1]]


def _matters(read: _Text) -> int:
    """How many matters the sender says there are, or numbers in a list; one where nothing says more."""
    said = max((int(str(hit.entry.value)) for hit in read.hits("matters")), default=1)
    listed = 0
    for token in read.tokens:
        listed += token.is_number and token.word == str(listed + 1)
    return max(said, listed if _LISTED[0] <= listed <= _LISTED[1] else 1)


_LISTED = (2, 9)
_YES, _NO = True, False
_DANGER, _CALM = "True", "False"
_HUNCH_WEIGHT = 0.5
_NOT_TELLING = frozenset({"recipient", "matters"})
_ONLY_GRAMMAR = frozenset({"person", "mark"})
"""Scope words that stand in nearly every text; what they do to other words is what counts."""
_MEASURES_MIND: frozenset[Scope] = frozenset({"past", "hypothetical", "exercise", "habitual"})


def _is_sentence(hit: Hit, tokens: Sequence[Token]) -> bool:
    """Whether nothing else stands in the sentence."""
    sentence = tokens[hit.first].sentence
    begins = hit.first == 0 or tokens[hit.first - 1].sentence != sentence
    return begins and (hit.last == len(tokens) or tokens[hit.last].sentence != sentence)


def _put(facts: Facts, fact: Fact, found: Known | Unclear | None) -> Facts:
    match found:
        case Known(value=value, provenance=provenance, evidence=own):
            return facts.with_known(fact, value, provenance, own)
        case Unclear():
            return facts.with_unclear(fact, found)
        case None:
            return facts


def _controlled(read: _Text) -> Known | None:
    """Named drugs say whether one is narcotic-classed; where none is named, nothing is known."""
    named = read.hits("drug")
    strong = [hit for hit in named if hit.entry.value == "controlled"]
    if strong:
        return Known(_YES, Provenance.STATED, _spans(strong, read.tokens, _YES))
    return Known(_NO, Provenance.STATED, _spans(named, read.tokens, _NO)) if named else None


def _spans(hits: Iterable[Hit], tokens: Sequence[Token], value: Value) -> tuple[Evidence, ...]:
    return tuple(evidence(Fact.CONTROLLED_DRUG, hit, tokens, value) for hit in hits)
