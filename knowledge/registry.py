"""Which routine holds: by id, or by region and day. A gap is a gap: never the newest version by silence."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property

from knowledge.errors import KnowledgeError, UnknownPack
from knowledge.pack import Pack

__all__ = ["Registry", "UnknownPack"]


class Registry:
    """Every loaded pack. Two packs with one id, or two in force in a region on one day, are refused."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.packs = tuple(packs)
        self._by_id = {pack.id: pack for pack in self.packs}
        if len(self._by_id) < len(self.packs):
            raise KnowledgeError("Två rutiner har samma id. Varje version behöver ett eget.")
        for number, one in enumerate(self.packs):
            for other in self.packs[:number]:
                if one.region == other.region and one.validity.overlaps(other.validity):
                    raise KnowledgeError(
                        f"{other.id} och {one.id} gäller samma dagar i samma region. Ändra giltighetstiden."
                    )

    def pack(self, pack_id: str) -> Pack:
        """That version, in force or not. Raises UnknownPack."""
        try:
            return self._by_id[pack_id]
        except KeyError:
            raise UnknownPack(pack_id, self._by_id) from None

    @cached_property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({pack.region for pack in self.packs}))

    def in_force(self, region: str, day: date) -> Pack | None:
        """The region's routine on that day, or None where there is a gap or no such region."""
        return next((pack for pack in self.packs if pack.region == region and pack.validity.covers(day)), None)
