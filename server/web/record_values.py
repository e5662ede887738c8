"""What the record and the question pages tell of a question: plain values, public ones only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from server.acts.public_history import Entry
from server.acts.public_record import Case
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
LINK = re.compile(r"https://[^\s<>\"'\\^`{|}]{1,500}")
TRAILING = ".,;:!?)]…\u201d\u2019"


def machine_time(at: int) -> str:
    """A public time in ISO 8601; a date alone where only the day is public."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d}" if is_day(at) else moment.isoformat(timespec="seconds")


def pieces(text: str) -> list[dict[str, str]]:
    """A text in runs of words and https addresses: templates make links of the latter, escaped.

    Only what parses as https with a plain host becomes a link; anything else stays words.
    """
    found, at = [], 0
    for match in LINK.finditer(text):
        address = match[0].rstrip(TRAILING)
        try:
            split = urlsplit(address)
        except ValueError:
            continue
        if not split.hostname or split.username is not None:
            continue
        found += [{"text": text[at : match.start()], "href": ""}]
        found += [{"text": address, "href": address}]
        at = match.start() + len(address)
    return [piece for piece in [*found, {"text": text[at:], "href": ""}] if piece["text"]]


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
    question = case.question
    acts = [entry_value(entry, spoken=spoken) for entry in case.entries]
    first = next((at for at, act in enumerate(acts) if act["act"] == "screened_out"), 0)
    return {
        "number": question.number,
        "state": question.state.value,
        "text": case.text,
        "length": len(question.text),
        "lang": question.lang,
        "dir": question.dir,
        "by": question.name if case.text is not None else None,
        "out": question.state is State.SCREENED_OUT,
        "reason": question.reason if question.state is State.SCREENED_OUT else None,
        "entries": acts[first:],
    }


def csv_rows(case: dict[str, Any]) -> list[list[object]]:
    """The lines of one question: each act with what the question is now."""
    return [
        [act[name] if name in act else case[name] for name in CSV_COLUMNS]
        for act in case["entries"]
    ]
