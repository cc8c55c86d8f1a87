"""The dependency that every route but the public ones has: who calls, and whether she has the right. Reads headers and the session cookie."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.authorisation import IN_PERSON, Caller, Right
from api.context import Api, ApiDep
from api.errors import CrossSite, NotSignedIn, SignInRequired
from api.limits import Kind, network
from api.staff import identity
from api.staff.sessions import by_chat
from common.web.pages import SESSION_COOKIE

ON_BEHALF = "lots-on-behalf-of"
UNITS = "lots-units"
"""The units of that person that the program means, where not all: what her own sign-in is for. It never gives more."""
BY_ITSELF = "lots-refresh"
"""The header of an open page that fetches itself anew: nobody is there for it."""
MARKS = "/inbox/mark"
"""What such a page asks before it does, whatever it sends along."""
STREAM = "text/event-stream"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def caller_of(request: Request, api: Api) -> Caller:
    """The person or program that calls, or NotSignedIn; TooManyRequests for a flood of either."""
    known = await _known(request, api)
    _count(request, api, known.caller)
    if known.unnoted is not None and (known.caller.via is not None or not by_itself(request)):
        await identity.note_use(api.db, known.unnoted, api.now())
    return known.caller


def by_itself(request: Request) -> bool:
    """Whether a page asks that somebody may have left open: what keeps no sign-in alive."""
    return BY_ITSELF in request.headers or STREAM in request.headers.get("accept", "") or request.scope["path"] == MARKS


async def _known(request: Request, api: Api) -> identity.Known:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return await _program(request, api, key.strip() if scheme.lower() == "bearer" else "")
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise NotSignedIn
    _same_site(request)
    idle = timedelta(minutes=api.settings.session_idle_minutes)
    return await identity.by_session(api.db, token, api.now(), idle)


async def _program(request: Request, api: Api, key: str) -> identity.Known:
    """Wrong keys are counted by address. A browser's ended session is not: it must find its way to the sign-in page, whoever floods beside it."""
    try:
        if not key:
            raise NotSignedIn
        named, units = request.headers.get(ON_BEHALF), request.headers.get(UNITS)
        within = None if units is None else frozenset(units.split())
        return await identity.by_key(api.db, key, named, api.now(), within)
    except NotSignedIn:
        api.limits.count(Kind.REFUSED, address_of(request))
        raise


def address_of(request: Request) -> str:
    """Where the call comes from, as far as the server in front tells: what limits count by, and nothing is decided by."""
    return network(request.client.host) if request.client else "unknown"


def _count(request: Request, api: Api, caller: Caller) -> None:
    """A person in a browser by herself; a program by its key, whoever it names."""
    if caller.via is not None:
        api.limits.count(Kind.KEY, caller.via)
        return
    api.limits.count(Kind.PERSON, caller.actor)
    if request.method not in _SAFE:
        api.limits.count(Kind.WRITE, caller.actor)


def _same_site(request: Request) -> None:
    """A cookie goes along with what other sites' pages send; those may not change anything here."""
    if request.method in _SAFE:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise CrossSite
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CrossSite


def in_person(api: Api, caller: Caller, right: Right) -> None:
    """SignInRequired for what a chat account does not vouch for, where the identity provider does."""
    if right in IN_PERSON and by_chat(api, caller):
        raise SignInRequired(variant="chat")


class Allow:
    """`Depends(Allow(Right.OUTAGE))` gives the caller, who has the right at the unit where she works now."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, request: Request, api: ApiDep) -> Caller:
        caller = await caller_of(request, api)
        caller.require(self.right)
        in_person(api, caller, self.right)
        return caller


class AllowSomewhere(Allow):
    """The right in at least one unit: where the address, the body or the message tells at which, and the service asks for it there."""

    async def __call__(self, request: Request, api: ApiDep) -> Caller:
        caller = await caller_of(request, api)
        caller.require_somewhere(self.right)
        in_person(api, caller, self.right)
        return caller


ForProfile = Annotated[Caller, Depends(Allow(Right.PROFILE))]
ForDirectory = Annotated[Caller, Depends(Allow(Right.DIRECTORY))]
ForDecisions = Annotated[Caller, Depends(Allow(Right.DECIDE))]
ForSending = Annotated[Caller, Depends(AllowSomewhere(Right.SEND))]
ForReceiving = Annotated[Caller, Depends(AllowSomewhere(Right.RECEIVE))]
ForReading = Annotated[Caller, Depends(AllowSomewhere(Right.READ))]
ForFollowing = Annotated[Caller, Depends(AllowSomewhere(Right.FOLLOW))]
ForEnrolling = Annotated[Caller, Depends(Allow(Right.ENROL))]
ForOutages = Annotated[Caller, Depends(Allow(Right.OUTAGE))]
ForOutageAdmin = Annotated[Caller, Depends(Allow(Right.OUTAGE_ADMIN))]
ForAuditing = Annotated[Caller, Depends(AllowSomewhere(Right.AUDIT))]
ForSubjectAccess = Annotated[Caller, Depends(Allow(Right.SUBJECT_ACCESS))]
