"""Reasons to screen a question out: a closed public list, data of the meeting, hashed into its log."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from server.domain.refusals import Refusal, Refused

NOTE_MAX_CHARS = 500
ANSWER_MAX_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Reason:
    """One public reason: `code` never changes its meaning, `sentence` is what the public reads."""

    code: str
    sentence: str
    withholds: bool = False
    needs_target: bool = False


STARTING_REASONS = (
    Reason("duplicate", "It asks what another question asks already.", needs_target=True),
    Reason("off-topic", "It is not about this meeting or this company's work."),
    Reason("not-a-question", "It does not ask anything."),
    Reason("unclear", "We could not tell what is being asked."),
    Reason("already-answered", "It was answered already; see the link.", needs_target=True),
    Reason("other-channel", "Another channel can answer it; the note says which."),
    Reason("personal-data", "It holds personal data, so its text is withheld.", withholds=True),
    Reason("names-individual", "It is about a named person; text withheld.", withholds=True),
    Reason("confidential", "It holds confidential facts; text withheld.", withholds=True),
    Reason("legal-proceeding", "It touches a running legal case; text withheld.", withholds=True),
    Reason("abusive", "It attacks people; text withheld.", withholds=True),
    Reason("spam", "It advertises or floods; text withheld.", withholds=True),
)


# Why the stage passed a question over. Log format: add, never rename.
SKIP_REASONS = MappingProxyType(
    {
        "no-time": "There was no time left for it.",
        "asked-already": "Another question on stage asked the same.",
        "nobody-to-answer": "Nobody who could answer it was on stage.",
        "later": "It comes later in the meeting.",
    }
)


def skip_reason(code: str) -> str:
    """`code` itself when the stage may give it; refused otherwise."""
    if code not in SKIP_REASONS:
        raise Refused(
            Refusal.REASON_UNKNOWN, "“{code}” is not a reason to skip a question.", code=code
        )
    return code


def reason_for(reasons: tuple[Reason, ...], code: str, target: int | None) -> Reason:
    """The meeting's reason with this code; refused when unknown, or when a target is missing."""
    for reason in reasons:
        if reason.code == code:
            if reason.needs_target and target is None:
                raise Refused(
                    Refusal.TARGET_NEEDED, "“{code}” must name another question.", code=code
                )
            return reason
    raise Refused(
        Refusal.REASON_UNKNOWN, "“{code}” is not on this meeting's list of reasons.", code=code
    )
