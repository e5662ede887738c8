"""The protocol of one socket: a parser of its own while there is something to parse, none in between.

A parser is 2 KB, and after the handshake nearly no socket ever needs it: small messages are read
without (`frames.short_texts`).
"""

from __future__ import annotations

from websockets.protocol import Protocol as Wire
from websockets.protocol import Side, State

# Kept by name: to read a member from its enum takes 0.1 us (Python 3.11), and each vote asks six times.
OPEN = State.OPEN
PING = b"\x89\x00"
PONG = b"\x8a\x80"  # empty and masked, as a client answers our ping


class Idle:
    """An open connection between two messages, the same for all."""

    state = OPEN


IDLE = Idle()


def fresh(frame_bytes: int) -> Wire:
    """A parser for what comes next on an open connection."""
    return Wire(Side.SERVER, state=OPEN, max_size=frame_bytes)


def is_pong(chunk: bytes) -> bool:
    """Exactly one whole, masked, empty pong."""
    return len(chunk) == 6 and chunk.startswith(PONG)
