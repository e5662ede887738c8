"""The record as plain values and CSV lines: public ones only, the same on pages and in files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from server.acts.public_record import Case, Clocks, Mark, per_reason
from server.audit.record_files import cell
from server.domain.meeting import Meeting
from server.domain.public_acts import Entry
from server.domain.public_time import is_day
from server.domain.question import State
from server.domain.roles import spoken as spoken_by
from server.domain.screening import SKIP_REASONS

CSV_COLUMNS = (
    "number",
    "state",
    "text",
    "length",
    "act",
    "at",
    "by",
    "reason",
    "reason_sentence",
    "note",
    "other",
    "votes",
    "rules",
)
BOM = b"\xef\xbb\xbf"  # without it spreadsheets take UTF-8 for their country's old encoding


def machine_time(at: int) -> str:
    """A public time in ISO 8601; a date alone where only the day is public."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d}" if is_day(at) else moment.isoformat(timespec="seconds")


def entry_value(entry: Entry, *, spoken: bool = False) -> dict[str, Any]:
    """One act; `spoken` for machines: who decided in words, the time in ISO 8601."""
    return {
        "act": entry.act,
        "at": machine_time(entry.at) if spoken else entry.at,
        "by": str(spoken_by(entry.by)) if spoken else entry.by,
        "reason": entry.reason,
        "reason_sentence": entry.sentence or None,
        "withheld": entry.withheld,
        "note": entry.text or None,
        "other": entry.other,
        "votes": entry.votes,
        "rank": entry.rank,
        "how": entry.how or None,
        "stream_s": entry.stream_s,
        "passed": [
            {"number": n, "reason": reason or None, "sentence": SKIP_REASONS.get(reason)}
            for n, reason in entry.passed
        ],
        "rules": entry.rules,
    }


def case_value(case: Case, *, spoken: bool = False) -> dict[str, Any]:
    """One question of the record. Acts before its first screening stand on its own page."""
    acts = [entry_value(entry, spoken=spoken) for entry in case.entries]
    first = next((at for at, act in enumerate(acts) if act["act"] == "screened_out"), 0)
    return {
        "number": case.number,
        "state": case.state.value,
        "text": case.text,
        "gone": case.gone,
        "length": case.length,
        "lang": case.lang,
        "dir": case.dir,
        "by": case.by,
        "out": case.state is State.SCREENED_OUT,
        "reason": case.reason if case.state is State.SCREENED_OUT else None,
        "entries": acts[first:],
    }


def case_rows(case: dict[str, Any]) -> list[list[object]]:
    """The lines of one question: each act with what the question is now."""
    return [
        [act[name] if name in act else case[name] for name in CSV_COLUMNS]
        for act in case["entries"]
    ]


def record_head(meeting: Meeting, marks: Sequence[Mark], clocks: Clocks) -> dict[str, object]:
    """What stands above the cases in screened-out.json."""
    return {
        "meeting": meeting.slug,
        "total": len(marks),
        "reasons": per_reason(marks),
        "waiting": clocks.waiting,
        "oldest": None if clocks.oldest is None else machine_time(clocks.oldest),
        "median_ms": clocks.median_ms,
    }


class JsonList:
    """A JSON object as bytes, piece by piece, whose last field is a list of any length."""

    def __init__(self) -> None:
        self._before = ""

    def begin(self, head: Mapping[str, object], name: str) -> bytes:
        """All fields but the last, which has this name."""
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{name}": ['.encode()

    def add(self, value: Mapping[str, object]) -> bytes:
        """One more of the list, on a line of its own."""
        told = f"{self._before}\n{json.dumps(value, ensure_ascii=False)}"
        self._before = ","
        return told.encode()

    def end(self) -> bytes:
        """The end of both."""
        return b"\n]}\n"


def csv_lines(rows: Sequence[Sequence[object]]) -> bytes:
    """Lines of CSV (RFC 4180): every cell quoted, none that a spreadsheet would run as a formula."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([[cell(c) for c in row] for row in rows])
    return out.getvalue().encode()
