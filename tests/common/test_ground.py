"""Clock, ids, settings, keys and logs."""

import io
import json
import logging
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from common.clock import FixedClock, SystemClock
from common.crypto import Cipher, Keys
from common.errors import KeysMissing, SealBroken, UnknownKey, UnsafeSettings
from common.ids import ID_LENGTH, new_id, new_token
from common.log import configure, only_ids
from common.settings import Settings

# ── clock and ids ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 7, 1, 11, tzinfo=UTC)


def test_a_clock_needs_to_know_its_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 7, 1, 12))  # noqa: DTZ001


def test_the_machines_clock_tells_aware_time() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_ids_are_unique_and_sort_by_the_millisecond_they_were_made() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert {len(found) for found in ids} == {ID_LENGTH}
    stamps = [found[:10] for found in ids]
    assert stamps == sorted(stamps)


def test_tokens_are_long_and_stand_in_a_url_as_they_are() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


# ── keys and seals ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(), st.text())
def test_what_is_sealed_opens_to_the_same_words_in_the_same_place(words: str, place: str) -> None:
    cipher = Cipher(Keys.new())
    sealed = cipher.seal(words, place)
    assert cipher.open(sealed, place) == words
    assert sealed.startswith(f"{cipher.current_key}.")
    assert len(words) < 4 or words not in sealed


@given(st.integers(min_value=0), st.sampled_from("AB01-_"))
def test_a_seal_that_was_changed_in_any_sign_does_not_open(position: int, sign: str) -> None:
    cipher = Cipher(Keys.new())
    sealed = cipher.seal("Såromläggning tisdag", "message:1:content")
    start = sealed.index(".") + 1
    place = start + position % (len(sealed) - start)
    changed = sealed[:place] + sign + sealed[place + 1 :]
    if changed == sealed or place == len(sealed) - 1:  # the last sign carries unused bits
        return
    with pytest.raises(SealBroken):
        cipher.open(changed, "message:1:content")


@pytest.mark.parametrize("cut", [0, 1, 10, 20])
def test_a_seal_that_was_cut_off_does_not_open(cut: int) -> None:
    cipher = Cipher(Keys.new())
    sealed = cipher.seal("Såromläggning", "p")
    with pytest.raises(SealBroken):
        cipher.open(sealed[: sealed.index(".") + 1 + cut], "p")


def test_a_seal_does_not_open_elsewhere_or_with_other_keys() -> None:
    cipher = Cipher(Keys.new())
    sealed = cipher.seal("Såromläggning", "message:1:content")
    with pytest.raises(SealBroken):
        cipher.open(sealed, "message:2:content")
    with pytest.raises(UnknownKey, match=cipher.current_key):
        Cipher(Keys.new()).open(sealed, "message:1:content")


def test_an_older_key_of_the_ring_still_opens() -> None:
    old, new = Keys.new(), Keys.new()
    sealed = Cipher(old).seal("Såromläggning", "p")
    both = Keys(new.current, {**old.seal, **new.seal}, old.lookup, old.audit)
    assert Cipher(both).open(sealed, "p") == "Såromläggning"
    assert Cipher(both).seal("x", "p").startswith(new.current)


def test_a_lookup_is_the_same_for_the_same_text_and_key_and_else_another() -> None:
    keys = Keys.new()
    assert Cipher(keys).lookup("a") == Cipher(keys).lookup("a")
    assert len({Cipher(keys).lookup("a"), Cipher(keys).lookup("b"), Cipher(Keys.new()).lookup("a")}) == 3


def test_keys_are_made_once_outside_production_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    made = Keys.load_or_create(tmp_path / "var", "demo")
    assert Keys.load_or_create(tmp_path / "var", "demo") == made
    assert stat.S_IMODE((tmp_path / "var" / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["keys.json"]
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_a_data_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in its place")
    with pytest.raises(UnsafeSettings, match="LOTS_DATA_DIR"):
        Keys.load_or_create(tmp_path / "var", "demo")


def test_a_key_file_that_another_process_made_first_stands(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = Keys.new()
    first.save(path)
    Keys.new().save(path)
    assert Keys.load(path) == first


def test_keys_do_not_show_when_printed() -> None:
    keys = Keys.new()
    assert repr(keys) == f"Keys(current='{keys.current}')"


def test_production_makes_no_keys_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match=r"keys\.json is missing"):
        Keys.load_or_create(tmp_path, "production")


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"current":"a","seal":{"a":"eA"},"lookup":"eA","audit":"eA"}', "{"]
)
def test_a_key_file_that_is_none_is_said_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeysMissing, match="no key file"):
        Keys.load(path)


def test_a_key_file_that_names_a_key_it_does_not_hold_is_refused(tmp_path: Path) -> None:
    keys = Keys.new()
    path = tmp_path / "keys.json"
    Keys("gone", keys.seal, keys.lookup, keys.audit).save(path)
    with pytest.raises(KeysMissing, match="'gone'"):
        Keys.load(path)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Keys.load_or_create(tmp_path, "demo")
    (tmp_path / "keys.json").chmod(0o644)
    with pytest.raises(KeysMissing, match="chmod 600"):
        Keys.load_or_create(tmp_path, "demo")


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOTS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOTS_PORT", "8123")
    settings = Settings()
    assert settings.url.database == str(tmp_path / "lots.sqlite3")
    assert settings.address == "http://127.0.0.1:8123"


def test_the_summary_names_every_setting_and_tells_no_secret() -> None:
    summary = Settings(database_url="postgresql+psycopg://lots:hemligt@db/lots").summary()
    assert set(summary) == {f"LOTS_{name.upper()}" for name in Settings.model_fields}
    assert summary["LOTS_DATABASE_URL"] == "postgresql+psycopg://lots:***@db/lots"
    assert "hemligt" not in repr(summary)


@pytest.mark.parametrize("url", ["mysql://x:hemligt@y", "no url", "sqlite:///x", "postgresql://x"])
def test_a_database_that_lots_does_not_know_is_refused_at_once_without_its_password(url: str) -> None:
    with pytest.raises(UnsafeSettings, match="LOTS_DATABASE_URL") as stopped:
        Settings(database_url=url)
    assert "hemligt" not in str(stopped.value)


def test_a_setting_that_cannot_be_read_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTS_PORT", "abc")
    monkeypatch.setenv("LOTS_ENV", "prod")
    with pytest.raises(UnsafeSettings) as stopped:
        Settings()
    assert [problem.setting for problem in stopped.value.problems] == ["LOTS_ENV", "LOTS_PORT"]


def test_production_stops_with_everything_that_is_unsafe_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings) as stopped:
        Settings(env="production", data_dir=tmp_path / "missing").check()
    assert [problem.setting for problem in stopped.value.problems] == ["LOTS_BASE_URL", "LOTS_DATA_DIR"]


def test_the_demo_listens_to_this_machine_only() -> None:
    Settings().check()
    with pytest.raises(UnsafeSettings, match="LOTS_HOST"):
        Settings(host="0.0.0.0").check()  # noqa: S104


def test_safe_production_settings_start(tmp_path: Path) -> None:
    settings = Settings(env="production", data_dir=tmp_path, base_url="https://lots.example/", host="10.0.0.1")
    settings.check()
    assert (settings.address, settings.secure_cookies) == ("https://lots.example", True)


# ── logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_log_line_keeps_ids_codes_and_numbers_and_withholds_the_rest() -> None:
    values = {
        "event": "handed over",
        "id": "01m7w2pesvcv9ez4r3na1pjb2a",
        "route": "/messages/{message_id}",
        "seconds": 0.25,
        "ok": True,
        "kinds": ["a", "Åsa Öberg"],
        "name": "Åsa Öberg",
        "number": "19121212-1212",
        "phone": "tel 070-1740606",
        "long": "a" * 300,
    }
    kept = only_ids(None, "info", dict(values))
    assert {name for name in values if kept[name] == values[name]} == {"event", "id", "route", "seconds", "ok"}
    assert kept["kinds"] == ["a", "(withheld)"]
    assert {kept[name] for name in ("name", "number", "phone", "long")} == {"(withheld)"}


def test_an_errors_own_words_never_reach_the_log_but_its_place_does(log: io.StringIO) -> None:
    try:
        raise ValueError("Kanarie 19121212-1212")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    logging.getLogger("some.library").warning("Kanarie %s", "19121212-1212")
    ours, theirs = (json.loads(line) for line in log.getvalue().splitlines())
    assert (ours["error"], ours["at"][0].split(":")[0]) == ("ValueError", "test_ground.py")
    assert theirs["library"] == "some.library"
    assert "Kanarie" not in log.getvalue()


def test_quiet_levels_are_quiet(log: io.StringIO) -> None:
    configure("warning", log)
    structlog.get_logger("x").info("not this")
    structlog.get_logger("x").warning("this")
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["this"]
