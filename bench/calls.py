"""One browser's or program's line to a server: HTTP/1.1 over a connection that is kept, and cookies. So little that hundreds of them
in one process are not what a benchmark measures. Knows only what our own server answers; no redirects, no compression.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

PATIENCE: Final = 60.0
IDLE: Final = 3.0
"""Seconds after which a connection is not used again: the server lets go of those that are silent for five."""
Fields = Mapping[str, str | Sequence[str]]


class Dropped(Exception):  # noqa: N818 - what the network did, not a fault of ours
    """No whole answer came; the server may have acted or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def page(self) -> str:
        """The text of an answer that went well."""
        assert self.status < 400, f"{self.status}: {self.text[:500]}"
        return self.text

    def json(self) -> Any:
        return json.loads(self.page())


@dataclass
class Line:
    url: str
    bearer: str = field(default="", repr=False)
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    _open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)
    _used: float = 0.0

    async def get(self, path: str) -> Answer:
        return await self._call("GET", path, "", b"")

    async def post(self, path: str, fields: Fields) -> Answer:
        body = urlencode(fields, doseq=True).encode()
        return await self._call("POST", path, "application/x-www-form-urlencoded", body)

    async def post_json(self, path: str, body: Mapping[str, object]) -> Answer:
        return await self._call("POST", path, "application/json", json.dumps(body).encode())

    async def events(self, path: str) -> AsyncIterator[str]:
        """The data of server-sent events, on a connection of its own."""
        reader, writer = await self._connected()
        try:
            writer.write(self._head("GET", path, "", 0))
            while line := await reader.readline():
                if line.startswith(b"data:"):
                    yield line[5:].decode().strip()
        finally:
            writer.close()

    def elsewhere(self, url: str) -> "Line":
        """The same person at another process, with her cookies."""
        self.close()
        return Line(url, self.bearer, dict(self.cookies))

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _call(self, method: str, path: str, kind: str, body: bytes) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._line()
                writer.write(self._head(method, path, kind, len(body)) + body)
                answer = await self._read(reader)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Dropped(type(error).__name__) from error
        self._used = time.monotonic()
        return answer

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._open is not None and (self._open[0].at_eof() or time.monotonic() - self._used > IDLE):
            self.close()
        if self._open is None:
            self._open = await self._connected()
        return self._open

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = urlsplit(self.url)
        return await asyncio.open_connection(address.hostname, address.port)

    def _head(self, method: str, path: str, kind: str, length: int) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"host: {urlsplit(self.url).netloc}"]
        if self.bearer:
            lines.append(f"authorization: Bearer {self.bearer}")
        if self.cookies:
            lines.append("cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if kind:
            lines += [f"content-type: {kind}", f"content-length: {length}"]
        return "\r\n".join([*lines, "", ""]).encode()

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        headers = tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))
        answer = Answer(int(first.split(" ")[1]), headers, "")
        length = int(answer.header("content-length") or 0)
        self._keep(value for name, value in headers if name == "set-cookie")
        return Answer(answer.status, headers, (await reader.readexactly(length)).decode())

    def _keep(self, cookies: Any) -> None:
        for cookie in cookies:
            pair, _, rest = cookie.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in rest.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')
