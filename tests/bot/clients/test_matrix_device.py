"""Matrix before anyone writes: the device on disk, settings that hold together, a library that is not there."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.clients.matrix.device import Device, DeviceFolder
from bot.clients.matrix.homeserver import Shut
from bot.clients.matrix.running import settings_of
from common.crypto import Cipher, Keys
from common.errors import UnsafeSettings
from common.settings import Settings
from tests.support.matrix.memory import BOT


def test_the_device_is_read_back_only_with_its_keys_and_the_right_key_file(tmp_path: Path) -> None:
    cipher = Cipher(Keys.new())
    folder = DeviceFolder(tmp_path, cipher)
    assert folder.read(BOT) is None
    folder.write(Device(BOT, "ABC", "way-in"))
    assert folder.read(BOT) is None, "its keys are gone: a device without them is of no use"
    (folder.path / folder.keys_of("ABC")).write_bytes(b"keys")
    assert folder.read(BOT) == Device(BOT, "ABC", "way-in")
    assert folder.read("@annan:lots.test") is None
    assert b"way-in" not in (folder.path / "device.json").read_bytes()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder.path, *folder.path.iterdir()))
    with pytest.raises(Shut, match=r"keys\.json"):
        DeviceFolder(tmp_path, Cipher(Keys.new())).read(BOT)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"matrix_homeserver": "http://matrix.example.se"}, "LOTS_MATRIX_HOMESERVER"),
        ({"matrix_user": "lots"}, "LOTS_MATRIX_USER"),
        ({"matrix_token": "way-in"}, "password_or_token"),
        ({"matrix_password": ""}, "LOTS_MATRIX_PASSWORD"),
    ],
)
def test_settings_that_do_not_hold_together_stop_the_start(given: dict[str, str], named: str, tmp_path: Path) -> None:
    whole: dict[str, Any] = {
        "data_dir": tmp_path,
        "matrix_homeserver": "http://127.0.0.1:8008",
        "matrix_user": "@lots:example.se",
        "matrix_password": "x",
    }
    Settings(**whole).check()
    with pytest.raises(UnsafeSettings, match=named):
        Settings(**{**whole, **given}).check()


def test_without_servers_named_only_the_accounts_own_may_invite(tmp_path: Path) -> None:
    found = settings_of(
        Settings(data_dir=tmp_path, matrix_homeserver="https://m.example.se", matrix_user="@lots:Example.se")
    )
    assert found is not None
    assert found.allowed == {"example.se"}
    assert settings_of(Settings(data_dir=tmp_path)) is None


def test_asked_for_but_not_installed_stops_the_start(tmp_path: Path) -> None:
    """In a program of its own, where the library cannot be found."""
    program = (
        "import sys; sys.modules['nio'] = None\n"
        "from pathlib import Path\n"
        "from bot.clients.matrix.running import MatrixSettings, connect_with_nio\n"
        "from common.crypto import Cipher, Keys\n"
        "s = MatrixSettings('http://127.0.0.1', '@l:x', 'p', '', frozenset(), '', Path('.'))\n"
        "connect_with_nio(s, Cipher(Keys.new()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "LOTS_MATRIX_HOMESERVER: not_installed" in done.stderr
