"""schemathesis against a running Lots: every call of the OpenAPI document, every check, as whoever's key is given."""

import subprocess
import sys
from pathlib import Path
from typing import Final

SETTINGS: Final = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422"]
"""
"""What is right in shape can be refused by the routine (422) or lack its `Idempotency-Key` (400); 5xx is never right."""


def examined(url: str, key: str, folder: Path, *, examples: int, phases: str, seed: int = 1912) -> tuple[bool, str]:
    """Whether everything held, and what schemathesis said."""
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
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
        "--generation-deterministic",
        "--continue-on-failure",
        "--no-color",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr
