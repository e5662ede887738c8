"""screened-out.json and screened-out.csv: what the record screened out, as files that anybody can draw
again from leaves and openings (docs/log.md). Pure."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from server.audit.record import Look, Record
from server.translog import leaf
from server.translog.strict import Json

# What a spreadsheet takes for the beginning of a formula (OWASP ASVS 1.2.10), full-width forms too.
RUNS = ("=", "+", "-", "@", "\t", "\r", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
WORDS = ("text", "lang", "as")
DOCUMENTS_HELD = 64
COLUMNS = "number state text act at by reason sentence note other votes rules".split()


def _row(record: Record, q: str, look: Look) -> dict[str, Json]:
    known = record.questions[q]
    opened = look.opening(q) if record.is_public(q) else None
    entries: list[Json] = []
    for entry in record.entries(q, look, since_screened=True):
        passed: list[Json] = [[n, reason or None] for n, reason in entry.passed]
        entries.append(
            {
                "act": entry.act,
                "at": entry.at // 1000,
                "by": entry.by,
                "rules": entry.rules,
                "reason": entry.reason,
                "sentence": entry.sentence or None,
                "withheld": int(entry.withheld),
                "note": entry.text or None,
                "votes": entry.votes,
                "other": entry.other,
                "rank": entry.rank,
                "how": entry.how or None,
                "stream_s": entry.stream_s,
                "passed": passed,
            }
        )
    told = {name: opened.get(name) if opened else None for name in WORDS}
    return {
        **{"number": known.number, "q": q, "state": known.state.value, **told},
        **{"reason": record.reason(known), "erased": list(known.erased), "entries": entries},
    }


def screened_out(record: Record, root: bytes, look: Look) -> tuple[bytes, bytes]:
    """screened-out.json and screened-out.csv at this size: every question that was ever screened out with
    all that followed, its text where that is public."""
    rows = [_row(record, q, look) for q in record.screened()]
    clocks = record.clocks()
    counts = Counter(str(row["reason"]) for row in rows)
    head: dict[str, Json] = {"v": 1, "origin": record.origin, "size": record.size}
    waits: dict[str, Json] = {"waiting": clocks.waiting, "oldest": clocks.oldest}
    waits |= {"median_s": clocks.median, "by_day": int(clocks.by_day)}
    told: dict[str, Json] = {"root": root.hex(), "reasons": dict(counts), "questions": list(rows)}
    return leaf.canonical({**head, **waits, **told}), _csv(rows)


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO()
    made = csv.writer(out, quoting=csv.QUOTE_ALL)
    made.writerow(COLUMNS)
    for row in rows:
        for entry in row["entries"]:
            told = {"number": row["number"], "state": row["state"], "text": row["text"], **entry}
            made.writerow([cell(told[name]) for name in COLUMNS])
    return out.getvalue().encode()


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(RUNS) else text


def look_in(read: Callable[[str], bytes | None]) -> Look:
    """The words that lie beside a log, as `read` gives them by their paths (openings, rules, ticks)."""

    @cache
    def opening(name: str) -> Mapping[str, Any] | None:
        told = _object(read(f"opening/{name}.json") or b"{}")
        found = _object(str(told.get("opening", "")))
        held = {name: found[name] for name in WORDS if isinstance(found.get(name), str)}
        return held if "text" in held else None

    @lru_cache(DOCUMENTS_HELD)
    def document(sha256: str) -> Mapping[str, Any]:
        return _object(read(f"rules/{sha256}") or b"{}")

    @cache
    def ranking(n: int) -> Sequence[str]:
        rows = _object(read(f"ticks/{n}.json") or b"{}").get("ranking")
        known = rows if isinstance(rows, list) else []
        return [str(row[0]) for row in known if isinstance(row, list) and row]

    return Look(opening, document, ranking)


def _object(data: bytes | str) -> Mapping[str, Any]:
    """The JSON object in what anybody may have written; an empty one for what is none, or holds what no
    file of texts can."""
    try:
        found = json.loads(data)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
