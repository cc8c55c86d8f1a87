"""Settings of sign-in, chats and limits: what is wrong is named at once, what is unsafe stops production, no secret is told."""

from pathlib import Path

import pytest

from common.errors import UnsafeSettings
from common.settings import Settings

SAFE = {
    "env": "production",
    "base_url": "https://lots.example",
    "oidc_issuer": "https://idp.example",
    "oidc_client_id": "lots",
}
LINK = "https://t.me/lots_demo?start={code}"


def stopped(**given: object) -> str:
    with pytest.raises(UnsafeSettings) as error:
        Settings(**given).check()
    return " ".join(error.value.problems)


def test_safe_values_start(tmp_path: Path) -> None:
    Settings(**SAFE, data_dir=tmp_path, chat_links={"telegram": LINK}).check()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"base_url": "http://lots.example"}, "LOTS_BASE_URL"),
        ({"base_url": ""}, "LOTS_BASE_URL"),
        ({"base_url": "https://lots.example/path"}, "LOTS_BASE_URL"),
        ({"base_url": "https://lots.example?x=y"}, "LOTS_BASE_URL"),
        ({"base_url": "https://lots.example#x"}, "LOTS_BASE_URL"),
        ({"base_url": "https://user@lots.example"}, "LOTS_BASE_URL"),
        ({"oidc_issuer": "http://idp.example"}, "LOTS_OIDC_ISSUER"),
        ({"chat_links": {"telegram": "http://t.me/x?start={code}"}}, "LOTS_CHAT_LINKS"),
    ],
)
def test_what_is_unsafe_stops_production(tmp_path: Path, change: dict[str, object], named: str) -> None:
    assert named in stopped(**{**SAFE, "data_dir": tmp_path, **change})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"oidc_issuer": "idp.example", "oidc_client_id": "lots"}, "LOTS_OIDC_ISSUER"),
        ({"oidc_issuer": "https://idp.example"}, "LOTS_OIDC_CLIENT_ID"),
        ({"oidc_issuer": "https://idp.example", "oidc_client_id": "lots", "oidc_scope": "email"}, "LOTS_OIDC_SCOPE"),
        ({"chat_links": {"telegram": "https://t.me/x"}}, "LOTS_CHAT_LINKS"),
        ({"limit_key": 0}, "LOTS_LIMIT_KEY"),
        ({"session_idle_minutes": 1}, "LOTS_SESSION_IDLE_MINUTES"),
    ],
)
def test_what_cannot_be_right_is_named_everywhere(given: dict[str, object], named: str) -> None:
    assert named in stopped(**given)


def test_the_providers_secret_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTS_OIDC_CLIENT_SECRET", "hemligt")
    monkeypatch.setenv("LOTS_OIDC_ACR", '["loa3"]')
    monkeypatch.setenv("LOTS_OIDC_ROLES", '{"Sjuksköterska": "staff"}')
    settings = Settings()
    assert settings.oidc_client_secret.get_secret_value() == "hemligt"
    assert (settings.oidc_acr, settings.oidc_roles) == (("loa3",), {"Sjuksköterska": "staff"})
    assert "hemligt" not in repr(settings.summary()) + repr(settings)
    assert settings.summary()["LOTS_OIDC_ROLES"] == '{"Sjuksköterska": "staff"}'
