"""Response headers and the token that keep pages safe in a browser. Knows no page and no person.

The content security policy allows nothing inline and nothing from elsewhere: pages have no `style=` and no `<script>` body.
The referrer policy is `same-origin`, not `no-referrer`: under the latter browsers say `Origin: null` of our own forms, and the check
that a form came from our own pages would turn them away. To other origins both tell nothing.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """ASGI middleware: every response gets the headers it did not set itself. Streams pass untouched."""

    def __init__(self, app: ASGIApp, *, https_only: bool = False) -> None:
        self.app = app
        self.headers = HEADERS | ({"strict-transport-security": TRANSPORT_SECURITY} if https_only else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


@dataclass(frozen=True)
class Csrf:
    """A form's token: a keyed hash of the cookie it belongs to, so that nothing is stored and any process can check it.

    `sign` is a keyed hash (the cipher's `lookup`). The same binding gives the same token in every process.
    """

    sign: Callable[[str], str]

    def token(self, binding: str) -> str:
        return self.sign(f"csrf:{binding}")

    def valid(self, binding: str | None, token: str) -> bool:
        if not binding or not token.isascii():
            return False
        return hmac.compare_digest(self.token(binding), token)
