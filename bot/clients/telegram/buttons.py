"""What a button carries: a choice's id, which says of which turn, with a short signature over it and whose chat it is. At most 64 bytes."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 64
SIGNED: Final = 12
"""Characters of the signature: 72 bits."""


@dataclass(frozen=True, slots=True)
class Buttons:
    """`sign` is a keyed hash in hexadecimal (the cipher's `lookup`)."""

    sign: Callable[[str], str]

    def data(self, conversation_id: str, choice: str) -> str:
        return f"{self._signature(conversation_id, choice)}{choice}"

    def read(self, conversation_id: str, data: str) -> str | None:
        """The choice; None for what we did not make, or not for this chat."""
        signature, choice = data[:SIGNED], data[SIGNED:]
        ours = self._signature(conversation_id, choice)
        return choice if hmac.compare_digest(ours.encode(), signature.encode()) else None

    def _signature(self, conversation_id: str, choice: str) -> str:
        digest = bytes.fromhex(self.sign(f"telegram:button:{conversation_id}:{choice}"))
        return base64.urlsafe_b64encode(digest)[:SIGNED].decode()
