"""Talks with the identity provider: what it is, its keys, a code for tokens. Trusts no answer's shape; judges no person.

ProviderError
├── ProviderSilentError     no answer, or none that can be used: try again later
└── ProviderRefusedError    it says no to this sign-in
"""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import httpx2
from authlib.common.urls import add_params_to_uri
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from common.clock import Clock
from common.settings import Settings

if TYPE_CHECKING:  # loaded when somebody signs in at a provider: many servers have none
    from joserfc.jwk import KeySet

WELL_KNOWN: Final = "/.well-known/openid-configuration"
SECONDS: Final = 8.0
KEPT: Final = timedelta(hours=1)
"""How long what the provider says of itself, and its keys, are believed."""
AGAIN: Final = timedelta(seconds=30)
"""Between two looks for a key that is not known: made-up key ids must not make us a nuisance."""
LIMIT: Final = 256 * 1024

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s#]+$", max_length=2000)]
Answer = TypeVar("Answer", bound=BaseModel)


class ProviderError(Exception):
    """`reason` is a word for the log, never what the provider wrote."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderSilentError(ProviderError):
    pass


class ProviderRefusedError(ProviderError):
    pass


class Description(BaseModel):
    """What a provider says of itself. The rest of the document is not our concern."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    userinfo_endpoint: Url | None = None
    end_session_endpoint: Url | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id_token: Annotated[str, Field(max_length=LIMIT)]
    access_token: SecretStr


@dataclass
class _Known:
    """Something the provider said, and when."""

    value: Any
    at: datetime


class Provider:
    """One identity provider. Asked at the first sign-in, not at the start: Lots runs while it is away."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._description: _Known | None = None
        self._keys: _Known | None = None
        self._trusted: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.oidc_name or self._settings.oidc_issuer.split("/")[2]

    async def description(self) -> Description:
        if self._description is None or self._old(self._description, KEPT):
            found = await self._get(self._settings.oidc_issuer.rstrip("/") + WELL_KNOWN, Description)
            if found.issuer != self._settings.oidc_issuer:
                raise ProviderSilentError("another issuer")
            endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
            if self._settings.production and not all(url.startswith("https://") for url in endpoints):
                raise ProviderSilentError("endpoint without https")
            self._description = _Known(found, self._clock.now())
        described: Description = self._description.value
        return described

    async def keys(self, *, anew: bool = False) -> "KeySet":
        """The keys it signs with. `anew`: a token names one that we do not know, so look again, though not all the time."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        if self._keys is None or self._old(self._keys, AGAIN if anew else KEPT):
            found = await self._get((await self.description()).jwks_uri, _Keys)
            try:
                keys = KeySet.import_key_set({"keys": [key for key in found.keys if _signs(key)]})
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderSilentError("keys cannot be read") from error
            self._keys = _Known(keys, self._clock.now())
        known: KeySet = self._keys.value
        return known

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """The code for tokens; the verifier proves that it was we who asked."""
        described = await self.description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret, auth = self._settings.oidc_client_secret.get_secret_value(), None
        if secret and "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            auth = httpx2.BasicAuth(_form_encoded(self._settings.oidc_client_id), _form_encoded(secret))
        else:
            form["client_id"] = self._settings.oidc_client_id
            if secret:
                form["client_secret"] = secret
        return await self._ask("POST", described.token_endpoint, Tokens, data=form, auth=auth)

    async def userinfo(self, access_token: SecretStr) -> dict[str, Any]:
        """What it tells of the person beside the ID token; nothing where it has no such place."""
        described = await self.description()
        if described.userinfo_endpoint is None:
            return {}
        headers = {"authorization": f"Bearer {access_token.get_secret_value()}"}
        return (await self._ask("GET", described.userinfo_endpoint, _Claims, headers=headers)).model_dump()

    async def way_out(self, back: str) -> str | None:
        """Where a browser signs out of the provider too. Nothing in the address says who does."""
        described = await self.description()
        if described.end_session_endpoint is None:
            return None
        about = [("client_id", self._settings.oidc_client_id), ("post_logout_redirect_uri", back)]
        return str(add_params_to_uri(described.end_session_endpoint, about))

    def _trust(self) -> ssl.SSLContext:
        """Whose certificates count. Read once: it takes longer than a sign-in."""
        if self._trusted is None:
            self._trusted = httpx2.create_ssl_context()
        return self._trusted

    def _old(self, known: _Known, age: timedelta) -> bool:
        return self._clock.now() - known.at >= age

    async def _get(self, url: str, shape: type[Answer]) -> Answer:
        try:
            return await self._ask("GET", url, shape)
        except ProviderRefusedError as error:
            raise ProviderSilentError(error.reason) from error

    async def _ask(self, method: str, url: str, shape: type[Answer], **how: Any) -> Answer:
        how.setdefault("headers", {})["accept"] = "application/json"
        try:
            async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, verify=self._trust()) as client:
                answer = await client.request(method, url, **{key: value for key, value in how.items() if value})
        except httpx2.HTTPError as error:
            raise ProviderSilentError(type(error).__name__) from error
        if answer.status_code >= 500:
            raise ProviderSilentError(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise ProviderRefusedError(f"status {answer.status_code}")
        try:
            return shape.model_validate_json(answer.content[: LIMIT + 1])
        except ValidationError as error:
            raise ProviderSilentError("answer cannot be read") from error


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


class _Claims(BaseModel):
    model_config = ConfigDict(extra="allow")

    sub: str


def _signs(key: dict[str, Any]) -> bool:
    """A public key for signatures. A shared secret has no place in a provider's published keys."""
    return key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _form_encoded(text: str) -> str:
    """As RFC 6749 section 2.3.1 wants a client's name and secret before they are put together."""
    return httpx2.QueryParams({"": text}).__str__().removeprefix("=")
