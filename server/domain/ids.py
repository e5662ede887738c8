"""Identifiers: their shapes, and how random bytes become one. Pure: randomness comes in as bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from server.domain.refusals import Refusal, Refused

ID = re.compile(r"[A-Za-z0-9_-]{22}")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
# Crockford's base32: no I, L, O, U, so that a code survives being read aloud.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def from_bytes(raw: bytes) -> str:
    """Base64url without padding: 16 bytes give the 22 characters of an id, 32 give a token."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def checked(value: str) -> str:
    """`value` itself when it has the shape of an id; refused as unknown otherwise.

    The last character of 16 bytes in base64url carries 2 bits, so only A, Q, g and w may end an id:
    two spellings of the same bytes must not become two questions.
    """
    if not ID.fullmatch(value) or value[-1] not in "AQgw":
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    return value


def code_from(raw: bytes, length: int = 8) -> str:
    """A join code of `length` Crockford characters (5 bits each) from random bytes."""
    number = int.from_bytes(raw, "big")
    return "".join(CROCKFORD[(number >> (5 * at)) & 31] for at in range(length))


def normal_code(typed: str) -> str:
    """A typed code as it is stored: upper case, no blanks or dashes, O as 0, I and L as 1."""
    kept = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def digest(token: str) -> str:
    """What the store keeps instead of a bearer token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def slug_from(title: str, suffix: str) -> str:
    """A readable address: ASCII words of the title, cut at 32 characters, then `-suffix`."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:32].strip("-")
    return f"{words or 'meeting'}-{suffix.lower()}"


def fate_capability(secret: bytes, meeting: str, q: str) -> str:
    """The random-looking address of one question's fate page; the same for a repeated submission."""
    message = f"fate|{meeting}|{q}".encode()
    return from_bytes(hmac.digest(secret, message, "sha256")[:16])
