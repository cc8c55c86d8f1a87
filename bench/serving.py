"""Servers for the benchmarks: a fresh `lots serve`, and a bare FastAPI application, each as a process of its own on loopback."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
from fastapi import FastAPI

LOTS = Path(sys.executable).with_name("lots")
PATIENCE = 180.0
"""Seconds to wait for a first answer."""


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    data: Path
    env: dict[str, str]
    first_answer: float
    """Seconds from the start of the process to its first answer."""

    def memory(self) -> float:
        """Resident memory of the process in megabytes."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6


def bare() -> FastAPI:
    """The peer: an application with one empty route."""
    app = FastAPI()

    @app.get("/api/v1/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/empty")
    async def empty() -> dict[str, str]:
        return {}

    return app


@contextmanager
def lots_server(**settings: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        env = {**os.environ, "LOTS_DATA_DIR": folder, **settings}
        with started([str(LOTS), "serve", "--port", str(port)], port, env, Path(folder)) as server:
            yield server


@contextmanager
def bare_server() -> Iterator[Server]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.serving:bare",
        "--factory",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    with started(command, port, dict(os.environ), Path()) as server:
        yield server


@contextmanager
def started(command: list[str], port: int, env: dict[str, str], data: Path) -> Iterator[Server]:
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process)
        yield Server(url, process, data, env, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until the first answer. Raises RuntimeError when the process ends or does not answer in time."""
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            httpx2.get(f"{url}/api/v1/health", timeout=1)
        except httpx2.TransportError:
            time.sleep(0.02)
            continue
        return
    raise RuntimeError(f"no answer from {url} in {PATIENCE} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def token(server: Server, unit: str, role: str = "staff") -> str:
    """An API key for the running server, from its own command line."""
    done = subprocess.run(
        [str(LOTS), "token", "--unit", unit, "--role", role], env=server.env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1].removeprefix("Authorization: Bearer ")
