"""The pages of exports and of background jobs, in every state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Value = Mapping[str, Any]


def job_pages(meeting: Value, now: int) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Each page's template, role and values by its name."""
    stages = ("queued", "running", "ready", "failed", "expired", "outdated")
    made = [
        {"id": f"{stage}-id", "kind": kind, "stage": stage, "percent": 40, "asked_at": now,
         "ready_at": now, "until": now, "size": 84_000, "sha256": "0" * 64, "amount": "84 KB",
         "why": "store" if stage == "failed" else None, "file": f"/file/{stage}"}
        for stage, kind in zip(stages, ("csv", "json", "zip") * 2, strict=True)
    ]  # fmt: skip
    exports = {"meeting": meeting, "exports": made, "kinds": ["csv", "json", "zip"],
               "fresh": "f" * 22, "undone": True, "workers": 0, "deployment": True, "hours": 48,
               "error": "Two exports are being made already."}  # fmt: skip
    done = {"exports": [], "undone": False, "workers": None, "error": None}
    job = {"id": "j", "work": "export", "slug": "autumn", "title": "Autumn town hall", "at": now,
           "tried": 3, "why": "other", "kind": "ValueError"}  # fmt: skip
    lone = {**job, "work": "sweep", "title": "", "slug": "", "why": "killed", "tried": 1}
    halted = [{"title": "Autumn town hall", "reason": "The store is damaged; run ./openfloor fsck."},
              {"title": "", "reason": "The root key was replaced. Put the right one back."}]  # fmt: skip
    busy = {
        "halted": halted,
        "odd": 2,
        "words_left": [{"title": "Autumn town hall", "folder": "a" * 26}],
        "known": True,
        "depth": 4,
        "workers": 0,
        "running": [job],
        "failed": [job, lone],
    }
    return {
        "exports": ("exports.html", "organiser", exports),
        "exports_empty": ("exports.html", "organiser", {**exports, **done}),
        "exports_away": ("exports.html", "organiser", {**exports, "workers": None}),
        "jobs": ("jobs.html", "organiser", busy),
        "jobs_empty": (
            "jobs.html",
            "organiser",
            {**busy, "odd": 0, "halted": [], "words_left": [], "running": [], "failed": []},
        ),
        "jobs_away": ("jobs.html", "organiser", {**busy, "known": False}),
    }
