"""Text frames as bytes (RFC 6455 section 5.2): one built for however many read it, short ones read
without a parser's detours."""

from __future__ import annotations

import struct

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled part
    from websockets.utils import apply_mask

SHORT_BYTES = 4_096  # more at once is no conversation, and read with more care
TEXT = 0x81  # FIN and opcode 1; a server's frames carry no mask


def text_frame(payload: bytes) -> bytes:
    """Header and payload of an unmasked, unfragmented text frame."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", TEXT, 126, size) + payload
    return struct.pack("!BBQ", TEXT, 127, size) + payload


def short_texts(chunk: bytes) -> list[bytes] | None:
    """The payloads when `chunk` is exactly a few whole, masked text frames of less than 126 bytes each."""
    if len(chunk) > SHORT_BYTES:
        return None
    payloads, at, end = [], 0, len(chunk)
    while end - at >= 6 and chunk[at] == TEXT and 0x80 <= chunk[at + 1] < 0x80 + 126:
        first, at = at + 6, at + 6 + (chunk[at + 1] & 0x7F)
        payloads.append(apply_mask(chunk[first:at], chunk[first - 4 : first]))
    return payloads if payloads and at == end else None


def payload_of(frame: bytes) -> bytes:
    """What a frame of `text_frame` carries."""
    size = frame[1]
    return frame[2 if size < 126 else 4 if size == 126 else 10 :]


def client_frame_bytes(payload: int) -> int:
    """How long a client's frame with so much payload is on the wire, in its shortest form."""
    return payload + (6 if payload < 126 else 8 if payload < 65_536 else 14)
