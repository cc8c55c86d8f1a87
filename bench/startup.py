"""Time to the first answer of a fresh `lots serve` and its resident memory, beside a bare FastAPI application in the same run.

Both with bytecode written, as pip leaves what it installs.
"""

import compileall
from pathlib import Path
from typing import Final

from bench.serving import bare_server, lots_server

EXTRA_SECONDS = 2.0
MEMORY_MB = 200.0
HERE: Final = Path(__file__).parents[1]
ROOMS: Final = ("api", "bot", "commands", "common", "knowledge", "migrations", "triage")


def main() -> None:
    for room in ROOMS:
        compileall.compile_dir(HERE / room, quiet=1)
    with bare_server() as peer:
        peer_first, peer_memory = peer.first_answer, peer.memory()
    with lots_server() as lots:
        first, memory = lots.first_answer, lots.memory()
    print(f"{'bare FastAPI':14} first answer {peer_first:5.2f} s  memory {peer_memory:6.1f} MB")
    print(
        f"{'lots serve':14} first answer {first:5.2f} s  memory {memory:6.1f} MB (an empty database: migrated, demo data loaded)"
    )
    print(f"extra {first - peer_first:.2f} s (target at most {EXTRA_SECONDS}); memory target under {MEMORY_MB:.0f} MB")
