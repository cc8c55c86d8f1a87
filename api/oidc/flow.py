"""One sign-in, from the way to the provider to the claims it vouches for. What is remembered in between travels sealed in the browser."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from authlib.common.urls import add_params_to_uri
from pydantic import BaseModel, ConfigDict, ValidationError

from api.context import Api
from api.errors import NotFound, SignInFailed, SignInUnavailable
from api.oidc.provider import Provider, ProviderError, ProviderSilentError, Tokens
from api.oidc.token import ALGORITHMS, Claims, Expected, KeyNotKnownError, TokenRejectedError, verify
from common.errors import CommonError
from common.ids import new_token

CALLBACK: Final = "/sign-in/callback"
SEAL: Final = "sign_in"
TIME: Final = timedelta(minutes=10)
"""From leaving for the provider until coming back."""


class Attempt(BaseModel):
    """What only this browser and we know of a sign-in under way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    nonce: str
    verifier: str
    path: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """`address`: where the browser goes. `kept`: what it brings back, which it cannot read."""

    address: str
    kept: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What the provider sent along with the browser."""

    code: str
    state: str
    issuer: str
    error: str


@dataclass(frozen=True, slots=True)
class Vouched:
    claims: Claims
    path: str


def provider_of(api: Api) -> Provider:
    if api.identity is None:
        raise NotFound
    return api.identity


async def begin(api: Api, path: str) -> Begun:
    """The way to the provider. Raises SignInUnavailable."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    provider = provider_of(api)
    try:
        described = await provider.description()
    except ProviderError as error:
        raise _unavailable(error) from error
    attempt = Attempt(state=new_token(), nonce=new_token(), verifier=new_token(), path=path, begun_at=api.now())
    asked = {
        "response_type": "code",
        "client_id": api.settings.oidc_client_id,
        "redirect_uri": redirect_uri(api),
        "scope": api.settings.oidc_scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": create_s256_code_challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    if api.settings.oidc_acr:
        asked["acr_values"] = " ".join(api.settings.oidc_acr)
    address = add_params_to_uri(described.authorization_endpoint, list(asked.items()))
    return Begun(str(address), api.cipher.seal(attempt.model_dump_json(), SEAL))


async def finish(api: Api, kept: str, back: CameBack) -> Vouched:
    """The claims of the person who signed in. Raises SignInFailed and SignInUnavailable."""
    provider, attempt = provider_of(api), _attempt(api, kept)
    if not hmac.compare_digest(back.state.encode(), attempt.state.encode()):
        raise _failed("state", "expired")
    try:
        await _same_provider(api, provider, back)
        if back.error:
            raise _failed("refused by provider", "cancelled" if back.error == "access_denied" else None)
        tokens = await provider.redeem(back.code, attempt.verifier, redirect_uri(api))
        claims = await _verified(api, provider, tokens, attempt.nonce)
        return Vouched(await _with_userinfo(api, provider, tokens, claims), attempt.path)
    except ProviderSilentError as error:
        raise _unavailable(error) from error
    except (ProviderError, TokenRejectedError) as error:
        raise _failed(error.reason) from error


def redirect_uri(api: Api) -> str:
    return api.settings.address + CALLBACK


def _attempt(api: Api, kept: str) -> Attempt:
    """What the browser kept, while it is fresh. A cookie that is gone or not ours means that the sign-in begins anew."""
    try:
        attempt = Attempt.model_validate_json(api.cipher.open(kept, SEAL))
    except (CommonError, ValidationError):
        raise _failed("cookie", "expired") from None
    if not timedelta() <= api.now() - attempt.begun_at < TIME:
        raise _failed("too late", "expired")
    return attempt


async def _same_provider(api: Api, provider: Provider, back: CameBack) -> None:
    """RFC 9207: the answer says whose it is, so that another provider's cannot be slipped in."""
    described = await provider.description()
    told = back.issuer or None
    if told is None and not described.authorization_response_iss_parameter_supported:
        return
    if told != api.settings.oidc_issuer:
        raise _failed("iss of the answer")


async def _verified(api: Api, provider: Provider, tokens: Tokens, nonce: str) -> Claims:
    described = await provider.description()
    expected = Expected(
        issuer=api.settings.oidc_issuer,
        client_id=api.settings.oidc_client_id,
        nonce=nonce,
        algorithms=ALGORITHMS & set(described.id_token_signing_alg_values_supported),
        acr=frozenset(api.settings.oidc_acr),
        access_token=tokens.access_token.get_secret_value(),
    )
    try:
        return verify(tokens.id_token, await provider.keys(), expected, api.now())
    except KeyNotKnownError:
        return verify(tokens.id_token, await provider.keys(anew=True), expected, api.now())


async def _with_userinfo(api: Api, provider: Provider, tokens: Tokens, claims: Claims) -> dict[str, Any]:
    """The claims that settings name, from the ID token, or where they stand beside it: then about the same person."""
    wanted = {api.settings.oidc_staff_claim, api.settings.oidc_unit_claim, api.settings.oidc_role_claim} - {""}
    if wanted <= claims.keys():
        return dict(claims)
    beside = await provider.userinfo(tokens.access_token)
    if beside and beside["sub"] != claims["sub"]:
        raise TokenRejectedError("sub of userinfo")
    return {**beside, **claims}


def _failed(reason: str, variant: str | None = None) -> SignInFailed:
    structlog.get_logger("sign_in").warning("sign-in failed", reason=reason)
    return SignInFailed(variant=variant, reason=reason)


def _unavailable(error: ProviderError) -> SignInUnavailable:
    structlog.get_logger("sign_in").error("identity provider not usable", reason=error.reason)
    return SignInUnavailable()
