"""What the bench writes: tables in docs/performance.md, each between markers of its own."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from server.settings import Limits
from tools.bench import machine
from tools.bench.meeting import OURS, Point

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def put(name: str, text: str, document: Path = PAGE) -> None:
    """Replace the part of the page between the markers `name`, or add it at the end."""
    start, end = f"<!-- bench {name} -->", f"<!-- end {name} -->"
    page = document.read_text()
    part = f"{start}\n{text}\n{end}"
    if start in page:
        before, _, rest = page.partition(start)
        page = before + part + rest.partition(end)[2]
    else:
        page = f"{page.rstrip()}\n\n{part}\n"
    document.write_text(page)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the least and the most where runs differ."""
    told = [value for value in values if not math.isnan(value)]
    if not told:
        return "-"
    middle, least, most = statistics.median(told), min(told), max(told)
    if len(told) == 1 or round(least, digits) == round(most, digits):
        return f"{middle:,.{digits}f}"
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def limits_in_force(changed: Mapping[str, int]) -> str:
    """Every limit of the run; those that differ from the defaults are named first."""
    standard = Limits()
    words = [
        f"{field.name} {changed.get(field.name, getattr(standard, field.name))}"
        for field in fields(Limits)
    ]
    differs = ", ".join(
        f"OPENFLOOR_LIMIT_{name.upper()}={value}" for name, value in changed.items()
    )
    return f"{'defaults' if not differs else f'{differs}, else defaults'}: {', '.join(words)}"


def head(title: str, command: str, started: str, limits: Mapping[str, int]) -> list[str]:
    """Title, command, machine, limits."""
    return [
        f"### {title}",
        "",
        f"`{command}`, {started}. {machine.words()}; {machine.cores().words()}.",
        f"Limits in force, {limits_in_force(limits)}.",
        "",
    ]


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(heading)} |", f"|{'---|' * len(heading)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def _row(name: str, points: Sequence[Point], variants: Sequence[str], get: Get, digits: int) -> Row:
    return [name, *(spread([get(p) for p in points if p.who == who], digits) for who in variants)]


Get = Callable[[Point], float]
Row = list[str]


def _ratio(points: Sequence[Point], get: Get) -> str:
    ours = [get(point) for point in points if point.who == OURS]
    others = [get(point) for point in points if point.who != OURS]
    if not ours or not others or not statistics.median(ours) or not statistics.median(others):
        return "-"
    ratio = statistics.median(others) / statistics.median(ours)
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}"


def meeting(
    points: Sequence[Point], seconds: int, command: str, started: str, limits: Mapping[str, int]
) -> str:
    """The table of one meeting bench."""
    first = points[0]
    variants = list(dict.fromkeys(point.who for point in points))
    runs = sum(point.who == first.who for point in points)
    rows: list[tuple[str, Get, int]] = [
        ("acknowledged votes a second", lambda p: p.acked_per_s, 0),
        ("acknowledged, p50 ms", lambda p: p.ack_p50, 0),
        ("acknowledged, p99 ms", lambda p: p.ack_p99, 0),
        ("staleness at the last client, p50 ms", lambda p: p.stale_p50, 0),
        ("staleness at the last client, p99 ms", lambda p: p.stale_p99, 0),
        ("server, cores", lambda p: p.cores["server"], 2),
        ("store, cores", lambda p: p.cores["store"], 2),
        ("generator, cores", lambda p: p.cores["generator"], 2),
        ("generator late, p99 ms", lambda p: p.late_ms, 1),
        ("sockets joined", lambda p: p.joined, 0),
        ("refused votes", lambda p: p.refused, 0),
        ("votes without an answer", lambda p: p.unanswered, 0),
        ("acknowledged, not seen by all", lambda p: p.unseen, 0),
        ("acknowledged, not in the store", lambda p: p.lost, 0),
    ]
    title = f"A meeting: {first.sockets:,} sockets, {first.rate:,} durable votes a second"
    lines = head(title, command, started, limits)
    lines += table(
        ["", *variants, "plain / ours"],
        [
            [*_row(name, points, variants, get, digits), _ratio(points, get)]
            for name, get, digits in rows
        ],
    )
    lines += [
        "",
        f"{runs} runs each of {seconds} s, in turn; median (least to most). {_bound(points)}",
    ]
    lines.append(f"Load average of the machine: {', '.join(p.load_average for p in points)}.")
    return "\n".join(lines)


def _bound(points: Sequence[Point]) -> str:
    words = []
    for point in points:
        if point.bound:
            words.append(f"a {point.who} run was generator-bound: not claimed")
        elif point.cores["server"] > 0.95:
            words.append(f"{point.who}: the server's core was full")
    if not words:
        return "Nothing saturated: neither the server's core nor the generator."
    return "; ".join(dict.fromkeys(words)).capitalize() + "."
