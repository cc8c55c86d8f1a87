"""A small identity provider that forgives nothing: exact addresses, PKCE, codes once. For tests on loopback; can be told to lie."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "lots", "en hemlighet: 100 % + tecken"
SECONDS = 300


@dataclass(frozen=True)
class Lie:
    """How the next answers differ from what is right. `claims`: None takes a claim away."""

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False
    unsigned: bool = False
    shared_secret: bool = False
    code: str | None = None
    iss: str | None = None
    userinfo: dict[str, Any] | None = None
    status: int = 200
    token_body: str | None = None


HONEST = Lie()


@dataclass(frozen=True)
class Granted:
    """What stands behind a code."""

    redirect_uri: str
    challenge: str
    nonce: str


class StrictProvider:
    """`person`: the claims of whoever signs in next. `refused`: why it said no, in order. `asked`: how often each place was called."""

    def __init__(self, now: Callable[[], datetime], redirect_uri: str) -> None:
        self.now = now
        self.redirect_uri = redirect_uri
        self.issuer = ""
        self.person: dict[str, Any] = {"sub": "person-1"}
        self.lie = HONEST
        self.refused: list[str] = []
        self.asked: dict[str, int] = {}
        self._key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, Granted] = {}
        self._tokens: set[str] = set()
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/me", self._me),
            ]
        )

    def rotate(self) -> None:
        """Another key from now on; the old one is gone."""
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})

    def lying(self, **lie: Any) -> None:
        self.lie = replace(HONEST, **lie)

    def _count(self, place: str) -> None:
        self.asked[place] = self.asked.get(place, 0) + 1

    async def _describe(self, _request: Request) -> Response:
        self._count("description")
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            "end_session_endpoint": f"{self.issuer}/leave",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({**found, **self.lie.description}, status_code=self.lie.status)

    async def _keys(self, _request: Request) -> Response:
        self._count("keys")
        symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}
        return JSONResponse({"keys": [self._key.as_dict(private=False), symmetric, {"kty": "new-kind"}]})

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        faults = [
            name
            for name, right in {
                "response_type": asked.get("response_type") == "code",
                "client_id": asked.get("client_id") == CLIENT,
                "redirect_uri": asked.get("redirect_uri") == self.redirect_uri,
                "scope": "openid" in asked.get("scope", "").split(),
                "state": len(asked.get("state", "")) >= 32,
                "nonce": len(asked.get("nonce", "")) >= 32,
                "code_challenge_method": asked.get("code_challenge_method") == "S256",
                "code_challenge": len(asked.get("code_challenge", "")) == 43,
                "repeated": len(asked.multi_items()) == len(asked),
            }.items()
            if not right
        ]
        if faults:
            self.refused.extend(faults)
            return Response("refused", status_code=400)
        code = secrets.token_urlsafe(24)
        self._codes[code] = Granted(asked["redirect_uri"], asked["code_challenge"], asked["nonce"])
        back = {"code": self.lie.code or code, "state": asked["state"], "iss": self.lie.iss or self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", status_code=302)

    async def _token(self, request: Request) -> Response:
        self._count("token")
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        granted = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = {
            "client": _is_client(request.headers.get("authorization", "")),
            "grant_type": form.get("grant_type") == "authorization_code",
            "code": granted is not None,
            "redirect_uri": granted is not None and form.get("redirect_uri") == granted.redirect_uri,
            "code_verifier": granted is not None and hmac.compare_digest(_base64(digest), granted.challenge),
        }
        faults = [name for name, is_right in right.items() if not is_right]
        if faults or granted is None:
            self.refused.extend(faults)
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        if self.lie.token_body is not None:
            return Response(self.lie.token_body, media_type="application/json")
        token = secrets.token_urlsafe(24)
        self._tokens.add(token)
        body = {"id_token": self._signed(granted.nonce), "access_token": token, "token_type": "Bearer"}
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def _me(self, request: Request) -> Response:
        self._count("userinfo")
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return JSONResponse({"error": "invalid_token"}, status_code=401)
        return JSONResponse({"sub": self.person["sub"], **(self.lie.userinfo or {})})

    def _signed(self, nonce: str) -> str:
        now = int(self.now().timestamp())
        claims = {**self.person, "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + SECONDS, "nonce": nonce}
        told = {name: value for name, value in {**claims, **self.lie.claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": self._key.kid, **self.lie.header}
        if self.lie.unsigned:
            parts = ({**header, "alg": "none"}, told)
            return ".".join(_base64(_json(part)) for part in parts) + "."
        if self.lie.shared_secret:
            return jwt.encode({**header, "alg": "HS256"}, told, OctKey.import_key(SECRET * 2))
        key = RSAKey.generate_key(2048) if self.lie.foreign_key else self._key
        return jwt.encode(header, told, key)


def _is_client(header: str) -> bool:
    kind, _, told = header.partition(" ")
    if kind != "Basic":
        return False
    name, _, secret = base64.b64decode(told).decode().partition(":")
    return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)


def _json(value: dict[str, Any]) -> bytes:
    return JSONResponse(value).body


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
