"""What a hostile client sends on one connection, and how that connection must end.

For the bench of the floods and for the tests: blocking sockets, one call for one connection.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

CUT = 0  # ended without a word
PATIENCE_S = 20.0
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """A live address of a running server."""

    port: int
    path: str
    origin: str

    def upgrade(self) -> bytes:
        """The head of an upgrade that the server agrees to."""
        host = self.origin.partition("//")[2]
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {self.origin}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            f"Sec-WebSocket-Key: {'A' * 22}==\r\n\r\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class Attack:
    """`send` gets an open socket and its upgrade; `code` is what the server must say at the end."""

    name: str
    send: Callable[[socket.socket, bytes], None]
    code: int


def frame(payload: bytes, first: int = 0x81, masked: bool = True) -> bytes:
    """A client's frame, as wrong as `first` makes it; its mask is zero."""
    size, mask = len(payload), 0x80 * masked
    if size < 126:
        head = bytes((first, mask | size))
    elif size < 65_536:
        head = struct.pack("!BBH", first, mask | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask | 127, size)
    return head + bytes(4 * masked) + payload


def _bomb() -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(bytes(12 * MEGABYTE)) + squeezer.flush()


def _opened(wire: socket.socket, upgrade: bytes) -> None:
    wire.sendall(upgrade)
    head = b""
    while b"\r\n\r\n" not in head:
        got = wire.recv(1)
        if not got:
            raise ConnectionError("no upgrade")
        head += got
    if not head.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(head.decode("latin-1"))


def _says(*chunks: bytes) -> Callable[[socket.socket, bytes], None]:
    """All at once, so that a flood costs who sends it as little as can be."""
    whole = b"".join(chunks)

    def send(wire: socket.socket, upgrade: bytes) -> None:
        _opened(wire, upgrade)
        wire.sendall(whole)

    return send


def _text(words: str) -> Callable[[socket.socket, bytes], None]:
    return _says(frame(words.encode()))


def _slowly(wire: socket.socket, upgrade: bytes) -> None:
    """A byte at a time, for as long as it is let; nothing is ever whole."""
    for at in range(len(upgrade) - 1):
        wire.sendall(upgrade[at : at + 1])
        time.sleep(0.1)


def _half(wire: socket.socket, upgrade: bytes) -> None:
    wire.sendall(upgrade[: len(upgrade) // 2])


def _drip(wire: socket.socket, upgrade: bytes) -> None:
    """An upgrade, and then a first message that never ends."""
    _opened(wire, upgrade)
    wire.sendall(frame(bytes(1000))[:20])


DEEP = '{"t":"hello","ticket":' + "[" * 7000 + "]" * 7000 + ',"d":"a"}'
ATTACKS = (
    Attack("deflate bomb", _says(frame(_bomb(), 0xC1)), 1002),
    Attack("text of 16 MB", _says(frame(bytes(16 * MEGABYTE))), 1009),
    Attack("20,000 empty fragments", _says(frame(b"", 0x01), *[frame(b"", 0x00)] * 19_999), 4429),
    Attack("5,000 pings", _says(frame(b"", 0x89) * 5000), 4429),
    Attack("unmasked frame", _says(frame(b"{}", masked=False)), 1002),
    Attack("reserved opcode", _says(frame(b"{}", 0x83)), 1002),
    Attack("reserved bit", _says(frame(b"{}", 0xA1)), 1002),
    Attack("ping of 126 bytes", _says(frame(bytes(126), 0x89)), 1002),
    Attack("binary frame", _says(frame(b"{}", 0x82)), 1003),
    Attack("bad UTF-8", _says(frame(b"\xff\xfe")), 1007),
    Attack("surrogate in UTF-8", _says(frame(b'{"t":"\xed\xa0\x80"}')), 1007),
    Attack("lone surrogate", _text('{"t":"hello","ticket":"\\ud800","d":"a"}'), 4400),
    Attack("deep JSON", _text(DEEP), 4400),
    Attack("NaN", _text('{"t":"vote","n":NaN,"on":true,"c":1,"r":1}'), 4400),
    Attack("no JSON", _text("x" * 16_000), 4400),
    Attack("half an upgrade", _half, CUT),
    Attack("upgrade a byte at a time", _slowly, CUT),
    Attack("no hello", _drip, 4408),
)


def closed(heard: bytes) -> int | None:
    """The code of the close frame among whole frames of a server, if it is there yet."""
    at = 0
    while len(heard) >= at + 4:
        size, start = heard[at + 1], at + 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(heard[at + 2 : start])
        if heard[at] == 0x88 and len(heard) >= start + size:
            return int.from_bytes(heard[start : start + 2])
        at = start + size
    return None


def ended(wire: socket.socket) -> int:
    """The close code that comes, CUT where the connection ends without one. TimeoutError if neither."""
    heard, until = b"", time.monotonic() + PATIENCE_S
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < until:
            got = wire.recv(65_536)
            heard += got
            if (code := closed(heard)) is not None or not got:
                return code or CUT
        raise TimeoutError("the connection does not end")
    return CUT


def carry_out(attack: Attack, target: Target) -> int:
    """Do it once on a connection of its own: how the server ended that."""
    with socket.create_connection(("127.0.0.1", target.port), timeout=PATIENCE_S) as wire:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            attack.send(wire, target.upgrade())
        return ended(wire)
