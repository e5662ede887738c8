"""Rules that decide by themselves: each is named in the log by the hash of what it says."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from types import MappingProxyType


class Rule(StrEnum):
    """Interface format: add, never rename."""

    AFTER_DISPLAY = "after-display"
    CLOSING = "closing"
    HEAD_WITHDRAWN = "head-withdrawn"
    WINDOWS = "windows"


SAYS = MappingProxyType(
    {
        Rule.AFTER_DISPLAY: "In this meeting each question is listed when it arrives.",
        Rule.CLOSING: "When a meeting closes, the question on air returns, appeals that nobody"
        " judged are upheld, and every open question ends as not reached or not reviewed.",
        Rule.HEAD_WITHDRAWN: "When a question is withdrawn, those merged into it stand alone again.",
        Rule.WINDOWS: "Asking and voting open and close at the times that were set.",
    }
)


def name(rule: Rule) -> str:
    """The rule as `by` in the log: `rule:` and the first 8 hex digits of SHA-256 of what it says."""
    return "rule:" + hashlib.sha256(SAYS[rule].encode()).hexdigest()[:8]


BY_NAME = MappingProxyType({name(rule): rule for rule in Rule})
