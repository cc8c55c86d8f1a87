"""Hits → what their words really say: negated, past, someone else, thought of, an exercise, over, habitual. Decides no fact."""

from collections.abc import Iterator, Sequence

from knowledge.lexicon import Scope
from triage.reading.match import Hit
from triage.reading.normalise import Token

_NEGATION_REACH = 4
_AFTER_REACH = 2
_OTHER_REACH = 5


class Cues:
    """The scope words of one text, ready to be asked about any place in it."""

    def __init__(self, tokens: Sequence[Token], hits: Sequence[Hit]) -> None:
        self._tokens = tokens
        self._cues: dict[str, list[Hit]] = {}
        for hit in hits:
            self._cues.setdefault(str(hit.entry.value), []).append(hit)
        self._subjects = [hit for hit in self._cues.get("person", ()) if not self._stands_after_mark(hit)]

    def at(self, first: int, last: int) -> frozenset[Scope]:
        """Every scope that reaches the words from `first` to before `last`."""
        return frozenset(self._reaching(first, last))

    @property
    def is_exercise(self) -> bool:
        """The text says that it is one, or begins with the word."""
        heading = any(hit.first == 0 for hit in self._cues.get("heading", ()))
        return heading or "exercise" in self._cues

    def _reaching(self, first: int, last: int) -> Iterator[Scope]:
        if self._negated(first, last):
            yield "negated"
        if self._near("past", first, last) or self._dated(first, last):
            yield "past"
        if self._near("history", first, last):
            yield "history"
        if self._other_person(first):
            yield "other_person"
        if self._same_sentence("hypothetical", first):
            yield "hypothetical"
        if self.is_exercise:
            yield "exercise"
        if self._beside("resolved", first, last):
            yield "resolved"
        if self._beside("habitual", first, last):
            yield "habitual"
        if self._near("stopped", first, last):
            yield "stopped"
        if "retracted" in self._cues:
            yield "retracted"

    def _negated(self, first: int, last: int) -> bool:
        for cue in self._cues.get("negation", ()):
            if cue.last <= first <= cue.last + _NEGATION_REACH and self._unbroken(cue, first):
                return True
        return any(
            last <= cue.first <= last + _AFTER_REACH and self._tokens[cue.first].clause == self._tokens[last - 1].clause
            for cue in self._cues.get("negated_after", ())
        )

    def _unbroken(self, cue: Hit, place: int) -> bool:
        """A negation reaches on in its clause, and through a list that ends with "eller", but over no "men"."""
        here, there = self._tokens[cue.last - 1], self._tokens[place]
        if here.sentence != there.sentence:
            return False
        if any(cue.last <= stop.first < place for stop in self._cues.get("stop", ())):
            return False
        return here.clause == there.clause or self._in_list(place)

    def _in_list(self, place: int) -> bool:
        sentence = self._tokens[place].sentence
        for token in self._tokens[place : place + 5]:
            if token.sentence != sentence:
                return False
            if token.word == "eller":
                return True
        return self._tokens[place - 1].word == "eller"

    def _near(self, cue: str, first: int, last: int) -> bool:
        clauses = {self._tokens[first].clause, self._tokens[last - 1].clause}
        return any(self._tokens[hit.first].clause in clauses for hit in self._cues.get(cue, ()))

    def _other_person(self, first: int) -> bool:
        """Someone or something else is the subject before these words, and the person is not named between."""
        return any(
            first - _OTHER_REACH <= hit.first < first
            and self._tokens[hit.first].clause == self._tokens[first].clause
            and not self._stands_after_mark(hit)
            and not any(hit.last <= person.first < first for person in self._subjects)
            for hit in self._cues.get("other_person", ())
        )

    def _stands_after_mark(self, hit: Hit) -> bool:
        """A small word right before makes it a place or an object: "ur rullstolen" says nothing of the wheelchair."""
        return any(mark.last == hit.first for mark in self._cues.get("mark", ()))

    def _same_sentence(self, cue: str, first: int) -> bool:
        sentence = self._tokens[first].sentence
        return any(self._tokens[hit.first].sentence == sentence for hit in self._cues.get(cue, ()))

    def _beside(self, cue: str, first: int, last: int) -> bool:
        """The cue stands in the same clause or the one next to it, with no "men" between."""
        return any(
            self._tokens[hit.first].sentence == self._tokens[first].sentence
            and abs(self._tokens[hit.first].clause - self._tokens[first].clause) <= 1
            and not self._turned(min(hit.last, last), max(hit.first, first))
            for hit in self._cues.get(cue, ())
        )

    def _turned(self, start: int, end: int) -> bool:
        return any(start <= stop.first < end for stop in self._cues.get("stop", ()))

    def _dated(self, first: int, last: int) -> bool:
        """A year in the clause: what happened then is past."""
        clauses = {self._tokens[first].clause, self._tokens[last - 1].clause}
        return any(token.clause in clauses and _is_year(token) for token in self._tokens[max(0, first - 8) : last + 8])


def _is_year(token: Token) -> bool:
    return token.is_number and len(token.word) == 4 and token.word.isdigit() and "1950" <= token.word <= "2099"
