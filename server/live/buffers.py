"""How much the kernel may hold for one reader, and for how long; and who the reader is.

Left alone its buffer grows to megabytes: minutes of stale frames before anybody notices that nobody
reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

SEND_BYTES = 65_536
UNACKED_MS = (
    12_000  # bytes that the other side's kernel does not take for so long end the connection
)


def bound(transport: asyncio.Transport) -> None:
    """Bound what waits in the kernel for this connection; nothing happens where it is gone."""
    wire = transport.get_extra_info("socket")
    if wire is None:
        return
    with contextlib.suppress(OSError):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKED_MS)


def peer_of(transport: asyncio.BaseTransport | None) -> str:
    """The address of the other side; empty where it has none, as at a unix socket."""
    peer = transport.get_extra_info("peername") if transport is not None else None
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""
