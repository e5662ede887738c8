"""The page of one's own questions: full, empty, and after the meeting closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Value = Mapping[str, Any]
LOG = {"vkey": "openfloor.example/log/abc+01234567+AAAA", "address": "/log/abc", "live": True}


def own_pages(
    meeting: Value, mine: list[Value], address: str, qr: str
) -> dict[str, tuple[str, str | None, dict[str, Any]]]:
    """Each page's template, role and values by its name."""
    fate = {"meeting": meeting, "own": mine[1], "address": address, "qr": qr, "is_asker": True}
    fate |= {"unwritten": True}
    mine = [{**own, "q": f"{at:022}"} for at, own in enumerate(mine)]
    shown = {"mine": (mine, False), "mine_empty": ([], False), "mine_forgotten": ([], True)}
    pages: dict[str, tuple[str, str | None, dict[str, Any]]] = {
        name: (
            "mine.html",
            "attendee",
            {"meeting": meeting, "mine": rows, "forgotten": forgotten, "log": LOG},
        )
        for name, (rows, forgotten) in shown.items()
    }
    pages["verify"] = ("verify.html", None, {"meeting": None})
    return {**pages, "fate": ("fate.html", "attendee", {**fate, "log": LOG})}
