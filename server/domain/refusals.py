"""Refusals: the rules said no to an act. Shown to the actor, counted, never logged as an error.

    Refused                  one exception; its `refusal` is the closed code
      .refusal               what protocol/answers.py maps to an HTTP status and a wire code
      .sentence              what the actor is told; catalogue.py says it in other languages
      .field                 the name of what was filled in wrongly, where it is one thing
      .retry_in              seconds, where waiting helps

Everything that is not a `Refused` is a fault: it climbs to the task group and is logged once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Sentence:
    """English words with {gaps} and what fills them, which may be a Sentence itself.

    `key` names it in the catalogue; without one its English finds it there.
    """

    english: str
    values: Mapping[str, object] = field(default_factory=dict)
    key: str = ""

    def __str__(self) -> str:
        return self.english.format(**self.values)


class Refused(Exception):
    """The rules said no. Nothing has changed. `retry_in` is seconds, or None if waiting is no help.

    `english` has a {gap} for each of `values`; it stands in the catalogue as `refused.…`.
    """

    def __init__(
        self,
        refusal: Refusal,
        english: str | Sentence,
        retry_in: float | None = None,
        field: str = "",
        **values: object,
    ) -> None:
        self.refusal = refusal
        self.sentence = Sentence(english, values) if isinstance(english, str) else english
        self.field = field
        self.retry_in = retry_in
        super().__init__(f"{field}: {self.sentence}" if field else str(self.sentence))
