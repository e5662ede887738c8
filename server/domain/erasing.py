"""On which ground a text may be erased, and what stands in its place."""

from __future__ import annotations

from enum import StrEnum


class Basis(StrEnum):
    """Log format: add, never rename."""

    AUTHOR = "author"
    LAW = "law"
    COURT = "court"
    RETENTION = "retention"


# An organiser names one of these; the asker needs none but the wish.
NAMED = (Basis.LAW, Basis.COURT, Basis.RETENTION)


def stands_for(basis: str) -> str:
    """What boards, desk and stage show in the place of an erased text, in every language."""
    return f"[erased: {basis}]"


# The same for a text that the store lost, where the log knows the question still.
LOST_TEXT = "[text lost]"
