"""`lots serve` from a process that has the program in memory already, so that a restart takes one second instead of three. What runs is the same.

As a program: for each port on standard input a server of its own, whose process id is printed.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import httpx2

from bench.soak import LOG, Instance

PATIENCE: Final = 300.0
"""Seconds to wait for a first answer on a machine that does much else."""
READ_BEFORE: Final = (
    "api.app",
    "api.demo",
    "api.pages.routes",
    "api.worker",
    "bot.assemble",
    "commands.house",
    "commands.inside",
    "commands.serving",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
)


@dataclass
class Forked(Instance):
    """Killed like any other: with SIGKILL, at any moment."""

    server: int = 0
    ended: int = 0

    def begin(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            log = (Path(self.env["LOTS_DATA_DIR"]) / LOG).open("ab")
            command = [sys.executable, "-m", "bench.forking"]
            self.process = subprocess.Popen(
                command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{self.port}\n".encode())
        self.process.stdin.flush()
        self.server = int(self.process.stdout.readline())
        return self.process

    def start(self) -> None:
        """As a service manager does: what ends by itself is begun again, and counted."""
        until = time.perf_counter() + PATIENCE
        self.begin()
        while time.perf_counter() < until:
            if not alive(self.server):
                self.ended += 1
                self.begin()
            try:
                httpx2.get(f"{self.url}/api/v1/health", timeout=2)
            except httpx2.TransportError:
                time.sleep(0.02)
                continue
            return
        raise RuntimeError(f"no answer from {self.url} in {PATIENCE} s")

    def kill(self) -> None:
        if self.server:
            end(self.server)
            self.server = 0

    def close(self) -> None:
        self.kill()
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


def end(process: int) -> None:
    """SIGKILL, and until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    while alive(process):
        time.sleep(0.001)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def serve(port: int) -> None:
    from commands.serving import serving
    from common.settings import Settings

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sys.stdin.fileno())
    os.dup2(nowhere, sys.stdout.fileno())
    asyncio.run(serving(Settings(port=port)))


def main() -> None:
    for name in READ_BEFORE:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            serve(int(line))
            return
        print(child, flush=True)


if __name__ == "__main__":
    main()
