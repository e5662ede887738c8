"""The join storm: many come at once while those already in go on voting."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.bench import generator, machine, product
from tools.bench.generator import Load, Plan
from tools.bench.product import Product, Stage

IN_BEFORE = 1000
RATE = 500
OVER_S = 10
QUESTIONS = 100


@dataclass(frozen=True, slots=True)
class Point:
    """One storm. Times in ms: a join from its intended start to its snapshot, an acknowledgement of
    those already in while the storm lasts, from its intended send."""

    joins: int
    joined: int
    over_s: float
    join_p50: float
    join_p99: float
    ack_p50: float
    ack_p99: float
    ack_calm_p99: float
    us_per_join: float
    cores: float
    bound: bool
    load_average: str


def _percentile(values: NDArray[np.float64], share: float) -> float:
    return round(float(np.percentile(values, share)), 1) if len(values) else float("nan")


def _plan(up: Product, stage: Stage, hellos: list[str]) -> Plan:
    return Plan(
        port=up.port,
        path=f"/live/{stage.meeting.slug}",
        origin=up.origin,
        hellos=hellos,
        questions=QUESTIONS,
    )


class _Voters:
    """Those already in: they vote for as long as a calm stretch and a storm last."""

    def __init__(self, command: list[str], up: Product, stage: Stage) -> None:
        self.ready = threading.Event()
        self._load: Load | None = None
        hellos = stage.hellos(up.secret)[:IN_BEFORE]
        plan = replace(_plan(up, stage, hellos), rate=RATE, warm=1, seconds=3 * OVER_S)
        self._thread = threading.Thread(target=self._run, args=(command, plan))
        self._thread.start()

    def _run(self, command: list[str], plan: Plan) -> None:
        self._load = generator.run(command, plan, machine.cores(), dict, self.ready.set)

    def load(self) -> Load:
        """What they saw, once they are through."""
        self._thread.join()
        if self._load is None:
            raise product.BenchFailed("The voters' load generator failed; its message is above.")
        return self._load


def _once(command: list[str], up: Product, joins: int) -> Point:
    cores = machine.cores()
    stage = asyncio.run(product.set_up(up, IN_BEFORE + joins, QUESTIONS))
    voters = _Voters(command, up, stage)
    voters.ready.wait(60)
    before = machine.cpu_s(up.server)
    used = [0.0]

    def ready() -> None:
        used[0] = machine.cpu_s(up.server) - before

    hellos = stage.hellos(up.secret)[IN_BEFORE:]
    storm = generator.run(
        command,
        replace(_plan(up, stage, hellos), warm=0, seconds=1, joins=joins // OVER_S, grace=1),
        cores,
        dict,
        ready,
    )
    calm = voters.load()
    took = storm.joins_s[storm.joins_s >= 0] * 1000
    began, ended = storm.told["join_from"], storm.told["join_to"]
    votes = calm.window()
    votes = votes[votes["acked"] > 0]
    ack = (votes["acked"] - votes["intended"]) * 1000
    during = (votes["intended"] >= began) & (votes["intended"] < ended)
    return Point(
        joins=joins,
        joined=int(storm.told["joined"]),
        over_s=round(ended - began, 1),
        join_p50=_percentile(took, 50),
        join_p99=_percentile(took, 99),
        ack_p50=_percentile(ack[during], 50),
        ack_p99=_percentile(ack[during], 99),
        ack_calm_p99=_percentile(ack[~during], 99),
        us_per_join=round(used[0] / joins * 1e6),
        cores=round(used[0] / (ended - began), 2),
        bound=storm.bound() or calm.bound(),
        load_average=machine.busy(),
    )


def run(joins: int, runs: int, limits: dict[str, int]) -> list[Point]:
    """`runs` storms, each on a fresh meeting of one running Openfloor."""
    with product.running(limits, machine.cores()) as up, generator.compiled() as command:
        return [_once(command, up, joins) for _ in range(runs)]


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
