"""The protocol of one socket: a parser of its own while there is something to parse, none in between.

A parser is 2 KB, and after the handshake nearly no socket ever needs it: small messages are read
without (`frames.short_texts`).
"""

from __future__ import annotations

from collections.abc import Iterator

from websockets.protocol import Protocol as Wire
from websockets.protocol import Side, State

# Kept by name: to read a member from its enum takes 0.1 us (Python 3.11), and each vote asks six times.
OPEN = State.OPEN
CONNECTING = State.CONNECTING
HEAD_END = b"\r\n\r\n"
PIECE_BYTES = 1_024  # holds 170 frames at most: so many are read before a flood is seen to be one
PING = b"\x89\x00"
PONG = b"\x8a\x80"  # empty and masked, as a client answers our ping


class Idle:
    """An open connection between two messages, the same for all."""

    state = OPEN


IDLE = Idle()


def fresh(frame_bytes: int) -> Wire:
    """A parser for what comes next on an open connection."""
    return Wire(Side.SERVER, state=OPEN, max_size=frame_bytes)


def let_go(wire: Wire | Idle) -> None:
    """Take a parser apart that nobody needs any more. It stands in a circle with its own generator, and
    circles are swept rarely (server/serve.py): a thousand visitors would leave megabytes until then."""
    if not isinstance(wire, Idle):
        wire.parser.close()
        wire.parser_exc = wire.handshake_exc = None


def is_pong(chunk: bytes) -> bool:
    """Exactly one whole, masked, empty pong."""
    return len(chunk) == 6 and chunk.startswith(PONG)


def pieces(chunk: bytes, head: bool) -> Iterator[bytes]:
    """What came, in parts of a few frames; where a request is due its head is a part of its own."""
    at = chunk.find(HEAD_END) + len(HEAD_END) if head and HEAD_END in chunk else 0
    if at:
        yield chunk[:at]
    for start in range(at, len(chunk), PIECE_BYTES):
        yield chunk[start : start + PIECE_BYTES]
