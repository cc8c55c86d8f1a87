"""Settings of sign-in, chats and limits: what is wrong is named at once, what is unsafe stops production, no secret is told."""

from pathlib import Path

import pytest

from common.errors import Fault, UnsafeSettings
from common.settings import Settings, not_settings

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
    return " ".join(map(str, error.value.problems))


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


def test_the_demo_whose_sign_in_asks_for_no_proof_is_reached_from_this_machine_alone(tmp_path: Path) -> None:
    for address in ("", "http://127.0.0.1:8000", "http://localhost", "https://lots.localhost", "http://lots.test"):
        Settings(base_url=address, data_dir=tmp_path).check()
    for address in ("https://lots.example", "http://10.0.0.7:8000", "https://lots.test.example"):
        assert "LOTS_BASE_URL" in stopped(base_url=address, data_dir=tmp_path)


@pytest.mark.parametrize("mode", ["disable", "allow"])
def test_production_sends_nothing_readable_to_a_database_elsewhere(tmp_path: Path, mode: str) -> None:
    there = f"postgresql+psycopg://lots:hemligt@db.example/lots?sslmode={mode}"
    assert "LOTS_DATABASE_URL" in stopped(**SAFE, data_dir=tmp_path, database_url=there)
    Settings(**SAFE, data_dir=tmp_path, database_url=there.replace("db.example", "127.0.0.1")).check()
    Settings(**SAFE, data_dir=tmp_path, database_url=there.replace(mode, "verify-full")).check()


def test_the_token_of_telegram_goes_to_no_other_machine_unencrypted(tmp_path: Path) -> None:
    assert "LOTS_TELEGRAM_API_URL" in stopped(**SAFE, data_dir=tmp_path, telegram_api_url="http://bots.example")
    for address in ("https://bots.example", "http://127.0.0.1:8081"):
        Settings(**SAFE, data_dir=tmp_path, telegram_api_url=address).check()


def test_no_secret_is_told_wherever_an_address_holds_it() -> None:
    settings = Settings(
        database_url="postgresql+psycopg://lots@db/lots?password=hemligt&sslmode=require",
        outage_checks={"halland": "https://user:hemligt@status.example/hemligt?token=hemligt"},
        telegram_api_url="https://user:hemligt@bots.example/hemligt",
    )
    told = settings.summary() | settings.chosen()
    assert "hemligt" not in repr(told)
    assert told["LOTS_DATABASE_URL"] == "postgresql+psycopg://lots@db/lots?password=hidden&sslmode=require"
    assert told["LOTS_OUTAGE_CHECKS"] == '{"halland": "https://status.example/…"}'


def test_what_somebody_set_is_told_and_the_rest_is_not() -> None:
    told = Settings(port=8123, oidc_client_secret="hemligt").chosen()
    assert (told["LOTS_PORT"], told["LOTS_OIDC_CLIENT_SECRET"], told["LOTS_ENV"]) == ("8123", "(set)", "demo")
    assert "LOTS_POOL_SIZE" not in told


def test_a_misspelt_name_is_told_with_the_one_that_was_meant() -> None:
    names = ("LOTS_TELEGRM_TOKEN", "LOTS_XYZZY", "LOTS_PORT", "lots_port", "PATH", "LOTSX")
    assert not_settings(names) == (
        Fault("LOTS_TELEGRM_TOKEN", "misspelt", {"meant": "LOTS_TELEGRAM_TOKEN"}),
        Fault("LOTS_XYZZY", "unknown"),
    )
