"""One text frame as bytes, built once however many read it (RFC 6455 section 5.2)."""

from __future__ import annotations

import struct

TEXT = 0x81  # FIN and opcode 1; a server's frames carry no mask


def text_frame(payload: bytes) -> bytes:
    """Header and payload of an unmasked, unfragmented text frame."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", TEXT, 126, size) + payload
    return struct.pack("!BBQ", TEXT, 127, size) + payload
