"""Who is at the other end of a web chat, and what the message API is told of how the page asks."""

import pytest
from starlette.requests import Request

from bot.clients.visitors import session_of


@pytest.mark.parametrize(
    ("header", "alone"),
    [((b"lots-refresh", b"yes"), True), ((b"accept", b"text/event-stream"), True), ((b"accept", b"text/html"), False)],
    ids=["fetched-anew", "stream", "opened"],
)
def test_what_a_page_asks_by_itself_is_told_as_such(header: tuple[bytes, bytes], alone: bool) -> None:
    request = Request({"type": "http", "headers": [(b"cookie", b"lots_session=constructed"), header]})
    shown = session_of(request).headers()
    assert shown["Cookie"] == "lots_session=constructed"
    assert ("Lots-Refresh" in shown) is alone
