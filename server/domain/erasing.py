"""On which ground a text may be erased, and why one is not there any more."""

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


class Gone(StrEnum):
    """Why a question has no words any more: every page says it in its reader's language."""

    ERASED = "erased"
    LOST = "lost"  # by the store, where the log knows the question still
