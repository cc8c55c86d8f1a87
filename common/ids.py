"""New ids and tokens. Ids sort by the time they were made and say nothing else; tokens are secrets."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_BITS, _RANDOM_BITS = 48, 80
ID_LENGTH = 26


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, then 80 random bits, in Crockford's base 32."""
    millis = time.time_ns() // 1_000_000 & ((1 << _TIME_BITS) - 1)
    number = millis << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (ID_LENGTH - 1), -1, -5))


def new_token() -> str:
    """A secret of 256 bits that can stand in a URL or a header."""
    return secrets.token_urlsafe(32)
