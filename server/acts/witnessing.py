"""How a log is witnessed, as the feeder wrote it down, for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ALARMS = frozenset({"ahead", "fork"})


@dataclass(frozen=True, slots=True)
class Witnessing:
    """The newest head that a quorum cosigned (`size` 0: none yet), when, by how many of how many, and
    which witnesses say that they saw another history."""

    size: int
    at: int
    count: int
    of: int
    alarms: tuple[str, ...]
    anchored: bool = False

    def value(self, now_ms: int) -> dict[str, Any]:
        """For a template; `ago_ms` never below zero, whosever clock is ahead."""
        return {
            "size": self.size,
            "count": self.count,
            "of": self.of,
            "ago_ms": max(0, now_ms - self.at * 1000),
            "alarms": list(self.alarms),
            "anchored": self.anchored,
        }


def witnessing(data: bytes) -> Witnessing:
    """What a file of the feeder's making says."""
    told = json.loads(data)
    alarms = tuple(name for name, trouble in told["troubles"].items() if trouble in ALARMS)
    return Witnessing(told["size"], told["at"], len(told["by"]), told["of"], alarms)


def through_anchor(witnesses: bytes, anchored: bytes) -> Witnessing:
    """How a log is witnessed whose head is a leaf of the witnessed anchor log: what they signed of the
    anchor they signed of its leaves."""
    of_anchor, told = witnessing(witnesses), json.loads(anchored)
    reached = of_anchor.size > told["index"]
    size, count = (told["size"], of_anchor.count) if reached else (0, 0)
    return Witnessing(size, of_anchor.at, count, of_anchor.of, of_anchor.alarms, anchored=True)
