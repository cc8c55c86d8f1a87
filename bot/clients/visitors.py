"""Who is at the other end of a chat over HTTP: asks the message API with the visitor's own key or session. Keeps nothing."""

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from bot.findings import Profile
from bot.gateways.http import BY_ITSELF, Credential
from bot.gateways.records import Owner
from common.web.pages import SESSION_COOKIE

BEARER = "bearer "
STREAM = "text/event-stream"


class Directory(Protocol):
    """What clients ask themselves: who am I, and what waits for me?"""

    async def who(self, credential: Credential) -> Profile | None:
        """None when the credential does not hold. Raises ApiDownError."""

    async def waiting(self, credential: Credential) -> int | None:
        """How many messages wait in the inbox of the unit where the person works now; None where she reads none. Raises ApiDownError."""


@dataclass(frozen=True, slots=True)
class Visitor:
    profile: Profile
    by_session: bool
    """Signed in with a cookie, which a browser also sends for others' pages."""

    def owner(self, client: str) -> Owner:
        """Whose conversations these are in the client. A sign-in for some of her units lets her do no more there."""
        return Owner(client, self.profile.staff_id, (self.profile.units or None) if self.by_session else None)


async def visitor_of(request: Request, directory: Directory) -> Visitor | None:
    """The key in the header goes before the session's cookie."""
    header = request.headers.get("authorization", "")
    if header:
        token = header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""
        profile = await directory.who(Credential(bearer=token)) if token else None
        return None if profile is None else Visitor(profile, by_session=False)
    session = session_of(request)
    profile = await directory.who(session) if session.session else None
    return None if profile is None else Visitor(profile, by_session=True)


def session_of(request: Request) -> Credential:
    """The browser's session, and whether its page asks by itself: fetched anew, or by a stream that nobody need be there for."""
    alone = BY_ITSELF.lower() in request.headers or STREAM in request.headers.get("accept", "")
    return Credential(session=request.cookies.get(SESSION_COOKIE), by_itself=alone)
