"""Measure the live path: ours and its yardsticks, in turn, in one run."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from server.settings import Limits
from tools.bench import machine, meeting, report
from tools.bench.product import BenchFailed


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="openfloor bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="meeting", choices=["meeting"])
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=2000, help="votes a second, over all sockets")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write every point to this file")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args(argv)


def limits_for(sockets: int) -> dict[str, int]:
    """The limits that a bench of this size needs to differ from the defaults."""
    return {"sockets_per_process": sockets + 100} if sockets > Limits().sockets_per_process else {}


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every acknowledged vote was found in the store."""
    options = _arguments(argv)
    machine.raise_open_files()
    limits = limits_for(options.sockets)
    command = shlex.join(["./openfloor", "bench", *(argv if argv is not None else sys.argv[1:])])
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    try:
        points = meeting.run(options.sockets, options.rate, options.seconds, options.runs, limits)
    except BenchFailed as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    text = report.meeting(points, options.seconds, command, started, limits)
    print(text)
    if options.json is not None:
        options.json.write_text(json.dumps(meeting.as_json(points), indent=1) + "\n")
    if options.write:
        report.put(f"meeting-{options.sockets}-{options.rate}", text)
    return 0 if all(point.agrees for point in points) else 1
