"""Figures and ids → the words of the report, from the catalogue and the packs. Holds no Swedish of its own and measures nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from knowledge.pack import Pack
from knowledge.texts import Catalogue
from knowledge.vocabulary import Fact, UnitType, Value
from triage.evaluate import Harm
from triage.report.figures import UNDECIDED, Figures, Measure, MisreadFact, Miss


@dataclass(frozen=True)
class Words:
    """What things are called. Where packs call a channel or topic differently, the first pack's word is used."""

    texts: Catalogue
    channels: Mapping[str, str]
    topics: Mapping[str, str]
    packs: Mapping[str, str]

    @classmethod
    def of(cls, texts: Catalogue, packs: Iterable[Pack]) -> Self:
        channels: dict[str, str] = {}
        topics: dict[str, str] = {}
        names: dict[str, str] = {}
        for pack in packs:
            names[pack.id] = f"{pack.name} ({pack.id})"
            for channel in pack.channels:
                channels.setdefault(channel.id, channel.label)
            for topic in pack.topics:
                topics.setdefault(topic.id, topic.plain)
        return cls(texts, channels, topics, names)

    def say(self, key: str, **params: object) -> str:
        return self.texts.text(f"report.{key}", **params)

    def channel(self, channel_id: str) -> str:
        return self.say("undecided") if channel_id == UNDECIDED else self.channels.get(channel_id, channel_id)

    def pack(self, pack_id: str) -> str:
        return self.packs.get(pack_id, pack_id)

    def fact(self, fact: str) -> str:
        return self.texts.text(f"fact.{fact}")

    def facts(self, facts: Iterable[str]) -> str:
        return ", ".join(self.fact(fact) for fact in facts)

    def value(self, fact: str, value: Value) -> str:
        if fact == Fact.TOPIC:
            return self.topics.get(str(value), str(value))
        if fact in (Fact.SENDER_TYPE, Fact.RECIPIENT_TYPE):
            return self.texts.text(f"unit_type.{UnitType(str(value))}")
        return self.texts.text(f"value.{fact}.{str(value).lower() if isinstance(value, bool) else value}")

    def misread(self, found: MisreadFact) -> str:
        """One sentence: what the fact was taken for, how, and what it is."""
        return self.say(
            "miss.misread",
            fact=self.fact(found.fact),
            taken_for=self.value(found.fact, found.taken_for),
            truth=self.value(found.fact, found.truth),
            how=self.say(f"provenance.{found.how}"),
        )

    def miss(self, miss: Miss) -> str:
        """What happened to a case, in one line, without its text."""
        told = [miss.id, *([miss.pack] if miss.pack else []), *(self.say(f"harm.{harm}") for harm in miss.harms)]
        if Harm.WRONG_CHANNEL in miss.harms:
            told.append(self.say("miss.channel", wanted=self.channel(miss.wanted), got=self.channel(miss.got)))
        if miss.asked:
            told.append(self.say("miss.asked", facts=self.facts(miss.asked)))
        return " · ".join([*told, *(self.misread(found) for found in miss.misread)])

    def name(self, measure: Measure) -> str:
        return self.say(f"measure.{measure.key}")

    def shown(self, measure: Measure) -> str:
        """The value as people write it, with the counts behind it."""
        part, whole = measure.parts
        match measure.form:
            case "count":
                return self.say("of", part=part, whole=whole)
            case "share":
                return f"{self.percent(measure.value)} ({self.say('of', part=part, whole=whole)})"
            case "mean":
                return decimal(measure.value, 2)

    def target(self, measure: Measure) -> str:
        """What the value should be, or a dash."""
        if measure.target is None:
            return self.say("none")
        value = self.percent(measure.target) if measure.form == "share" else f"{measure.target:g}".replace(".", ",")
        return self.say("target_least" if measure.more_is_better else "target_most", value=value)

    def percent(self, value: float) -> str:
        """With one decimal, where there is one."""
        return self.say("percent", value=decimal(value * 100, 1).removesuffix(",0"))

    def made(self, figures: Figures) -> str:
        return self.say("made", day=figures.made or self.say("none"), version=figures.version or self.say("none"))


def decimal(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace(".", ",")
