"""An export: a file of the public record that an organiser asked for, and how far it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KEPT = 6  # of one meeting; the oldest that is done makes room
UNFINISHED = 2  # of one meeting at once
LASTS_MS = 48 * 3_600_000  # from ready on
ATTEMPTS = 3  # by itself, where the trouble was a store's


class Kind(StrEnum):
    """Interface and store format: add, never rename."""

    CSV = "csv"
    JSON = "json"
    ZIP = "zip"


class Stage(StrEnum):
    """How far an export is. Store format: add, never rename. EXPIRED and OUTDATED are told, not stored."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    OUTDATED = "outdated"


UNDONE = frozenset({Stage.QUEUED, Stage.RUNNING})
REPEATABLE = frozenset({Stage.FAILED, Stage.EXPIRED, Stage.OUTDATED})


@dataclass(frozen=True, slots=True)
class Export:
    """`attempt` grows with each new try; `percent` is of RUNNING; `error` the kind of a failure;
    `place` where the desk's log ended when reading began; size and sha256 are the file's."""

    id: str
    kind: Kind
    by: str
    at: int
    stage: Stage = Stage.QUEUED
    attempt: int = 1
    percent: int = 0
    error: str = ""
    place: str = ""
    size: int = 0
    sha256: str = ""
    ready_at: int = 0

    def job(self, meeting: str) -> str:
        """The id of the job of this attempt: the same from whoever puts it on the queue."""
        return f"export-{meeting}-{self.id}-{self.attempt}"

    def until(self) -> int:
        """When a ready one's file goes (epoch ms)."""
        return self.ready_at + LASTS_MS

    def standing(self, now: int) -> Stage:
        """The stage as it is now."""
        if self.stage is Stage.READY and now >= self.until():
            return Stage.EXPIRED
        return self.stage
