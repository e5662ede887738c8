"""The meeting: everybody watches, many vote, durably; acknowledgements and staleness, beside plain."""

from __future__ import annotations

import asyncio
import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from tools.bench import generator, ledger, machine, plain, product
from tools.bench.generator import Load, Plan
from tools.bench.product import BenchFailed, Product, Stage

WARM_S = 2
OURS, PLAIN = "Openfloor", "plain Quart"


@dataclass(frozen=True, slots=True)
class Point:
    """One run of one server. Times in ms from the intended send time; `unseen` votes never reached
    the last client, `unanswered` ones got no acknowledgement, in the time of the run."""

    who: str
    sockets: int
    joined: int
    rate: int
    acked_per_s: float
    ack_p50: float
    ack_p99: float
    stale_p50: float
    stale_p99: float
    refused: int
    unanswered: int
    unseen: int
    cores: dict[str, float]
    late_ms: float
    bound: bool
    lost: int
    agrees: bool
    load_average: str


def _ms(votes: NDArray[np.void], name: str) -> NDArray[np.float64]:
    told = votes[votes[name] > 0]
    took: NDArray[np.float64] = (told[name] - told["intended"]) * 1000
    return took


def _percentile(values: NDArray[np.float64], share: float) -> float:
    return round(float(np.percentile(values, share)), 1) if len(values) else math.nan


def _point(who: str, plan: Plan, load: Load, held: ledger.Ledger) -> Point:
    votes = load.window()
    ack, stale = _ms(votes, "acked"), _ms(votes, "seen")
    answered = int((votes["acked"] > 0).sum())
    refused = int((votes["refused"] > 0).sum())
    in_time = votes[(votes["acked"] > 0) & (votes["acked"] < load.told["window_to"])]
    return Point(
        who=who,
        sockets=len(plan.hellos),
        joined=int(load.told["joined"]),
        rate=plan.rate,
        acked_per_s=round(len(in_time) / plan.seconds, 1),
        ack_p50=_percentile(ack, 50),
        ack_p99=_percentile(ack, 99),
        stale_p50=_percentile(stale, 50),
        stale_p99=_percentile(stale, 99),
        refused=refused,
        unanswered=len(votes) - answered - refused,
        unseen=answered - len(stale),
        cores={
            **{name: round(load.cores(name), 3) for name in load.used},
            "generator": round(load.told["cpu"] / plan.seconds, 3),
        },
        late_ms=round(load.late_ms(), 1),
        bound=load.bound(),
        lost=held.lost,
        agrees=held.agrees(),
        load_average=machine.busy(),
    )


def questions_for(sockets: int, rate: int, seconds: int) -> int:
    """Enough that nobody needs to vote twice for one question, and at least a hundred."""
    return max(100, math.ceil(rate * (seconds + WARM_S) / sockets) + 1)


def _play(
    who: str,
    command: list[str],
    plan: Plan,
    up: Product,
    stage: Stage,
    server: int,
    cores: machine.Cores,
) -> Point:
    def cpu() -> dict[str, float]:
        return {"server": machine.cpu_s(server), "store": machine.cpu_s(up.store)}

    load = generator.run(command, plan, cores, cpu)
    return _point(who, plan, load, asyncio.run(ledger.check(up.store_url, stage, load)))


def run(
    sockets: int,
    rate: int,
    seconds: int,
    runs: int,
    limits: dict[str, int],
    variants: tuple[str, ...] = (OURS, PLAIN),
) -> list[Point]:
    """Each variant `runs` times, in turn, each time in a fresh meeting of one running Openfloor."""
    cores, points = machine.cores(), []
    questions = questions_for(sockets, rate, seconds)
    with product.running(limits, cores) as up, generator.compiled() as command:
        for _ in range(runs):
            for who in variants:
                stage = asyncio.run(product.set_up(up, sockets, questions))
                points.append(one(who, command, up, stage, cores, rate, seconds))
    return points


def one(
    who: str,
    command: list[str],
    up: Product,
    stage: Stage,
    cores: machine.Cores,
    rate: int,
    seconds: int,
) -> Point:
    """One run of one variant in the meeting on `stage`."""

    def plan(port: int, origin: str) -> Plan:
        return Plan(
            port=port,
            path=f"/live/{stage.meeting.slug}",
            origin=origin,
            hellos=stage.hellos(up.secret),
            rate=rate,
            warm=WARM_S,
            seconds=seconds,
            questions=stage.questions,
        )

    if who == OURS:
        return _play(who, command, plan(up.port, up.origin), up, stage, up.server, cores)
    if who != PLAIN:
        raise BenchFailed(f"There is no variant {who}.")
    with plain.running(up, stage, cores) as (port, server):
        origin = f"http://127.0.0.1:{port}"
        return _play(who, command, plan(port, origin), up, stage, server, cores)


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
