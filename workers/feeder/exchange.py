"""One question to one witness over HTTP, bounded in time and in bytes. HTTP/1.0: nothing is chunked."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from server.translog.witness import ANSWER_BYTES

TIMEOUT_S = 5.0
HEAD_BYTES = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class Away(Exception):
    """No answer that is one: refused, too slow, too long, not HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness said."""

    status: int
    body: bytes


def checked(url: str) -> str:
    """A witness's address without its trailing slash; ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(f"{url} is no address of a witness")
    if parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{url} is no address of a witness")
    _ = parts.port  # ValueError where it is none
    return url.rstrip("/")


async def post(url: str, body: bytes, timeout_s: float = TIMEOUT_S) -> Answer:
    """The answer to `body` at `url` (as `checked` gave it) within `timeout_s` in all; Away otherwise.
    Nobody is sent elsewhere: a redirection is an answer like others."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(url, body)
    except (OSError, TimeoutError, ValueError) as error:
        raise Away(type(error).__name__) from error


async def _exchange(url: str, body: bytes) -> Answer:
    parts = urlsplit(url)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    head = (
        f"POST {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
    try:
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    raw = b""
    while chunk := await reader.read(HEAD_BYTES):
        raw += chunk
        head, blank, body = raw.partition(b"\r\n\r\n")
        if len(head) > HEAD_BYTES or len(body) > ANSWER_BYTES:
            raise ValueError("too long")
        length = _LENGTH.search(head + b"\r\n")
        if blank and length and len(body) >= int(length[1]):
            return Answer(_status(head), body[: int(length[1])])
    head, blank, body = raw.partition(b"\r\n\r\n")
    if not blank or _LENGTH.search(head + b"\r\n"):
        raise ValueError("torn")
    return Answer(_status(head), body)


def _status(head: bytes) -> int:
    found = _STATUS.match(head + b"\r")
    if found is None:
        raise ValueError("not HTTP")
    return int(found[1])
