"""What the desk's templates are given in tests."""

from __future__ import annotations

from typing import Any

from server.domain.differing import difference
from server.web.desk_forms import NOTHING_KEPT
from server.web.desk_lists import Copies, Run


def desk_row(n: int, now: int, **more: Any) -> dict[str, Any]:
    """A question as the desk sees it."""
    row_ = {
        "q": f"w{n}", "n": n, "text": "Are we hiring?", "wording": "", "lang": "en", "dir": "ltr",
        "gone": None,
        "name": None, "state": "received", "revision": 1, "votes": 0, "askers": 1, "members": 0,
        "at": now - 900_000, "decided_at": None, "by": "", "reason": None, "note": "",
        "withheld": False, "target": None, "into": None, "appeal": "", "appeal_note": "",
        "hint": "", "after": None, "stream_s": None, "answer": "", "first": f"w{n}", "people": 1,
    }  # fmt: skip
    return {**row_, **more}


def run(rows: list[dict[str, Any]], **more: int) -> Run:
    """A list that is drawn whole, unless told otherwise."""
    return Run(rows, **{"count": len(rows), "before": None, "after": None, "behind": 0, **more})  # type: ignore[arg-type]


def at_desk(meeting: Any, reasons: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The desk page's context."""
    queues = ("waiting", "listed", "appeals", "screened_out", "answered", "merged")
    counts = {**dict.fromkeys((*queues, "on_air"), 0), "waiting": len(rows)}
    told = {"position": "1-0", "whole": True, "questions": rows, "counts": counts,
            "line": {"revision": 1, "numbers": [7]}}  # fmt: skip
    return {
        "meeting": meeting, "queues": queues, "queue": "waiting", "counts": counts,
        "rows": run(rows, after=60, behind=3), "order": "", "here": "queue=waiting",
        "chosen": rows[0] if rows else None, "line": [desk_row(7, 0, state="listed")] if rows else [],
        "similar": [{**desk_row(12, 0), "likeness": 0.41}] if rows else [], "reasons": reasons,
        "skip_reasons": {"no-time": "There was no time left for it."},
        "members": run([desk_row(93, 0, into=88, votes=4, askers=2, state="merged")] if rows else []),
        "copies": Copies(run([desk_row(94, 0, first="w88", differs=True)] if rows else []), "[]", 0, 1, [94]),
        "offered": ["list", "screen", "merge", "word", "send_back"] if rows else [], "kept": NOTHING_KEPT,
        "policy_html": "Every question gets a public outcome.",
        "desk": told, "error": None, "me": "mod:2", "telling": {"negation": ["not"]},
        "difference": difference("Are we hiring?", "Are we not hiring?", True) if rows else None,
        "warned": ["a negation"] if rows else [],
    }  # fmt: skip


def desk_log(meeting: Any, now: int) -> dict[str, Any]:
    """The context of the log of all acts."""
    act = {"id": "1-0", "at": now, "kind": "q.screen", "by": "mod:2", "n": 52, "text": "Who sits there?",
           "gone": None, "lang": "en", "dir": "ltr", "reason": "names-individual", "basis": None,
           "written": "A person.",
           "end": None, "public": "number", "others": [], "what": None, "role": None,
           "votes": None, "count": None}  # fmt: skip
    acts = [act, {**act, "id": "1-1", "kind": "m.phase", "n": None, "text": None, "reason": None,
                  "written": None, "end": "live", "public": None},
            {**act, "id": "1-2", "kind": "q.erase", "reason": None, "basis": "court",
             "written": None}]  # fmt: skip
    return {"meeting": meeting, "acts": acts, "before": "1-0", "reasons": ["unclear"],
            "actors": ["mod:2"], "filter_by": "", "filter_reason": "", "filter_n": ""}  # fmt: skip
