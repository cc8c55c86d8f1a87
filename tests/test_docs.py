"""What the documentation says exists: every command and option, every setting, every address; and the operator's commands really work."""

import asyncio
import configparser
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from sqlmodel import select
from typer.testing import CliRunner

import lots
from api.app import create_app
from api.audit.heads import Heads
from api.audit.sealer import Sealer
from api.audit.tables import AuditRow
from api.operations.metrics import Metrics
from common.clock import SystemClock
from common.crypto import FILE_NAME, Cipher, Keys
from common.database import Database
from common.errors import BackupRefused, KeysMissing
from common.settings import Settings
from tests.support.api import shared_knowledge

ROOT = Path(__file__).parents[1]
PAGES = (
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs" / "adr").glob("*.md"),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
)
OPERATOR = (ROOT / "docs" / "operator.md").read_text("utf-8")
IN_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[\s`/|])lots ((?:[a-z]|--)[^`\n|#]*)")
SETTING = re.compile(r"\bLOTS_[A-Z_]+\b")


def commands(page: Path) -> Iterator[str]:
    """What follows `lots` wherever code shows it."""
    for code in IN_CODE.findall(page.read_text("utf-8")):
        yield from (found.group(1).strip() for found in COMMAND.finditer(code))


def fault(said: str) -> str | None:
    """What does not exist in a command as it is written, or None."""
    command: Any = typer.main.get_command(lots.app)
    words = [word for word in re.split(r"[\s\[\]]+", said) if word]
    valued = False
    for place, word in enumerate(words):
        if word.startswith("--"):
            options = {name: parameter for parameter in command.params for name in parameter.opts}
            name, _, value = word.partition("=")
            if name not in {*options, "--help"}:
                return f"{command.name} has no option {word}"
            valued = not value and name in options and not options[name].is_flag
        elif valued:
            valued = False
        elif hasattr(command, "commands") and word not in ("COMMAND", "…"):
            inner = command.commands.get(word)
            if inner is None:
                return f"{command.name} has no command {word}" if place == 0 or command.name != "lots" else None
            command = inner
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    assert {said: fault(said) for said in commands(page) if fault(said)} == {}


def test_a_command_that_does_not_exist_would_be_found() -> None:
    assert fault("restore --relase") == "restore has no option --relase"
    assert fault("audit verfy") == "audit has no command verfy"
    assert fault("bakup x.zip") is not None
    assert fault("restore FILE --release") is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    assert set(SETTING.findall(page.read_text("utf-8"))) - Settings().summary().keys() == set()


def test_the_operators_page_tells_every_setting_and_the_operators_commands() -> None:
    assert Settings().summary().keys() - set(SETTING.findall(OPERATOR)) == set()
    told = " ".join(f"lots {said}" for said in commands(ROOT / "docs" / "operator.md"))
    for command in ("serve", "settings", "keys new", "keys rotate", "backup", "restore", "audit verify", "retention"):
        assert f"lots {command}" in told


async def test_every_address_that_the_operators_page_names_exists(sqlite_db: Database, tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), SystemClock(), sqlite_db, shared_knowledge(), Cipher(Keys.new()))
    named = set(re.findall(r"(GET|POST) (/api/v1/[a-z/-]+)", OPERATOR))
    there = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert len(named) >= 6
    assert named - there == set()


def test_every_metric_that_the_operators_page_names_exists() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/x", 200, 0.1)
    metrics.outbox({"dead": 0})
    text = metrics.text().decode()
    named = set(re.findall(r"`(lots_[a-z_]+)", OPERATOR))
    assert len(named) >= 5
    assert [name for name in named if name not in text] == []


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", OPERATOR, re.DOTALL)


DEPLOY = ROOT / "docs" / "deploy"


@pytest.mark.parametrize("name", ["lots.service", "lots-backup.service"])
def test_the_services_can_be_read_and_run_commands_that_exist_with_settings_that_exist(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    commands_run = [part.strip("'\" ") for part in re.findall(r"/opt/lots/bin/lots ([a-z ]+)", text)]
    assert commands_run
    assert [said for said in commands_run if fault(said)] == []
    assert set(SETTING.findall(text)) - Settings().summary().keys() == set()
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(
            ["systemd-analyze", "verify", DEPLOY / name], capture_output=True, text=True, check=False
        )
        complaints = [line for line in checked.stderr.splitlines() if name in line and "is not executable" not in line]
        assert complaints == []


def test_the_containers_can_be_read_and_start_lots_with_settings_that_exist() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    services: Mapping[str, Mapping[str, object]] = yaml.safe_load(text)["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()  # type: ignore[call-overload]
    assert set(SETTING.findall(text)) - Settings().summary().keys() == set()
    assert '"/opt/lots/bin/lots", "serve"' in (DEPLOY / "Dockerfile").read_text("utf-8")
    assert "proxy_buffering off" in (DEPLOY / "proxy.conf").read_text("utf-8")


# ── the commands themselves ─────────────────────────────────────────────────────────────────────────────────────────


class Shell:
    """The command line in a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"LOTS_DATA_DIR": str(folder), "LOTS_DATABASE_URL": "", "LOTS_ENV": "demo"}

    def run(self, line: str, *, status: int = 0) -> str:
        done = CliRunner().invoke(lots.app, shlex.split(line)[1:], env=self.env)
        assert done.exit_code == status, (line, done.output, done.exception)
        return done.output

    def raises(self, line: str) -> BaseException | None:
        return CliRunner().invoke(lots.app, shlex.split(line)[1:], env=self.env).exception

    def empty(self) -> None:
        for file in self.folder.glob("lots.sqlite3*"):
            file.unlink()


@pytest.fixture
def shell(tmp_path: Path, log: object, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path)


def test_the_operators_commands_work_in_the_order_the_page_shows_them(shell: Shell) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("lots ")]
    assert len(lines) >= 12
    for example in (ROOT / "docs").glob("*.csv"):
        shutil.copy(example, shell.folder)
    for line in lines:
        if line == "lots serve":
            continue
        if line.startswith("lots restore lots-backup"):
            shell.empty()
        shell.run(line)
    assert (shell.folder / "lots-backup.zip").exists()
    assert "unsealed tail" in shell.run("lots audit verify")


def test_an_audit_that_was_changed_ends_the_command_with_1_and_the_row(shell: Shell) -> None:
    shell.run("lots backup one.zip")
    asyncio.run(seal_and_change(shell.folder))
    assert "row 1 (" in shell.run("lots audit verify", status=1)


async def seal_and_change(folder: Path) -> None:
    db, cipher = Database(Settings(data_dir=folder).url), Cipher.of_folder(folder, "demo")
    await Sealer(db, SystemClock(), cipher, Heads(folder, cipher)).seal_once()
    async with db.write() as session:
        row = (await session.exec(select(AuditRow).where(AuditRow.seq == 1))).one()
        row.actor = "staff:someone"
    await db.close()


def test_keys_are_made_once(shell: Shell) -> None:
    shell.run("lots keys new")
    made = (shell.folder / FILE_NAME).read_bytes()
    assert "finns redan" in shell.run("lots keys new", status=1)
    assert (shell.folder / FILE_NAME).read_bytes() == made
    shell.env["LOTS_DATA_DIR"] = str(shell.folder / "missing")
    assert "finns inte" in shell.run("lots keys new", status=1)


def test_restore_wants_a_file_or_the_release_and_the_keys(shell: Shell) -> None:
    assert "--release" in shell.run("lots restore", status=1)
    assert "--release" in shell.run("lots restore x.zip --release", status=1)
    assert isinstance(shell.raises("lots restore x.zip"), KeysMissing)
    shell.run("lots backup x.zip")
    assert isinstance(shell.raises("lots backup x.zip"), BackupRefused)
    assert isinstance(shell.raises("lots restore x.zip"), BackupRefused)


def test_retention_wants_both_and_an_organisation_that_exists(shell: Shell) -> None:
    assert "eller inget alls" in shell.run("lots retention --days 3", status=1)
    assert "Ingen" in shell.run("lots retention --organisation Ingen --days 3", status=1)
    said = shell.run('lots retention --organisation "Region Halland" --days 30').splitlines()
    assert said == ["Region Halland: 30", "LOTS_EXPORT_DIR is empty, so nothing is erased yet"]
    assert shell.run('lots retention --organisation "Region Halland" --days 0') == ""
