"""What the record commits to: openings, commitments, intents (docs/log.md).

An intent is the canonical JSON (RFC 8785) of one act, made by the function's caller and appended to
the intake in the same commit. The log's keeper adds the time and index; text never enters it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TypeAlias

import rfc8785

SALT_BYTES = 32
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


def canonical(value: Mapping[str, Json]) -> bytes:
    """RFC 8785 bytes of `value`; ValueError for a lone surrogate or an integer above 2^53-1."""
    try:
        return rfc8785.dumps(dict(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def opening(meeting: str, q: str, text: str, lang: str, name: str | None) -> bytes:
    """The bytes that a question's commitment stands for; bound to its meeting and id (no replay)."""
    return canonical({"as": name, "lang": lang, "meeting": meeting, "q": q, "text": text, "v": 1})


def commitment(salt: bytes, opened: bytes) -> str:
    """Lower-case hex of HMAC-SHA256(salt, opened). The key is exactly 32 bytes: HMAC pads shorter
    ones with zeros, so two salts could stand for one."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hmac.digest(salt, opened, "sha256").hex()


def sha256_hex(data: bytes) -> str:
    """Lower-case hex of SHA-256."""
    return hashlib.sha256(data).hexdigest()


def intent(kind: str, **fields: Json) -> str:
    """One act as the intake keeps it: canonical JSON text with `v` 1 and `t` the leaf's type."""
    return canonical({"v": 1, "t": kind, **fields}).decode()
