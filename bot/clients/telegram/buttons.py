"""What a button carries: a choice's id with a short signature over whose chat and which line it stands in. At most 64 bytes."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 64
SIGNED: Final = 12
"""Characters of the signature: 72 bits."""


@dataclass(frozen=True, slots=True)
class Tapped:
    choice: str
    line: int
    """The line the button stands under; lines are never numbered twice."""


@dataclass(frozen=True, slots=True)
class Buttons:
    """`sign` is a keyed hash in hexadecimal (the cipher's `lookup`)."""

    sign: Callable[[str], str]

    def data(self, conversation_id: str, line: int, choice: str) -> str:
        return f"{self._signature(conversation_id, line, choice)}{line:x}:{choice}"

    def read(self, conversation_id: str, data: str) -> Tapped | None:
        """None for what we did not make, or not for this chat."""
        signature, rest = data[:SIGNED], data[SIGNED:]
        place, colon, choice = rest.partition(":")
        if not colon or not place or not all(sign in "0123456789abcdef" for sign in place) or len(place) > 8:
            return None
        line = int(place, 16)
        ours = self._signature(conversation_id, line, choice)
        return Tapped(choice, line) if hmac.compare_digest(ours.encode(), signature.encode()) else None

    def _signature(self, conversation_id: str, line: int, choice: str) -> str:
        digest = bytes.fromhex(self.sign(f"telegram:button:{conversation_id}:{line}:{choice}"))
        return base64.urlsafe_b64encode(digest)[:SIGNED].decode()
