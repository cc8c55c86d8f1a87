"""The codes that a person carries from a signed-in page to a chat: how they are made, shown and read. Stores nothing."""

import secrets
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH: Final = 16
"""80 random bits: with ten minutes to guess in, nobody does, even without a limit on attempts."""
GROUP: Final = 4
_MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


def new_code() -> str:
    """Sixteen letters and digits without those that look alike."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def in_groups(code: str) -> str:
    """ "k7m2-9xqp-…", as it is shown to be typed."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(typed: str) -> str:
    """What a person typed, without blanks and hyphens, and with the letters that are no part of a code taken for the digits they look like."""
    return "".join(sign for sign in typed.lower() if sign.isalnum()).translate(_MISREAD)
