"""What an asker's browser makes for a question: the salt of its commitment and two hash-locks.

A lock is the SHA-256 of a secret that never leaves the browser. Withdrawing and appealing show the
secret, so that nobody else can do either in the asker's name, whoever runs the server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from server.domain.refusals import Refusal, Refused

_HEX = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z0-9_-]{22}")


class Lock(StrEnum):
    """Log format (`hl`): add, never rename."""

    WITHDRAW = "w"
    APPEAL = "a"


@dataclass(frozen=True, slots=True)
class Seal:
    """As it was sent: 64 hex digits each, '' where the browser made none (the weaker class)."""

    salt: str = ""
    withdraw: str = ""
    appeal: str = ""

    @property
    def locked(self) -> bool:
        """True where the question can be withdrawn and appealed by its secrets alone."""
        return bool(self.withdraw)


UNSEALED = Seal()


def sealed(salt: str | None, withdraw: str | None, appeal: str | None) -> Seal:
    """The seal in what was sent; refused BAD_INPUT where a part is malformed or one lock alone."""
    made = Seal(salt or "", withdraw or "", appeal or "")
    for name, value in (("salt", made.salt), ("hl.w", made.withdraw), ("hl.a", made.appeal)):
        if value and not _HEX.fullmatch(value):
            raise Refused(Refusal.BAD_INPUT, "must be 64 lower-case hex digits.", field=name)
    if bool(made.withdraw) is not bool(made.appeal):
        raise Refused(Refusal.BAD_INPUT, "needs both w and a.", field="hl")
    return made


def fits(lock: str, secret: str) -> bool:
    """True when `secret` (64 hex digits) is what the lock was made of."""
    if not lock or not _HEX.fullmatch(secret):
        return False
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest() == lock


def secret_in(typed: str, lock: Lock) -> str:
    """The secret that was typed, or that of a typed receipt's code (docs/log.md, "Receipts"): without
    a script nobody but the server can derive it."""
    typed = typed.strip()
    if not _CODE.fullmatch(typed):
        return typed
    said = {Lock.WITHDRAW: b"openfloor withdraw", Lock.APPEAL: b"openfloor appeal"}[lock]
    return hmac.digest(base64.urlsafe_b64decode(typed + "=="), said, "sha256").hex()
