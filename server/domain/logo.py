"""A logo is a small picture, told by its bytes and not by its name: PNG, JPEG or WebP, nothing that runs."""

from __future__ import annotations

import hashlib
import re
import struct

from server.domain.refusals import Refusal, Refused, Sentence

MAX_BYTES = 262_144
MAX_SIDE = 4_096
TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME = re.compile(r"[0-9a-f]{32}\.(?:png|jpg|webp)")

# Start-of-frame markers that carry a size; C4, C8 and CC are tables, not frames.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def name_of(raw: bytes) -> str:
    """The logo's name: its hash and kind. Refused in words for anything that is not a small picture."""
    if not raw:
        raise _bad("the file is empty.")
    if len(raw) > MAX_BYTES:
        raise Refused(
            Refusal.TOO_LARGE, "has at most {kib} KiB.", field="logo", kib=MAX_BYTES // 1024
        )
    for kind, size in (("png", _png(raw)), ("jpg", _jpeg(raw)), ("webp", _webp(raw))):
        if size is not None:
            if not all(1 <= side <= MAX_SIDE for side in size):
                raise _bad("has at most {side} by {side} pixels.", side=MAX_SIDE)
            return f"{hashlib.sha256(raw).hexdigest()[:32]}.{kind}"
    raise _bad("must be a PNG, JPEG or WebP picture.")


def _bad(english: str, **values: object) -> Refused:
    return Refused(Refusal.BAD_INPUT, Sentence(english, values), field="logo")


def _png(raw: bytes) -> tuple[int, int] | None:
    if len(raw) < 33 or raw[:8] != b"\x89PNG\r\n\x1a\n" or raw[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", raw[16:24])
    return width, height


def _jpeg(raw: bytes) -> tuple[int, int] | None:
    if raw[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        # A filling byte stands alone; every other segment up to the frame tells its length.
        at += 1 if marker == 0xFF else 2 + struct.unpack(">H", raw[at + 2 : at + 4])[0]
    return None


def _webp(raw: bytes) -> tuple[int, int] | None:
    if len(raw) < 30 or raw[:4] != b"RIFF" or raw[8:12] != b"WEBP":
        return None
    if raw[12:16] == b"VP8 " and raw[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", raw[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if raw[12:16] == b"VP8L" and raw[20] == 0x2F:
        bits = struct.unpack("<I", raw[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if raw[12:16] == b"VP8X":
        width = int.from_bytes(raw[24:27], "little") + 1
        return width, int.from_bytes(raw[27:30], "little") + 1
    return None
