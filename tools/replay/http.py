"""A small HTTP/1.1 client for JSON: keep-alive, a bound on connections, no redirects."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Body = dict[str, object]
MAX_BODY_BYTES = 64 * 1024 * 1024


class NoAnswer(Exception):
    """The connection failed or the answer broke off: the request may or may not have been done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON object of a response; an empty object where the body is not one."""

    status: int
    body: Body
    retry_after_s: float | None


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts: list[bytes] = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readline()
        return b"".join(parts)
    length = int(headers.get("content-length", "0"))
    if length > MAX_BODY_BYTES:
        raise ValueError("the answer is larger than this client takes")
    return await reader.readexactly(length)


def _parsed(raw: bytes) -> Body:
    try:
        value = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> tuple[Answer, bool]:
        """The answer, and whether the connection may be used again."""
        self.writer.write(request)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in head[1:] if line]
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        raw = await _body(self.reader, headers)
        answer = Answer(int(head[0].split()[1]), _parsed(raw), _seconds(headers.get("retry-after")))
        return answer, headers.get("connection", "").lower() != "close"


@dataclass(slots=True)
class JsonClient:
    """Requests to one origin, at most `lines` at a time."""

    origin: str
    lines: int = 24
    timeout_s: float = 15.0
    _idle: list[_Line] = field(default_factory=list)
    _slots: asyncio.Semaphore = field(init=False)
    tls: ssl.SSLContext | None = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.lines)
        secure = urlsplit(self.origin).scheme == "https"
        self.tls = ssl.create_default_context() if secure else None

    def _request(self, method: str, path: str, token: str | None, body: Body | None) -> bytes:
        payload = b"" if body is None else json.dumps(body).encode()
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: {urlsplit(self.origin).netloc}",
            f"Origin: {self.origin}",
            "Accept: application/json",
            f"Content-Length: {len(payload)}",
        ]
        if body is not None:
            head.append("Content-Type: application/json")
        if token is not None:
            head.append(f"Authorization: Bearer {token}")
        return "\r\n".join([*head, "", ""]).encode() + payload

    async def _open(self) -> _Line:
        parts = urlsplit(self.origin)
        port = parts.port or (443 if self.tls else 80)
        host = parts.hostname or "127.0.0.1"
        return _Line(*await asyncio.open_connection(host, port, ssl=self.tls))

    async def _once(self, line: _Line, request: bytes) -> Answer:
        reusable = False
        try:
            answer, reusable = await line.ask(request)
        finally:
            if reusable:
                self._idle.append(line)
            else:
                line.writer.close()
        return answer

    async def request(
        self, method: str, path: str, *, token: str | None = None, body: Body | None = None
    ) -> Answer:
        """One exchange. Raises NoAnswer when it broke; only then is nothing known of its effect."""
        request = self._request(method, path, token, body)
        async with self._slots:
            try:
                async with asyncio.timeout(self.timeout_s):
                    line = self._idle.pop() if self._idle else await self._open()
                    return await self._once(line, request)
            except (OSError, EOFError, ValueError, IndexError, TimeoutError) as error:
                self.close()  # what idled beside a broken line was most likely closed with it
                raise NoAnswer(f"{method} {path}: {error!r}") from error

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().writer.close()
