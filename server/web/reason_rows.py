"""The list of reasons as rows of a form: edit in place, empty a row to remove it, fill one to add."""

from __future__ import annotations

from typing import Any

from server.domain.screening import Reason

REASONS_MAX = 40
SPARE = 2
MORE = 4


def _row(at: int, code: str, sentence: str, withholds: bool, target: bool) -> dict[str, Any]:
    return {"at": at, "code": code, "sentence": sentence, "withholds": withholds, "target": target}


def _typed(typed: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for at in range(REASONS_MAX):
        if f"reason_code_{at}" in typed:
            code, sentence = typed[f"reason_code_{at}"], typed.get(f"reason_sentence_{at}", "")
            flags = (typed.get(f"reason_{name}_{at}") == "on" for name in ("withholds", "target"))
            found.append(_row(at, code.strip(), sentence.strip(), *flags))
    return found


def reasons_of(typed: dict[str, str]) -> list[dict[str, object]]:
    """The reasons that a form sent, without its empty rows."""
    return [
        {
            "code": row["code"],
            "sentence": row["sentence"],
            "withholds": row["withholds"],
            "needs_target": row["target"],
        }
        for row in _typed(typed)
        if row["code"] or row["sentence"]
    ]


def rows_of(reasons: tuple[Reason, ...], typed: dict[str, str] | None) -> list[dict[str, Any]]:
    """The rows to show: as typed, else as they stand, and some empty ones to fill in."""
    if typed and "reason_code_0" in typed:
        rows = [row for row in _typed(typed) if row["code"] or row["sentence"]]
    else:
        rows = [_row(0, r.code, r.sentence, r.withholds, r.needs_target) for r in reasons]
    spare = MORE if typed and "more" in typed else SPARE
    rows += [_row(0, "", "", False, False)] * spare
    return [{**row, "at": at} for at, row in enumerate(rows[:REASONS_MAX])]
