"""The proxy of a careful company: pages pass, and what would become a socket does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

HEAD_BYTES = 65_536
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Sockets(StrEnum):
    """What becomes of them: browsers reach a socket through a tunnel, pages without."""

    REFUSED = "refused"
    SWALLOWED = "swallowed"
    PASSED = "passed"


@dataclass(slots=True)
class Blocking:
    """A forward proxy. Every connection carries one request, so each can be looked at."""

    sockets: Sockets = Sockets.REFUSED
    tunnels: int = 0
    server: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a browser."""
        self._open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, address, _ = head.split(b"\r\n")[0].decode().split(" ")
            to = urlsplit(address if "://" in address else f"//{address}")
            if to.hostname != "127.0.0.1":
                writer.write(REFUSED)  # what a browser asks of its maker is none of our business
            elif method != "CONNECT":
                await _exchange(reader, writer, to.port or 80, _one(head, address))
            else:
                self.tunnels += 1
                await self._tunnel(reader, writer, to.port or 80)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._open.discard(writer)

    async def _tunnel(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        if self.sockets is Sockets.REFUSED:
            writer.write(REFUSED)
            return
        writer.write(TUNNEL)
        if self.sockets is Sockets.PASSED:
            await _exchange(reader, writer, port, b"")
        while await reader.read(65_536):
            pass  # swallowed

    def hang_up(self) -> None:
        """Cut every connection that is open."""
        for writer in self._open:
            writer.transport.abort()


def _one(head: bytes, address: str) -> bytes:
    """The head as the server itself would get it, for one request and no more."""
    lines = head.decode("latin-1").split("\r\n")
    path = address.partition("://")[2].partition("/")[2]
    method, _, version = lines[0].split(" ")
    own = ("connection:", "proxy-")
    kept = [line for line in lines[1:-2] if not line.lower().startswith(own)]
    wanted = [f"{method} /{path} {version}", *kept, "Connection: close", "", ""]
    return "\r\n".join(wanted).encode("latin-1")


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes
) -> None:
    there, away = await asyncio.open_connection("127.0.0.1", port)
    away.write(first)
    ways = {
        asyncio.create_task(_pass_on(reader, away)),
        asyncio.create_task(_pass_on(there, writer)),
    }
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        away.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return


@asynccontextmanager
async def blocking() -> AsyncIterator[Blocking]:
    """The proxy, listening at `server`."""
    proxy = Blocking()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=HEAD_BYTES)
    proxy.server = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.hang_up()
