"""Is this ID token the provider's word about this very sign-in? Signature, issuer, audience, time, nonce. Decides no rights."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # loaded when somebody signs in at a provider: many servers have none
    from joserfc.jwk import KeySet

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures by a key that only the provider has. Never `none`, never a shared secret."""
LEEWAY_SECONDS: Final = 60
OLDEST_SECONDS: Final = 600
"""How long ago a token may have been made: it is fetched by us, seconds after the person has signed in."""

Claims = Mapping[str, Any]


class TokenRejectedError(Exception):
    """`reason` is a word for the log: the claim or the check, never a value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeyNotKnownError(TokenRejectedError):
    """Signed with a key that was not among those we have: they may have been changed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: frozenset[str]
    acr: frozenset[str]
    access_token: str


def verify(token: str, keys: "KeySet", expected: Expected, now: datetime) -> Claims:
    """The token's claims, or TokenRejectedError."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError

    seconds = int(now.timestamp())
    try:
        read = jwt.decode(token, lambda signed: _key(keys, signed.headers()), algorithms=list(expected.algorithms))
        token_claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
            },
            {"client_id": expected.client_id, "nonce": expected.nonce, "access_token": expected.access_token},
        )
        token_claims.validate(now=seconds, leeway=LEEWAY_SECONDS)
    except TokenRejectedError:
        raise
    except JoseError as error:
        raise TokenRejectedError(str(getattr(error, "claim", None) or error.error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenRejectedError("shape") from error
    claims: Claims = dict(token_claims)
    _check_ourselves(claims, expected, seconds)
    return claims


def _check_ourselves(claims: Claims, expected: Expected, now: int) -> None:
    """What the library leaves to its user: exact values, no other audience without our name on it, and age."""
    audience, nonce = claims.get("aud"), claims.get("nonce")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or expected.client_id not in audiences:
        raise TokenRejectedError("aud")
    if len(audiences) > 1 and claims.get("azp") != expected.client_id:
        raise TokenRejectedError("azp")
    if claims.get("iss") != expected.issuer:
        raise TokenRejectedError("iss")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenRejectedError("nonce")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise TokenRejectedError("sub")
    if not now - OLDEST_SECONDS <= claims["iat"] <= now + LEEWAY_SECONDS:
        raise TokenRejectedError("iat")
    if expected.acr and claims.get("acr") not in expected.acr:
        raise TokenRejectedError("acr")


def _key(keys: "KeySet", header: Mapping[str, Any]) -> Any:
    from joserfc.errors import InvalidKeyIdError

    try:
        return keys.get_by_kid(header.get("kid"))
    except InvalidKeyIdError:
        raise KeyNotKnownError("kid") from None
