"""What surrounds the chat's own pages: who is signed in, and what waits in the inbox. The same as around the message API's pages."""

from starlette.requests import Request

from bot.clients.visitors import Directory, Visitor, session_of
from common.web.pages import Shell as Layout
from common.web.pages import SignedIn


async def around(request: Request, directory: Directory, visitor: Visitor) -> Layout:
    """With the inbox's count, or without mailboxes where the person has none. Raises ApiDownError."""
    waiting = await directory.waiting(session_of(request))
    return Layout(person(visitor), waiting)


def person(visitor: Visitor) -> SignedIn:
    """The name stands without the profession: both have no room on a phone."""
    profile = visitor.profile
    return SignedIn((profile.name or "").partition(",")[0], profile.role, profile.unit_name)
