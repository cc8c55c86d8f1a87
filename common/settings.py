"""The settings of one instance, from the environment (`LOTS_…`). Reads nothing else and prints no secret."""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from common.errors import Fault, UnsafeSettings

Environment = Literal["demo", "production"]
DRIVERS = ("sqlite+aiosqlite", "postgresql+psycopg")
TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
MATRIX_USER = re.compile(r"@[^:\s]+:[^\s]+")
PREFIX = "LOTS_"
FOUND = "found"
"""The code of what pydantic finds by itself; `type` is its own."""
LIMITS = frozenset({"expected", "ge", "gt", "le", "lt", "max_length", "min_length"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NOWHERE = (".localhost", ".test")
"""Names that lead to no other machine, for tests and demos."""
READABLE_BY_OTHERS = frozenset({"disable", "allow"})
"""What `sslmode` may be where nothing passes over a network."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    env: Environment = Field("demo", description="demo or production")
    data_dir: Path = Field(Path("var"), description="folder of the database file and keys.json")
    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: a file in the data folder")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    base_url: str = Field("", description="the address people reach Lots at; empty: from host and port")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    session_hours: int = Field(9, ge=1, le=24, description="hours a sign-in lasts")
    session_idle_minutes: int = Field(
        90, ge=5, le=24 * 60, description="minutes without a request after which a sign-in ends"
    )
    sign_in_minutes: int = Field(60, ge=1, le=24 * 60, description="minutes a one-time sign-in link can be used")
    oidc_issuer: str = Field("", description="identity provider's issuer (OpenID Connect); empty: none")
    oidc_client_id: str = Field("", description="Lots' name at the identity provider")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="its secret there; empty: a public client")
    oidc_name: str = Field("", description="what people call the identity provider; empty: its host")
    oidc_scope: str = Field("openid", description="scopes to ask for, openid among them")
    oidc_staff_claim: str = Field(
        "sub", description="claim that says who it is: an HSA-id, or a word that is connected"
    )
    oidc_unit_claim: str = Field("", description="claim with the units this sign-in is for (id or HSA-id); empty: all")
    oidc_role_claim: str = Field("", description="claim with the roles this sign-in is for; empty: all")
    oidc_roles: dict[str, str] = Field({}, description='the role claim, word → role: {"handläggare": "staff"}')
    oidc_acr: tuple[str, ...] = Field((), description="levels of assurance, of which the sign-in must have one")
    help_contact: str = Field("", description="whom to ask about access, shown to people whom Lots does not know")
    limit_key: int = Field(60_000, ge=1, description="calls a minute by one program's key")
    limit_person: int = Field(6_000, ge=1, description="calls a minute by one person in a browser")
    limit_writes: int = Field(600, ge=1, description="changes a minute by one person in a browser")
    limit_sign_in: int = Field(300, ge=1, description="failed sign-ins a minute from one address")
    limit_refused: int = Field(3_000, ge=1, description="wrong keys a minute from one address")
    limit_failures: int = Field(10, ge=1, description="failures in 15 minutes by one account from one address")
    limit_extracts: int = Field(
        10, ge=1, description="extracts an hour of what is kept about people, by one system administrator"
    )
    busy_seconds: float = Field(5.0, gt=0, le=60, description="seconds to wait for a database that is busy")
    pool_size: int = Field(10, ge=2, le=100, description="database connections at most")
    keep_calls_days: int = Field(
        30, ge=1, le=3650, description="days that finished calls and jobs are remembered, so that a repeat is known"
    )
    keep_events_days: int = Field(
        400,
        ge=30,
        le=3650,
        description="days that what happened to messages can be followed, and failed jobs looked into",
    )
    export_dir: Path | None = Field(
        None, description="folder where messages are written, readable, before retention erases them; empty: none is"
    )
    enrolment_days: int = Field(
        180, ge=1, le=3650, description="days that a chat account speaks for a person, unless she renews it"
    )
    chat_links: dict[str, str] = Field(
        {},
        description='client → link that carries an enrolment code: {"telegram": "https://t.me/NAME?start={code}"}',
    )
    outage_checks: dict[str, str] = Field(
        {}, description="JSON: a region to an address that answers while its message system works, asked each minute"
    )
    knowledge_dir: Path | None = Field(None, description="folder with packs, texts and directory; empty: Lots' own")

    trusted_clients: frozenset[Literal["web", "console", "api", "telegram", "matrix"]] = Field(
        frozenset({"web", "console", "api"}),
        description="chat clients that may carry patient data (the data controller's choice)",
    )

    telegram_token: SecretStr = Field(SecretStr(""), description="the bot's token; empty: Lots is not in Telegram")
    telegram_mode: Literal["polling", "webhook"] = Field(
        "polling", description="how Telegram's updates come: fetched, or brought to LOTS_BASE_URL"
    )
    telegram_webhook_secret: SecretStr = Field(
        SecretStr(""), description="what Telegram shows with each update it brings: letters, digits, _ and -"
    )
    telegram_api_url: str = Field("", description="another Bot API server, for tests and demos; empty: Telegram's own")
    telegram_per_second: int = Field(30, ge=1, le=1000, description="messages a second at most, over all chats")

    matrix_homeserver: str = Field("", description="address of the homeserver; empty: Lots is not in Matrix")
    matrix_user: str = Field("", description="Lots' own account there: @lots:example.se")
    matrix_password: SecretStr = Field(SecretStr(""), description="its password; or a token")
    matrix_token: SecretStr = Field(SecretStr(""), description="its access token, of a device that nothing else uses")
    matrix_allowed_servers: tuple[str, ...] = Field(
        (), description="servers whose people may invite Lots; empty: the account's own server"
    )

    def __init__(self, **given: Any) -> None:
        """Raises UnsafeSettings. Pydantic's own error quotes what it was given, which may hold a password."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise UnsafeSettings(tuple(map(_fault, error.errors(include_url=False, include_input=False)))) from None

    @model_validator(mode="after")
    def _database_is_one_we_know(self) -> Self:
        if not self.database_url.get_secret_value():
            return self
        try:
            url = make_url(self.database_url.get_secret_value())
        except ArgumentError as error:
            raise _refused("LOTS_DATABASE_URL", "not_url") from error
        if url.drivername not in DRIVERS:
            raise _refused("LOTS_DATABASE_URL", "driver", given=url.drivername, known=", ".join(DRIVERS))
        return self

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Self:
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme not in {"http", "https"}:
            raise _refused("LOTS_OIDC_ISSUER", "issuer")
        if self.oidc_issuer and not self.oidc_client_id:
            raise _refused("LOTS_OIDC_CLIENT_ID", "client_id_missing")
        if self.oidc_issuer and "openid" not in self.oidc_scope.split():
            raise _refused("LOTS_OIDC_SCOPE", "openid")
        if wrong := sorted(client for client, link in self.chat_links.items() if "{code}" not in link):
            raise _refused("LOTS_CHAT_LINKS", "link_without_code", clients=", ".join(wrong))
        return self

    @cached_property
    def url(self) -> URL:
        given = self.database_url.get_secret_value()
        return (
            make_url(given) if given else URL.create("sqlite+aiosqlite", database=str(self.data_dir / "lots.sqlite3"))
        )

    @cached_property
    def address(self) -> str:
        """The address people reach Lots at, without a slash at the end."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def secure_cookies(self) -> bool:
        return self.address.startswith("https://")

    def check(self) -> None:
        """Stops a start with values that are not safe. The demo may run on loopback without https, production never."""
        problems: list[Fault] = []
        if self.production and not self.secure_cookies:
            problems.append(Fault("LOTS_BASE_URL", "https"))
        if self.production and not _is_plain(self.base_url):
            problems.append(Fault("LOTS_BASE_URL", "plain_address"))
        if self.production and self.oidc_issuer and not self.oidc_issuer.startswith("https://"):
            problems.append(Fault("LOTS_OIDC_ISSUER", "issuer_https"))
        if self.production and any(not link.startswith("https://") for link in self.chat_links.values()):
            problems.append(Fault("LOTS_CHAT_LINKS", "links_https"))
        if self.production and not self.data_dir.is_dir():
            problems.append(Fault("LOTS_DATA_DIR", "no_data_dir", {"path": str(self.data_dir)}))
        if self.export_dir is not None and not self.export_dir.is_dir():
            problems.append(Fault("LOTS_EXPORT_DIR", "no_export_dir", {"path": str(self.export_dir)}))
        if not self.production and self.host not in LOOPBACK:
            problems.append(Fault("LOTS_HOST", "demo_host", {"host": self.host}))
        if not self.production and not _stays_here(self.address):
            problems.append(Fault("LOTS_BASE_URL", "demo_address"))
        if self.production and self.url.query.get("sslmode") in READABLE_BY_OTHERS and not _is_here(self.url.host):
            problems.append(Fault("LOTS_DATABASE_URL", "unencrypted"))
        problems += self._about_telegram()
        problems += self._about_matrix()
        if problems:
            raise UnsafeSettings(tuple(problems))

    def _about_telegram(self) -> list[Fault]:
        secret = self.telegram_webhook_secret.get_secret_value()
        problems: list[Fault] = []
        api = urlsplit(self.telegram_api_url)
        if self.telegram_api_url and api.scheme != "https" and not _is_here(api.hostname):
            problems.append(Fault("LOTS_TELEGRAM_API_URL", "token_goes_there"))
        if not self.telegram_token.get_secret_value() or self.telegram_mode != "webhook":
            return problems
        if not TELEGRAM_SECRET.fullmatch(secret):
            problems.append(Fault("LOTS_TELEGRAM_WEBHOOK_SECRET", "webhook_secret"))
        if not self.telegram_api_url and not self.secure_cookies:
            problems.append(Fault("LOTS_BASE_URL", "webhook_https"))
        return problems

    def _about_matrix(self) -> list[Fault]:
        if not self.matrix_homeserver:
            return []
        problems: list[Fault] = []
        address = urlsplit(self.matrix_homeserver)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            problems.append(Fault("LOTS_MATRIX_HOMESERVER", "https_or_here"))
        if not MATRIX_USER.fullmatch(self.matrix_user):
            problems.append(Fault("LOTS_MATRIX_USER", "whole_account"))
        if bool(self.matrix_password.get_secret_value()) == bool(self.matrix_token.get_secret_value()):
            problems.append(Fault("LOTS_MATRIX_PASSWORD", "password_or_token"))
        return problems

    def summary(self) -> dict[str, str]:
        """Every setting by its environment name, secrets hidden."""
        shown = {f"{PREFIX}{name.upper()}": _shown(getattr(self, name)) for name in type(self).model_fields}
        checks = {region: _place(address) for region, address in self.outage_checks.items()}
        hidden = {"LOTS_DATABASE_URL": _without_secrets(self.url), "LOTS_OUTAGE_CHECKS": _shown(checks)}
        return {**shown, **hidden}

    def chosen(self) -> dict[str, str]:
        """As much of the summary as somebody has set to something, and where Lots and its database are."""
        fields = type(self).model_fields.items()
        set_here = {name for name, field in fields if getattr(self, name) != field.default}
        set_here |= {"env", "base_url", "database_url"}
        return {name: value for name, value in self.summary().items() if name[len(PREFIX) :].lower() in set_here}


def not_settings(names: Iterable[str]) -> tuple[Fault, ...]:
    """Variables of the environment that look like settings and are none, each with the name that was meant: misspelt, they set nothing."""
    known = [name.upper() for name in Settings.model_fields]
    found: list[Fault] = []
    for name in sorted(names):
        rest = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and rest not in known:
            near = get_close_matches(rest, known, n=1)
            found.append(Fault(name, "misspelt", {"meant": f"{PREFIX}{near[0]}"}) if near else Fault(name, "unknown"))
    return tuple(found)


def _is_here(host: str | None) -> bool:
    """This machine, or a socket in it."""
    return not host or host in LOOPBACK or host.startswith("/")


def _stays_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return _is_here(host) or host.endswith(NOWHERE)


def _place(address: str) -> str:
    """Where an address leads, without what may be a key to it: user, path and query."""
    parts = urlsplit(address)
    plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return plain if address.rstrip("/") == plain else f"{plain}/…"


def _without_secrets(url: URL) -> str:
    hidden = dict.fromkeys((name for name in url.query if name != "sslmode"), "hidden")
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _is_plain(address: str) -> bool:
    """Nothing but a scheme and a host: what redirect addresses and cookies are built on."""
    parts = urlsplit(address)
    return not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)


def _refused(setting: str, code: str, **params: str) -> PydanticCustomError:
    """For validators, whose errors pydantic gathers."""
    return PydanticCustomError(code, "refused", {"setting": setting, **params})


def _fault(found: ErrorDetails) -> Fault:
    """What a validator of ours refused, or what pydantic found: its kind and its limits, and nothing of the value."""
    context = {name: str(value) for name, value in found.get("ctx", {}).items()}
    setting = context.pop("setting", None)
    if setting is not None:
        return Fault(setting, found["type"], context)
    limits = {name: value for name, value in context.items() if name in LIMITS}
    return Fault(f"{PREFIX}{str(found['loc'][0]).upper()}", FOUND, {"type": found["type"], **limits})


def _shown(value: object) -> str:
    """A value as it is written in the environment."""
    if isinstance(value, frozenset | tuple):
        return json.dumps(sorted(map(str, value)))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    if isinstance(value, str) and "://" in value and "@" in urlsplit(value).netloc:
        return _place(value)
    return "" if value is None else str(value)
