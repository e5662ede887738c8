"""Tables of receipts and of a growing log, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.bench import curve, leaves, submitting
from tools.bench.report import head, table


def receipts(points: Sequence[submitting.Point], seconds: int, command: str, started: str) -> str:
    """How long askers wait for a number and a proof."""
    rows = [
        [
            point.way,
            f"{point.rate:,}" if point.rate else f"{submitting.CLIENTS} askers at once",
            f"{point.per_s:,.0f}",
            f"{point.p50_ms:,.0f}",
            f"{point.p99_ms:,.0f}",
            f"{point.without:,}",
            f"{point.server_cores:.2f}",
            f"{point.store_cores:.2f}",
        ]
        for point in points
    ]
    title = "Receipts: from a question to its place under a signed checkpoint"
    lines = head(title, command, started, submitting.LIMITS)
    lines += table(
        ["by", "offered a second", "given a second", "p50 ms", "p99 ms", "without", *CORES], rows
    )
    lines += [
        "",
        f"{seconds} s each. HTTP: from the moment the form was meant to leave until the answer with"
        " the number. Intake: the function that takes a question, called in slices of"
        f" {submitting.SLICE_S * 1000:.0f} ms, until its number is told on the meeting's stream."
        " Every number follows the signature of a checkpoint that covers it.",
    ]
    return "\n".join([*lines, loads(points)])


CORES = ("server, cores", "store, cores")
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
DRAWN = {  # a picture of each: what is measured, and its name in leaves.Point
    "append": ("appended a second", "append_per_s"),
    "proof": ("proof, ms", "proof_ms"),
    "audit": ("audit, seconds", "audit_s"),
    "memory": ("audit, MB", "audit_mb"),
}


def log(points: Sequence[leaves.Point], command: str, started: str) -> str:
    """What a log costs as it grows; its pictures are written beside the page."""
    rows = [
        [
            f"{point.leaves:,}",
            f"{point.append_per_s:,.0f}",
            f"{point.proof_ms:.2f}",
            f"{point.audit_s:,.1f}",
            f"{point.audit_mb:,.0f}",
            f"{point.mb_on_disk:,.0f}",
        ]
        for point in points
    ]
    lines = head("A log as it grows", command, started, {})
    lines += table(
        ["leaves", "appended a second", "proof, ms", "audit, s", "audit, MB", "on disk, MB"], rows
    )
    lines += [
        "",
        *table(["", ""], _pictures(points)),
        "",
        f"Appended in batches of {leaves.BATCH}, each committed (SQLite, synchronous FULL), written"
        " as tiles, signed and shown before the next. A proof is made of tiles on disk and verified."
        " An audit reads the whole folder in a process of its own.",
    ]
    return "\n".join([*lines, loads(points)])


def _pictures(points: Sequence[leaves.Point]) -> list[list[str]]:
    """Two in a row, each with the fitted line."""
    shown = []
    for name, (what, field) in DRAWN.items():
        measured = [(float(p.leaves), float(getattr(p, field))) for p in points]
        slope, base = np.polyfit([x for x, _ in measured], [y for _, y in measured], 1)
        picture = PICTURES / f"bench-log-{name}.svg"
        drawn = [(x, y, False) for x, y in measured]
        picture.write_text(curve.svg(drawn, float(base), float(slope), "leaves", what))
        shown.append(f"![{what} against leaves](pictures/{picture.name})")
    return [shown[:2], shown[2:]]


def loads(points: Sequence[submitting.Point] | Sequence[leaves.Point]) -> str:
    """How busy the machine was at each point."""
    return f"Load average of the machine: {', '.join(point.load_average for point in points)}."
