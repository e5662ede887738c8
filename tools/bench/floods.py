"""Floods beside a meeting at work: other people's acknowledgements, beside a control without a flood."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass

import numpy as np

from tools.bench import generator, machine, product
from tools.bench.attackers import Attackers, attacking
from tools.bench.attacks import ATTACKS, Attack, Target
from tools.bench.generator import Plan
from tools.bench.meeting import WARM_S, questions_for
from tools.bench.product import Product
from tools.bench.report import head, spread, table

CONTROL = "control"
CHOSEN = ("deflate bomb", "text of 16 MB", "20,000 empty fragments", "5,000 pings", "deep JSON")
HALF_OPEN = "half an upgrade"
SIDE_BY_SIDE, HALVES = 2, 100  # floods at a time; half-open handshakes at a time
GOAL_MS = 50.0


@dataclass(frozen=True, slots=True)
class Point:
    """One window. Times in ms from the intended send; `cut` counts the others' sockets that ended,
    `wrong` floods that ended otherwise than they must, `mb` what the server holds more at the end."""

    who: str
    sockets: int
    rate: int
    ack_p50: float
    ack_p99: float
    unanswered: int
    cut: int
    floods: int
    wrong: int
    server: float
    mb: float
    bound: bool
    load_average: str


def _flood(attack: Attack | None, target: Target) -> AbstractContextManager[Attackers | None]:
    if attack is None:
        return nullcontext()
    count = HALVES if attack.name == HALF_OPEN else SIDE_BY_SIDE
    return attacking(attack, count, target, machine.cores().others)


def _one(
    command: list[str], up: Product, attack: Attack | None, sockets: int, rate: int, seconds: int
) -> Point:
    questions = questions_for(sockets, rate, seconds)
    stage = asyncio.run(product.set_up(up, sockets, questions))
    plan = Plan.at(up, stage, rate, seconds, WARM_S)
    before = machine.resident_kb(up.server)
    with _flood(attack, Target(up.port, plan.path, up.origin)) as flood:
        ready = flood.begin if flood else lambda: None
        load = generator.run(command, plan, machine.cores(), up.cpu, ready)
    votes = load.window()
    acked = votes[votes["acked"] > 0]
    took = (acked["acked"] - acked["intended"]) * 1000
    return Point(
        who=attack.name if attack else CONTROL,
        sockets=sockets,
        rate=rate,
        ack_p50=round(float(np.percentile(took, 50)), 1) if len(took) else math.nan,
        ack_p99=round(float(np.percentile(took, 99)), 1) if len(took) else math.nan,
        unanswered=len(votes) - len(acked),
        cut=int(load.told["gone"]),
        floods=flood.right + flood.wrong if flood else 0,
        wrong=flood.wrong if flood else 0,
        server=round(load.cores("server"), 2),
        mb=round((machine.resident_kb(up.server) - before) / 1024, 1),
        bound=load.bound(),
        load_average=machine.busy(),
    )


def run(sockets: int, rate: int, seconds: int, runs: int) -> list[Point]:
    """Control and floods in turn, `runs` times, on one running Openfloor."""
    chosen = [attack for attack in ATTACKS if attack.name in (*CHOSEN, HALF_OPEN)]
    with product.running({}, machine.cores()) as up, generator.compiled() as command:
        _one(command, up, None, sockets, rate, 1)  # what is made once is made
        return [
            _one(command, up, attack, sockets, rate, seconds)
            for _ in range(runs)
            for attack in (None, *chosen)
        ]


def sound(points: Sequence[Point]) -> bool:
    """Nobody else was cut or left without an answer, and each flood ended as it must."""
    return not any(point.cut or point.wrong or point.unanswered for point in points)


def page(points: Sequence[Point], seconds: int, command: str, started: str) -> str:
    """The table, in Markdown."""
    calm = statistics.median(point.ack_p99 for point in points if point.who == CONTROL)
    rows = []
    for who in dict.fromkeys(point.who for point in points):
        mine = [point for point in points if point.who == who]
        p99 = [point.ack_p99 for point in mine]
        rows.append(
            [
                who,
                spread([point.ack_p50 for point in mine], 1),
                spread(p99, 1),
                "" if who == CONTROL else f"{statistics.median(p99) - calm:+.1f}",
                str(sum(point.floods for point in mine)),
                str(sum(point.wrong for point in mine)),
                str(sum(point.cut + point.unanswered for point in mine)),
                spread([point.server for point in mine], 2),
                spread([point.mb for point in mine], 1),
                "yes: not claimed" if any(point.bound for point in mine) else "no",
            ]
        )
    first, no_limits = points[0], dict[str, int]()
    title = f"Floods: {first.sockets:,} others cast {first.rate:,} durable votes a second"
    lines = head(title, command, started, no_limits)
    heading = ["", "ack p50 ms", "ack p99 ms", "p99 beside control, ms", "floods", "wrong code"]
    heading += ["others cut or unanswered", "server, cores", "MB more", "generator-bound"]
    lines += table(heading, rows)
    runs = sum(point.who == CONTROL for point in points)
    lines += ["", f"{runs} runs each of {seconds} s, in turn; median (least to most)."]
    lines.append(
        f"{SIDE_BY_SIDE} clients flood without pause, {HALVES} hold half-open handshakes, in a process of"
        " their own, which gets what the load generator and the store leave of their core."
        f" The goal: p99 moves by less than {GOAL_MS:.0f} ms."
    )
    lines.append(f"Load average of the machine: {', '.join(p.load_average for p in points)}.")
    return "\n".join(lines)


def as_json(points: Sequence[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
