"""How each refusal is told: one table to an HTTP status; the wire code is the refusal's own word."""

from __future__ import annotations

from types import MappingProxyType

from server.domain.refusals import Refusal

HTTP_STATUS = MappingProxyType(
    {
        Refusal.UNKNOWN: 404,
        Refusal.FORBIDDEN: 403,
        Refusal.SIGNED_OUT: 401,
        Refusal.BAD_INPUT: 400,
        Refusal.EMPTY: 400,
        Refusal.TOO_LONG: 400,
        Refusal.TOO_SHORT: 400,
        Refusal.BAD_TEXT: 400,
        Refusal.CLOSED: 409,
        Refusal.OWN_QUESTION: 409,
        Refusal.NOT_LISTED: 409,
        Refusal.STALE: 409,
        Refusal.CONTENDED: 409,
        Refusal.ILLEGAL: 409,
        Refusal.USED: 410,
        Refusal.EXPIRED: 410,
        Refusal.TOO_FAST: 429,
        Refusal.BUSY: 503,
        Refusal.NOT_SAVED: 503,
        Refusal.TOO_LARGE: 413,
        Refusal.WRONG_TYPE: 415,
        Refusal.CONFLICT: 409,
        Refusal.REASON_UNKNOWN: 400,
        Refusal.TARGET_NEEDED: 400,
    }
)


def http_status(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return HTTP_STATUS[refusal]
