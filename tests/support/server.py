"""A real HTTP server on a loopback port in a thread of its own, for tests that need a browser. Knows no app by name."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 10
ROUND_SECONDS = 0.5


class AnnouncingServer(uvicorn.Server):
    """Tells when it has begun to listen, so that nobody has to wait and look."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serves `app` while the block runs; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        config = uvicorn.Config(app, log_config=None, lifespan="auto", timeout_graceful_shutdown=1)
        server = AnnouncingServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="test-server")
        thread.start()
        try:
            while thread.is_alive() and not server.listening.wait(ROUND_SECONDS):
                pass
            if not server.listening.is_set():
                raise RuntimeError("the test server did not start: run the app with uvicorn to see why")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
