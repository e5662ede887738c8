"""Values of the stage, the overlay, the host's page and the answers."""

from __future__ import annotations

from typing import Any

from server.domain.screening import SKIP_REASONS

Value = dict[str, Any]


def stage_pages(
    meeting: Value, rows: list[Value], qr: str
) -> dict[str, tuple[str, str | None, Value]]:
    """Name of the picture: (template, role, context)."""
    full = [{"wording": None, "askers": 3, "stream_s": None, "picked": None, **row} for row in rows]
    staged = {**full[0], "q": "q" * 22, "revision": 3}
    passed = [[3, "no-time"], [9, ""]]
    shown: Value = {
        "meeting": meeting,
        "on_air": {**full[0], "picked": {"rank": 7, "passed": passed}},
        "next": full[1:4],
        "wanted": full[:5],
        "snapshot": {
            **{"t": "snapshot", "epoch": "e", "pos": "1-0", "counts": {}, "merged": []},
            "rows": [{**full[0], "state": "on_air", "picked": {"rank": 7, "passed": passed}}],
            "meeting": {"line": []},
        },
        "join": "https://openfloor.example/m/autumn",
        "join_short": "openfloor.example/m/autumn",
        "show_code": True,
        "qr": qr,
        "steers": True,
        "sealed": True,
        "skips": SKIP_REASONS,
    }
    empty = {
        **shown,
        "snapshot": {},
        "on_air": None,
        "next": [],
        "wanted": [],
        "steers": False,
        "sealed": False,
    }
    host: Value = {
        "meeting": meeting,
        "on_air": staged,
        "since": 95,
        "line": [{**staged, "n": 44}],
        "wanted": full[:5],
        "skips": SKIP_REASONS,
        "error": None,
    }
    idle = {**host, "on_air": None, "since": None, "line": [], "wanted": [], "error": "Look again."}
    given = {**full[4], "stream_s": 95, "answer": "See https://a.test/x."}
    return {
        "stage": ("stage.html", None, shown),
        "stage_empty": ("stage.html", None, empty),
        "overlay": ("overlay.html", None, shown),
        "overlay_empty": ("overlay.html", None, empty),
        "host": ("host.html", "host", host),
        "host_idle": ("host.html", "host", idle),
        "answers": ("answers.html", None, {"meeting": meeting, "answers": [given]}),
        "answers_empty": ("answers.html", None, {"meeting": meeting, "answers": []}),
    }
