"""Overload: the rate grows until votes are no longer kept up with, then twice what was sustained."""

from __future__ import annotations

import asyncio
import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from tools.bench import generator, ledger, machine, product, quota
from tools.bench.generator import Load, Plan
from tools.bench.meeting import WARM_S, questions_for
from tools.bench.product import Product

FIRST = 1_000
STEP = 1.5
MOST = 40_000
QUOTA = 0.4  # of a core for the server, where the system lets us: far below what the generator can
KEPT = 0.95  # of the offered votes acknowledged: sustained
GOAL = 0.8  # of the peak, at twice the sustained rate
# One person may vote so fast here: what is measured is the server, not the limit for each person.
PACE = {"votes_per_s": 1000, "vote_burst": 1000}


@dataclass(frozen=True, slots=True)
class Point:
    """One rate. `acked_per_s` counts answers that came in the window, whenever their vote was meant
    to leave; `per_cpu_s` the same for each second of processor time that the server got."""

    rate: int
    acked_per_s: float
    per_cpu_s: float
    refused: int
    unanswered: int
    ack_p50: float
    ack_p99: float
    server: float
    generator: float
    bound: bool
    lost: int
    agrees: bool
    quota: bool
    load_average: str

    def kept(self) -> bool:
        """The server kept up with this rate."""
        return self.acked_per_s >= KEPT * self.rate


def _point(plan: Plan, load: Load, quota_held: bool, held: ledger.Ledger) -> Point:
    began, ended = load.told["window_from"], load.told["window_to"]
    acked = load.votes["acked"]
    came = load.votes[(acked >= began) & (acked < ended)]
    took: NDArray[np.float64] = (came["acked"] - came["intended"]) * 1000
    cpu, per_s = load.used["server"], len(came) / plan.seconds
    return Point(
        rate=plan.rate,
        acked_per_s=round(per_s),
        per_cpu_s=round(len(came) / cpu) if cpu else math.nan,
        refused=int((load.window()["refused"] > 0).sum()),
        unanswered=int(((acked == 0) & (load.votes["refused"] == 0)).sum()),
        ack_p50=round(float(np.percentile(took, 50)), 1) if len(took) else math.nan,
        ack_p99=round(float(np.percentile(took, 99)), 1) if len(took) else math.nan,
        server=round(load.cores("server"), 3),
        generator=round(load.told["cpu"] / plan.seconds, 3),
        bound=load.bound(),
        lost=held.lost,
        agrees=held.agrees(),
        quota=quota_held,
        load_average=machine.busy(),
    )


def _one(command: list[str], up: Product, sockets: int, rate: int, seconds: int) -> Point:
    questions = questions_for(sockets, rate, seconds)
    stage = asyncio.run(product.set_up(up, sockets, questions))
    plan = Plan.at(up, stage, rate, seconds, WARM_S)
    with quota.at_most(up.server, QUOTA) as bound:
        load = generator.run(command, plan, machine.cores(), up.cpu)
    return _point(plan, load, bound, asyncio.run(ledger.check(up.store_url, stage, load)))


def run(sockets: int, rate: int | None, seconds: int, limits: dict[str, int]) -> list[Point]:
    """The points of a growing rate, the last at twice what was sustained; with `rate` that one alone
    and its double."""
    with product.running({**limits, **PACE}, machine.cores()) as up, generator.compiled() as load:

        def measure(offered: int) -> Point:
            return _one(load, up, sockets, offered, seconds)

        if rate is not None:
            return [measure(each) for each in (rate, 2 * rate)]
        points, offered = [measure(FIRST)], FIRST
        while points[-1].kept() and offered < MOST:
            offered = int(offered * STEP)
            points.append(measure(offered))
        sustained = max((p.rate for p in points if p.kept()), default=FIRST)
        points.append(measure(2 * sustained))
        return points


def share(points: list[Point]) -> float:
    """Throughput of the last point, in parts of the best."""
    return points[-1].acked_per_s / max(point.acked_per_s for point in points)


def share_of_cpu(points: list[Point]) -> float:
    """The same for each second of processor time, which others on the machine do not move."""
    return points[-1].per_cpu_s / max(p.per_cpu_s for p in points if not math.isnan(p.per_cpu_s))


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
