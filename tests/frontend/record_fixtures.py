"""Values of the public record and of a question's history, for every template that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.frontend.own_fixtures import LOG

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordValues:
    """The record page's context with its two cases, and a question's with a live and a withheld row."""

    ledger: Value
    shown: Value
    withheld: Value
    one: Value
    alone: Value
    stub: Value


def _act(now: int, name: str, **more: Any) -> dict[str, Any]:
    """One act of a question's public history."""
    blank = dict.fromkeys("reason reason_sentence note other votes rank how stream_s".split())
    return {
        "act": name,
        "at": now,
        "by": "asker",
        "withheld": False,
        "rules": 1,
        "passed": [],
        **blank,
        **more,
    }


def record_values(meeting: Value, rows: list[Value], now: int) -> RecordValues:
    """The record of a meeting, small and full."""
    screened = _act(now, "screened_out", by="mod:2", reason="off-topic", votes=3, note="Asked HR.",
                   reason_sentence="It is not about this meeting.")  # fmt: skip
    withheld = {
        "number": 52, "text": None, "lang": "en", "dir": "ltr", "length": 140, "out": True, "by": None,
        "gone": None,
        "state": "screened_out", "reason": "personal-data",
        "entries": [_act(now, "screened_out", reason="personal-data", by="mod:1", withheld=True)],
    }  # fmt: skip
    shown = {**withheld, "number": 41, "text": "Can we have better coffee?", "state": "listed",
             "out": False, "length": 26,
             "entries": [screened, _act(now, "appealed", note="It is about work."),
                         _act(now, "overturned", by="mod:4", at=now - now % 86_400_000)]}  # fmt: skip
    ledger = {
        "meeting": meeting, "out": 2, "asked": 412, "reason": "", "search": "", "query": "", "found": 2,
        "size": 812, "behind": now - 60_000, "log": "a" * 26,
        "clocks": {"waiting": 4, "oldest": now - 900_000, "decided": 30, "median_ms": 540_000,
                   "by_day": False},
        "reasons": [{"code": "off-topic", "sentence": "Not this.", "count": 1},
                    {"code": "reversed", "sentence": "", "count": 1}],
        "earlier": 41, "later": 52,
        "witnesses": {"size": 212, "count": 2, "of": 3, "ago_ms": 14_200, "alarms": ["press"],
                      "anchored": True},
        "watched": LOG,
        "continues": {"origin": "qa.example/log/a", "size": 40, "slug": "spring", "title": "Spring"},
    }  # fmt: skip
    alone = {**rows[0], "wording": "", "length": 0, "askers": 1, "head": None}
    passed = [{"number": 3, "reason": "no-time", "sentence": "There was no time left for it."},
              {"number": 9, "reason": "no-time", "sentence": None}]  # fmt: skip
    history = [_act(now, "received", by="asker"), _act(now, "picked", by="host:1", rank=7, passed=passed),
               _act(now, "joined", by="mod:1", other=44),
               _act(now, "answered", by="host:1", stream_s=95, note="https://a.test")]  # fmt: skip
    one = {"meeting": meeting, "row": alone, "can_vote": True, "entries": history, "log": LOG,
           "members": [{**rows[2], "wording": ""}]}  # fmt: skip
    stub = {**alone, "text": None, "length": 140, "state": "screened_out"}
    return RecordValues(ledger, shown, withheld, one, alone, stub)


def erasing(meeting: Value, row: Value) -> Value:
    """The organiser's page on which one question's words are erased."""
    shown = {**row, "revision": 3, "erased": "", "rewritten": True}
    bases = ["law", "court", "retention"]
    told = {"missing": False, "error": None, "bases": bases, "done": None}
    return {"meeting": meeting, "row": shown, **told}
