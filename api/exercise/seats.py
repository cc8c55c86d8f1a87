"""Who on this device takes part: a signed cookie of participants, and codes to come back by. Reads no database.

A device may hold several seats, for those who share one. The cookie names participants and proves that this house wrote it.
"""

import hmac
from collections.abc import Callable, Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from common.ids import ID_LENGTH

COOKIE: Final = "lots_exercise"
MOST: Final = 12
"""Seats that one device remembers; the oldest goes."""
LASTS: Final = 14 * 24 * 3600
REJOIN_LENGTH: Final = 6
EASY: Final = "23456789abcdefghjkmnpqrstvwxyz"
"""Signs that are not mistaken for one another."""
SHOWN: Final = 24
"""Of the signature: 96 bits or more."""
Sign = Callable[[str], str]


def rejoin_code(draw: Callable[[str], str]) -> str:
    """`draw` takes one sign of those given: `secrets.choice`."""
    return "".join(draw(EASY) for _ in range(REJOIN_LENGTH))


def tidy(code: str) -> str:
    """A code as it is stored, however it was typed."""
    return "".join(sign for sign in code.casefold() if sign.isalnum())


def held(request: Request, sign: Sign) -> tuple[str, ...]:
    """The participants that this device holds, oldest first."""
    found: list[str] = []
    for part in request.cookies.get(COOKIE, "").split(",")[:MOST]:
        name, _, signature = part.partition(".")
        if len(name) == ID_LENGTH and hmac.compare_digest(_signature(name, sign).encode(), signature.encode()):
            found.append(name)
    return tuple(found)


def hold(response: Response, participants: Iterable[str], sign: Sign, *, secure: bool) -> None:
    """The device remembers these from now on."""
    names = tuple(dict.fromkeys(participants))[-MOST:]
    value = ",".join(f"{name}.{_signature(name, sign)}" for name in names)
    response.set_cookie(COOKIE, value, max_age=LASTS, path="/ovning", httponly=True, samesite="lax", secure=secure)


def _signature(name: str, sign: Sign) -> str:
    return sign(f"exercise-seat:{name}")[:SHOWN]
