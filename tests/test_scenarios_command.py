"""`lots scenarios check`: the numbers as they are promised, every error with its line, and the example in the trainer's guide."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lots

ROOT = Path(__file__).parents[1]
BROKEN = ROOT / "tests" / "triage" / "broken_scenarios"
GUIDE = (ROOT / "docs" / "trainer.md").read_text("utf-8")


def check(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(lots.app, ["scenarios", "check", *words])
    return done.exit_code, done.stdout, done.stderr


def test_the_numbers_are_json_and_add_up() -> None:
    status, out, _ = check("--json")
    told = json.loads(out)
    assert status == 0
    assert told["scenarios"] == sum(told["by_pack"].values()) >= 60
    assert set(told["by_pack"]) == {"halland-2021", "halland-2024", "orebro", "vasternorrland", "vgr-skaraborg"}


def test_everything_wrong_is_told_with_file_and_line_and_the_status_is_1(tmp_path: Path) -> None:
    for name in ("wrong_key", "field_misspelt"):
        shutil.copy(BROKEN / f"{name}.yaml", tmp_path)
    status, out, errors = check(str(tmp_path))
    assert (status, out) == (1, "")
    assert re.search(r"wrong_key\.yaml:\d+: .*Rutinen säger message_outside_care_episode", errors)
    assert re.search(r"field_misspelt\.yaml:\d+: .*känns inte igen", errors)


def test_the_example_in_the_trainers_guide_holds(tmp_path: Path) -> None:
    (tmp_path / "exempel.yaml").write_text(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0], "utf-8")
    status, out, errors = check(str(tmp_path))
    assert (status, errors) == (0, "")
    assert out.startswith("1 scenarier stämmer")


@pytest.mark.parametrize("group", ["scenarios", "packs"])
def test_a_folder_that_is_empty_or_not_there_is_no_success(group: str, tmp_path: Path) -> None:
    empty = CliRunner().invoke(lots.app, [group, "check", str(tmp_path)])
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert str(tmp_path) in empty.stderr
    assert CliRunner().invoke(lots.app, [group, "check", str(tmp_path / "nowhere")]).exit_code == 2
