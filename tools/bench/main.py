"""Measure the live path: ours and its yardsticks, in turn, in one run."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.settings import Limits
from tools.bench import (
    analysing,
    fanout,
    floods,
    growth,
    leaves,
    machine,
    meeting,
    overload,
    pages,
    raw_store,
    report,
    storm,
    submitting,
    tables,
    tables_log,
    yardsticks,
)
from tools.bench.meeting import OURS, PLAIN
from tools.bench.product import BenchFailed


@dataclass(frozen=True, slots=True)
class Sizes:
    """What was asked for; None takes the bench's own size."""

    sockets: int | None
    rate: int | None
    seconds: int | None
    runs: int | None
    leaves: int | None
    command: str
    started: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One bench's text, its name on the page, its points, and whether its ledger agreed."""

    name: str
    text: str
    points: list[dict[str, object]]
    sound: bool = True
    document: Path = report.PAGE


def limits_for(sockets: int) -> dict[str, int]:
    """The limits that a bench of this size needs to differ from the defaults."""
    return {"sockets_per_process": sockets + 100} if sockets > Limits().sockets_per_process else {}


def _meeting(sizes: Sizes) -> Outcome:
    sockets, rate = sizes.sockets or 2000, sizes.rate or 2000
    seconds, runs = sizes.seconds or 30, sizes.runs or 3
    limits = limits_for(sockets)
    points = meeting.run(sockets, rate, seconds, runs, limits)
    text = report.meeting(points, seconds, sizes.command, sizes.started, limits)
    sound = all(point.agrees for point in points)
    return Outcome(f"meeting-{sockets}-{rate}", text, meeting.as_json(points), sound)


def _fanout(sizes: Sizes) -> Outcome:
    sockets, seconds, runs = sizes.sockets or 5000, sizes.seconds or 10, sizes.runs or 7
    limits = {**limits_for(sockets), "joins_per_s": fanout.JOINS_PER_S}
    there = [name for name in yardsticks.MISSING if yardsticks.missing(name) is None]
    for name in yardsticks.MISSING:
        if name not in there:
            print(f"{name} is not installed: {yardsticks.MISSING[name]}", file=sys.stderr)
    points = fanout.run(sockets, seconds, runs, limits, (OURS, *there, PLAIN))
    text = tables.fan_out(points, seconds, sizes.command, sizes.started, limits)
    return Outcome(f"fanout-{sockets}", text, fanout.as_json(points))


def _votes(sizes: Sizes) -> Outcome:
    seconds = sizes.seconds or 5
    points = raw_store.run(seconds)
    text = tables.store(points, seconds, sizes.command, sizes.started)
    return Outcome("votes", text, raw_store.as_json(points))


def _join(sizes: Sizes) -> Outcome:
    joins = sizes.sockets or 5000
    limits = limits_for(joins + storm.IN_BEFORE)
    points = storm.run(joins, sizes.runs or 3, limits)
    text = tables.join(points, sizes.command, sizes.started, limits)
    return Outcome(f"join-{joins}", text, storm.as_json(points))


def _overload(sizes: Sizes) -> Outcome:
    sockets, seconds = sizes.sockets or 2000, sizes.seconds or 8
    limits = limits_for(sockets)
    points = overload.run(sockets, sizes.rate, seconds, limits)
    text = tables.overload_rates(points, sockets, sizes.command, sizes.started, limits)
    sound = all(point.agrees for point in points)
    return Outcome(f"overload-{sockets}", text, overload.as_json(points), sound)


def _floods(sizes: Sizes) -> Outcome:
    sockets, rate, seconds = sizes.sockets or 500, sizes.rate or 500, sizes.seconds or 5
    points = floods.run(sockets, rate, seconds, sizes.runs or 3)
    text = floods.page(points, seconds, sizes.command, sizes.started)
    return Outcome("floods", text, floods.as_json(points), floods.sound(points))


def _growth(sizes: Sizes) -> Outcome:
    points = growth.run(sizes.seconds or 8, sizes.sockets or 10_000)
    text = growth.page(points, sizes.command, sizes.started)
    sound = all(point.sound for point in points)
    return Outcome("growth", text, growth.as_json(points), sound)


def _submit(sizes: Sizes) -> Outcome:
    seconds = sizes.seconds or 20
    points = submitting.run(seconds)
    text = tables_log.receipts(points, seconds, sizes.command, sizes.started)
    sound = not any(point.without for point in points)
    return Outcome("submit", text, submitting.as_json(points), sound)


def _log(sizes: Sizes) -> Outcome:
    points = leaves.run(sizes.leaves or 1_000_000)
    text = tables_log.log(points, sizes.command, sizes.started)
    return Outcome("log", text, leaves.as_json(points))


def _page(who: str) -> Callable[[Sizes], Outcome]:
    def bench(sizes: Sizes) -> Outcome:
        seconds = sizes.seconds or 20
        points = pages.run(who, seconds, sizes.runs or 3)
        text = pages.page(points, seconds, sizes.command, sizes.started)
        return Outcome(who, text, pages.as_json(points))

    return bench


def _analysis(sizes: Sizes) -> Outcome:
    points = analysing.run(sizes.runs or 1)
    text = analysing.page(points, sizes.command, sizes.started)
    told = analysing.as_json(points)
    return Outcome("analysis", text, told, document=analysing.DOCUMENT)


BENCHES: dict[str, Callable[[Sizes], Outcome]] = {
    "fanout": _fanout,
    "votes": _votes,
    "meeting": _meeting,
    "join": _join,
    "overload": _overload,
    "floods": _floods,
    "growth": _growth,
    "board": _page("board"),
    "desk": _page("desk"),
    "analysis": _analysis,
    "submit": _submit,
    "log": _log,
}


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="openfloor bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=[*BENCHES, "all"])
    parser.add_argument("--sockets", type=int)
    parser.add_argument(
        "--rate", type=int, help="votes a second, over all sockets (meeting, overload, floods)"
    )
    parser.add_argument("--seconds", type=int, help="of each measured window")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--leaves", type=int, help="size of the largest log (log)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every point to this file")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every acknowledged vote was found in the store."""
    argv = sys.argv[1:] if argv is None else list(argv)
    options = _arguments(argv)
    machine.raise_open_files()
    for number in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: what was started ends first
        signal.signal(number, signal.default_int_handler)
    sizes = Sizes(
        options.sockets,
        options.rate,
        options.seconds,
        options.runs,
        options.leaves,
        shlex.join(["./openfloor", "bench", *argv]),
        time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    )
    outcomes = []
    try:
        for name in BENCHES if options.what == "all" else [options.what]:
            outcome = BENCHES[name](sizes)
            outcomes.append(outcome)
            print(outcome.text, flush=True)
            if options.write:
                report.put(outcome.name, outcome.text, outcome.document)
    except BenchFailed as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    if options.json is not None:
        points = {outcome.name: outcome.points for outcome in outcomes}
        options.json.write_text(json.dumps(points, indent=1) + "\n")
    return 0 if all(outcome.sound for outcome in outcomes) else 1
