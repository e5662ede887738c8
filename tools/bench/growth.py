"""How cost grows with sockets, votes, questions and meetings: measured, fitted by a line, drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from tools.bench import curve, generator, ledger, machine, others, product
from tools.bench.generator import Load, Plan
from tools.bench.meeting import questions_for
from tools.bench.product import Product
from tools.bench.report import PAGE, head, table

PICTURE = PAGE.parent / "pictures" / "growth-{axis}.svg"
JOINS_PER_S = 1500
SOCKETS = (500, 1000, 2000, 5000, 10_000)
RATES = (100, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000)
VOTERS = 7000  # of them: 30,000 a second are 4 or 5 for each, which is what one may cast
MEETINGS = (1, 10, 50, 200)
QUESTIONS = (10, 100, 1000, 5000, 20_000)
FLOW = 200  # votes a second while another size grows


@dataclass(frozen=True, slots=True)
class Point:
    """One size: what the server used, how long votes took, whether the ledger agreed."""

    axis: str
    size: int
    cores: float
    ack_p99: float
    stale_p99: float
    bound: bool
    sound: bool
    load_average: str


def _p99(load: Load, name: str) -> float:
    votes = load.window()
    votes = votes[votes[name] > 0]
    if not len(votes):
        return float("nan")
    return round(float(np.percentile((votes[name] - votes["intended"]) * 1000, 99)), 1)


def _one(
    command: list[str],
    up: Product,
    axis: str,
    size: int,
    sockets: int,
    rate: int,
    questions: int,
    seconds: int,
) -> Point:
    stage = asyncio.run(product.set_up(up, sockets, questions))
    joins = min(JOINS_PER_S * 4 // 5, max(20, 200_000 // questions))
    plan = replace(Plan.at(up, stage, rate, seconds), joins=joins, grace=2)
    load = generator.run(command, plan, machine.cores(), up.cpu)
    held = asyncio.run(ledger.check(up.store_url, stage, load))
    return Point(
        axis=axis,
        size=size,
        cores=round(load.cores("server"), 3),
        ack_p99=_p99(load, "acked"),
        stale_p99=_p99(load, "seen"),
        bound=load.bound() or load.told["joined"] < sockets,
        sound=held.agrees(),
        load_average=machine.busy(),
    )


def run(seconds: int, most: int) -> list[Point]:
    """Each size once, on one running Openfloor; sockets up to `most`, the rest in proportion."""
    limits = {"joins_per_s": JOINS_PER_S}
    share = most / SOCKETS[-1]
    points = []
    with product.running(limits, machine.cores()) as up, generator.compiled() as command:
        with others.beside(
            up
        ) as beside:  # first: a board is followed for a while after its meeting
            for meetings in MEETINGS:
                size, people = max(1, int(meetings * share)), max(10, int(500 * share))
                beside.grow(size - 1)
                points.append(_one(command, up, "meetings", size, people, FLOW, 100, seconds))
        for sockets in SOCKETS:
            size = max(10, int(sockets * share))
            points.append(_one(command, up, "sockets", size, size, FLOW, 100, seconds))
        for rate in RATES:
            people, votes = max(10, int(VOTERS * share)), max(10, int(rate * share))
            asked = questions_for(people, votes, seconds)
            points.append(_one(command, up, "votes", votes, people, votes, asked, seconds))
        for questions in QUESTIONS:
            size, people = max(10, int(questions * share)), max(10, int(100 * share))
            few = min(FLOW, size * people // (seconds + 3))
            points.append(_one(command, up, "questions", size, people, few, size, seconds))
    return points


UNITS = {
    "sockets": f"sockets, {FLOW} votes/s",
    "votes": "votes a second",
    "meetings": f"meetings with a vote each a second, one of 500 sockets and {FLOW} votes/s",
    "questions": f"questions on the board, {FLOW} votes/s",
}


def fitted(points: Sequence[Point]) -> tuple[float, float]:
    """Cores at size 0 and cores per unit, over the points that are claimed."""
    told = [point for point in points if not point.bound and point.cores < 0.95]
    if len(told) < 2:
        return float("nan"), float("nan")
    slope, base = np.polyfit([p.size for p in told], [p.cores for p in told], 1)
    return float(base), float(slope)


def page(points: Sequence[Point], command: str, started: str) -> str:
    """Tables and pictures, one for each axis; the pictures are written beside the page."""
    lines = head("Growth", command, started, {"joins_per_s": JOINS_PER_S})
    for axis, unit in UNITS.items():
        mine = [point for point in points if point.axis == axis]
        base, slope = fitted(mine)
        picture = Path(str(PICTURE).format(axis=axis))
        picture.parent.mkdir(parents=True, exist_ok=True)
        drawn = [(p.size, p.cores, p.bound) for p in mine]
        picture.write_text(curve.svg(drawn, base, slope, unit, "server, cores"))
        lines += [f"**{unit[0].upper()}{unit[1:]}.** {base:.3f} cores + {slope * 1e6:.1f} us each."]
        lines += ["", f"![Cores against {unit}](pictures/{picture.name})", ""]
        rows = [
            [
                f"{p.size:,}",
                f"{p.cores:.2f}",
                f"{p.ack_p99:,.0f}",
                f"{p.stale_p99:,.0f}",
                "not claimed" if p.bound else "",
            ]
            for p in mine
        ]
        lines += [*table([unit, "cores", "ack p99 ms", "staleness p99 ms", ""], rows), ""]
    averages = ", ".join(point.load_average for point in points)
    lines.append(f"Load average of the machine: {averages}.")
    return "\n".join(lines)


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
