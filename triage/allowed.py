"""Who may send what to whom: the channels that a routine leaves open between two kinds of unit, whatever the matter. Pure.

The exact walk with everything undecided but who writes to whom, that both are in the system, and that no file goes along.
"""

from functools import lru_cache

from knowledge.pack import Pack
from knowledge.vocabulary import ConsentState, Fact, UnitType
from triage.facts import answered
from triage.reach import Same, possible, rows_for, walk


class Allowed:
    """Remembers what it has walked: a pack never changes while it is loaded."""

    def __init__(self) -> None:
        self._between = lru_cache(maxsize=4096)(_between)
        self._senders = lru_cache(maxsize=512)(self._who_sends)

    def channels(self, pack: Pack, sender: UnitType, recipient: UnitType, consent: ConsentState) -> frozenset[str]:
        """Every channel that some matter between the two can take, with this consent."""
        return self._between(Same(pack), sender, recipient, consent)

    def senders(self, pack: Pack, channel: str, consent: ConsentState) -> frozenset[UnitType]:
        """The kinds of unit that may send through the channel, to anyone."""
        return self._senders(Same(pack), channel, consent)

    def together(self, pack: Pack, channel: str, one: UnitType, other: UnitType, consent: ConsentState) -> bool:
        """Whether the two may share a message of the channel that lives on, whichever of them began it."""
        return channel in self.channels(pack, one, other, consent) | self.channels(pack, other, one, consent)

    def _who_sends(self, same: Same[Pack], channel: str, consent: ConsentState) -> frozenset[UnitType]:
        return frozenset(
            sender for sender in UnitType if any(channel in self._between(same, sender, to, consent) for to in UnitType)
        )


def _between(same: Same[Pack], sender: UnitType, recipient: UnitType, consent: ConsentState) -> frozenset[str]:
    known = answered(
        {
            Fact.RECIPIENT_TYPE: str(recipient),
            Fact.RECIPIENT_HAS_ACCESS: True,
            Fact.ATTACHMENT: False,
            Fact.CONSENT: str(consent),
        }
    )
    rows = rows_for(same.it, sender)
    return frozenset(leaf.channel for box in possible(same.it, known) for leaf in walk(rows, box))
