"""Tables of the fan-out, the raw store limit and the join storm, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from tools.bench import fanout, overload, raw_store, storm
from tools.bench.meeting import OURS
from tools.bench.report import head, spread, table
from tools.bench.yardsticks import MISSING


def fan_out(
    points: Sequence[fanout.Point],
    seconds: int,
    command: str,
    started: str,
    limits: Mapping[str, int],
) -> str:
    """Cost of a delivered frame, ours beside the others."""
    first = points[0]
    names = list(dict.fromkeys(point.who for point in points))
    runs = sum(point.who == first.who for point in points)
    ours = statistics.median(p.us_per_frame for p in points if p.who == OURS)
    rows = []
    for name in names:
        mine = [point for point in points if point.who == name]
        cost = statistics.median(point.us_per_frame for point in mine)
        rows.append(
            [
                name,
                spread([point.us_per_frame for point in mine], 1),
                f"{ours / cost:.2f}",
                spread([point.cores for point in mine], 2),
                spread([100 * point.frames / point.expected for point in mine], 1),
                spread([float(point.frame_bytes) for point in mine]),
                # Later runs reuse memory that earlier ones freed: the first tells.
                f"{mine[0].kb_per_socket:.1f}",
                "yes: not claimed" if any(point.bound for point in mine) else "no",
            ]
        )
    title = f"Fan-out: {first.sockets:,} sockets, 1 KB every 250 ms"
    lines = head(title, command, started, limits)
    lines += table(
        [
            "",
            "us of server CPU a frame",
            "ours / this",
            "cores",
            "% of frames delivered",
            "bytes a frame",
            "KB a socket",
            "generator-bound",
        ],
        rows,
    )
    absent = [f"{name} (`{how}`)" for name, how in MISSING.items() if name not in names]
    lines += ["", f"{runs} runs each of {seconds} s, in turn; median (least to most)."]
    lines.append(
        "Ours reads the change from the store, folds it, encodes it and writes it; nchan and"
        " nats-server pass on a message that is published to them."
    )
    if absent:
        lines.append(f"Not installed, so not measured: {', '.join(absent)}.")
    return "\n".join([*lines, _loads([point.load_average for point in points])])


def store(points: Sequence[raw_store.Point], seconds: int, command: str, started: str) -> str:
    """What the store itself can count."""
    rows = [
        [
            str(point.batch),
            f"{point.votes_per_s:,.0f}",
            f"{point.trip_p50_ms:.2f}",
            f"{point.store_cores:.2f}",
        ]
        for point in points
    ]
    lines = head("The raw store limit: durable votes by size of batch", command, started, {})
    lines += table(["votes in a call", "votes a second", "call p50 ms", "store, cores"], rows)
    lines += ["", f"{seconds} s each, {raw_store.TRIPS_AT_ONCE} calls at once, no server between."]
    return "\n".join([*lines, _loads([point.load_average for point in points])])


STORM_ROWS: Sequence[tuple[str, Callable[[storm.Point], float], int]] = (
    ("joined", lambda p: p.joined, 0),
    ("until the last was in, s", lambda p: p.over_s, 1),
    ("join to snapshot, p50 ms", lambda p: p.join_p50, 0),
    ("join to snapshot, p99 ms", lambda p: p.join_p99, 0),
    ("acknowledged for those already in, p50 ms", lambda p: p.ack_p50, 0),
    ("acknowledged for those already in, p99 ms", lambda p: p.ack_p99, 0),
    ("the same outside the storm, p99 ms", lambda p: p.ack_calm_p99, 0),
    ("server, cores in the storm", lambda p: p.cores, 2),
    ("server CPU a join (votes and ticks included), us", lambda p: p.us_per_join, 0),
)


def join(
    points: Sequence[storm.Point], command: str, started: str, limits: Mapping[str, int]
) -> str:
    """What a storm of joins does to those who join and to those who are in."""
    title = (
        f"Join storm: {points[0].joins:,} connect, say hello and get the board in {storm.OVER_S} s"
    )
    lines = head(title, command, started, limits)
    lines += table(
        ["", "Openfloor"],
        [
            [name, spread([get(point) for point in points], digits)]
            for name, get, digits in STORM_ROWS
        ],
    )
    lines += [
        "",
        f"{len(points)} runs; {storm.IN_BEFORE:,} people are in before and cast {storm.RATE}"
        " votes a second through it.",
    ]
    if any(point.bound for point in points):
        lines.append("The generator was late in a run: not claimed.")
    return "\n".join([*lines, _loads([point.load_average for point in points])])


def overload_rates(
    points: list[overload.Point],
    sockets: int,
    command: str,
    started: str,
    limits: Mapping[str, int],
) -> str:
    """What becomes of votes when more come than can be counted."""
    title = f"Overload: {sockets:,} sockets, more votes than can be counted"
    lines = head(title, command, started, {**limits, **overload.PACE})
    rows = [
        [
            f"{p.rate:,}",
            f"{p.acked_per_s:,.0f}",
            f"{p.per_cpu_s:,.0f}",
            f"{p.refused:,}",
            f"{p.ack_p50:,.0f}",
            f"{p.ack_p99:,.0f}",
            f"{p.server:.2f}",
            str(p.lost),
            "yes" if p.bound else "no",
        ]
        for p in points
    ]
    names = ["offered votes a second", "acknowledged a second", "the same a CPU second"]
    names += ["told to come again", "ack p50 ms", "ack p99 ms", "server, cores", "lost"]
    lines += [*table([*names, "generator-bound"], rows), ""]
    lines.append(
        f"The last row is twice the greatest rate that was sustained ({overload.KEPT:.0%} acknowledged):"
        f" {overload.share(points):.0%} of the best throughput, {overload.share_of_cpu(points):.0%} of"
        f" the best for each second of processor time (wanted: {overload.GOAL:.0%})."
    )
    lines.append(
        f"The server had {overload.QUOTA} of a core, by a control group."
        if all(point.quota for point in points)
        else "The server had a core of its own: this system gives us no control group for a quota."
    )
    return "\n".join([*lines, _loads([point.load_average for point in points])])


def _loads(averages: Sequence[str]) -> str:
    return f"Load average of the machine: {', '.join(averages)}."
