"""schemathesis against a running Lots: every call of the OpenAPI document, every check, as whoever's key is given."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SETTINGS: Final = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "429"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "422", "429"]

[parameters]
"""
"""What is right in shape can be refused by the routine (422) or lack its `Idempotency-Key` (400); too long is 413;
whoever guesses codes is stopped (429); 5xx is never right."""


def examined(
    url: str, key: str, folder: Path, known: Mapping[str, str], *, examples: int, phases: str, seed: int = 1912
) -> tuple[bool, str]:
    """Whether everything held, and what schemathesis said. `known` are parts of addresses that are there."""
    settings = folder / "schemathesis.toml"
    parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in known.items())
    settings.write_text(SETTINGS + parameters, encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={settings}",
        "run",
        f"{url}/api/openapi.json",
        f"--header=Authorization: Bearer {key}",
        "--checks=all",
        f"--phases={phases}",
        f"--max-examples={examples}",
        f"--seed={seed}",
        "--continue-on-failure",
        "--no-color",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def summed_up(said: str) -> str:
    """How many cases were tried, in schemathesis' own words."""
    found = re.search(r"^\s*(\d+ generated.*)$", said, re.MULTILINE)
    return found[1] if found else "nothing"
