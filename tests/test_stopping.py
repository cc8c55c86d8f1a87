"""`lots serve` told to stop: it answers what has begun, gives back what it holds and ends as asked, at once."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def ready(address: str, server: subprocess.Popen[str]) -> bool:
    """Whether it answers before patience ends. The door is open from the start, so a call waits until there is an answer."""
    ends = monotonic() + PATIENCE
    while monotonic() < ends and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/ready", timeout=PATIENCE) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            continue
    return False


def test_a_server_that_is_told_to_stop_ends_in_order(tmp_path: Path) -> None:
    port = free_port()
    env = {**os.environ, "LOTS_DATA_DIR": str(tmp_path), "LOTS_LOG_LEVEL": "warning"}
    command = [sys.executable, "-c", "import lots; lots.main()", "serve", "--port", str(port)]
    out = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=out, stderr=out) as server:
        try:
            assert ready(f"http://127.0.0.1:{port}", server)
            server.send_signal(signal.SIGTERM)
            _, said = server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
    assert server.returncode == 0, said
    assert "Traceback" not in said
    assert f"LOTS_PORT={port}" in said, "what was set is told at the start"
    with socket.create_server(("127.0.0.1", port)):
        pass
