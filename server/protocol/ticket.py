"""Tickets: thirty seconds of proof that a sign-in was checked, readable without the store."""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec

from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role

LIFETIME_MS = 30_000


class TicketClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who opens a socket. `sign_in_hash` lets a later sign-out end it, `until` its absolute end (0 for
    none): no socket outlives the sign-in under which it was opened. `lang` is what refusals are said in."""

    meeting: str
    role: Role
    voter: int | None
    label: str | None
    sign_in_hash: str
    expires: int
    until: int = 0
    lang: str = "en"


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"ticket|" + body, "sha256")


def sign(secret: bytes, claims: TicketClaims) -> str:
    """The claims and their MAC as one URL-safe word."""
    body = msgspec.json.encode(claims)
    return base64.urlsafe_b64encode(_mac(secret, body) + body).decode()


def verify(secret: bytes, ticket: str, now: int) -> TicketClaims:
    """The claims of an authentic, living ticket; refused SIGNED_OUT otherwise."""
    try:
        raw = base64.urlsafe_b64decode(ticket.encode("ascii"))
        mac, body = raw[:32], raw[32:]
        if not hmac.compare_digest(mac, _mac(secret, body)):
            raise ValueError("forged")
        claims = msgspec.json.decode(body, type=TicketClaims)
    except (ValueError, binascii.Error, UnicodeError, msgspec.DecodeError):
        raise Refused(Refusal.SIGNED_OUT, "This ticket is not valid. Reload the page.") from None
    if claims.expires < now:
        raise Refused(Refusal.EXPIRED, "This ticket has expired. Reload the page.")
    return claims
