"""Refusals: the rules said no to an act. Shown to the actor, counted, never logged as an error.

    Refused                  one exception; its `refusal` is the closed code, `detail` the sentence
      .refusal               what protocol/answers.py maps to an HTTP status and a wire code
      .retry_in              seconds, where waiting helps

Everything that is not a `Refused` is a fault: it climbs to the task group and is logged once.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Wire format: add, never rename."""

    UNKNOWN = "unknown"
    FORBIDDEN = "forbidden"
    SIGNED_OUT = "signed_out"
    BAD_INPUT = "bad_input"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    BAD_TEXT = "bad_text"
    CLOSED = "closed"
    OWN_QUESTION = "own_question"
    NOT_LISTED = "not_listed"
    STALE = "stale"
    CONTENDED = "contended"
    ILLEGAL = "illegal"
    USED = "used"
    EXPIRED = "expired"
    TOO_FAST = "too_fast"
    BUSY = "busy"
    NOT_SAVED = "not_saved"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    CONFLICT = "conflict"
    REASON_UNKNOWN = "reason_unknown"
    TARGET_NEEDED = "target_needed"


class Refused(Exception):
    """The rules said no. Nothing has changed. `retry_in` is seconds, or None if waiting is no help."""

    def __init__(self, refusal: Refusal, detail: str, retry_in: float | None = None) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail
        self.retry_in = retry_in
