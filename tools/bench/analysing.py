"""The analysis: what a question costs as more are stored, and 10,000 identical texts within a minute."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from server.acts import admission
from server.domain.meeting import Meeting
from server.store import analysis
from server.store.client import connect
from tools.bench import browser, machine, pages, product
from tools.bench.flooding import (
    COPIES,
    DRAINED_S,
    OVER_S,
    SIDE_BY_SIDE,
    Flood,
    flood,
    new_meeting,
    now,
    send,
    workers,
)
from tools.bench.product import BenchFailed, Product
from tools.bench.report import PAGE, head, spread, table
from workers.analysis.job import analyse

DOCUMENT = PAGE.parent / "analysis.md"
STORED = (100, 1_000, 10_000)
TOGETHER = 100
ASKS = "When will|Why does|Can|Who decided that|Is it true that|How often will".split("|")
THINGS = (
    "the canteen|the bicycle cellar|our shift plan|the travel budget|the nursery|the new badge system"
    "|the training week|the heating|the car park|the intranet"
).split("|")
DEEDS = (
    "be open longer|be moved to another floor|cost more than last year|be looked after"
    "|change for people on site|be shared with the other plant|end in spring|get better"
).split("|")
WHERE = (
    "in the harbour office|for the night shift|at the second site|for apprentices|in the old building"
    "|for those who work from home|next to the gate|on Fridays"
).split("|")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question costs with so many stored: arriving alone, and in a hundred, ms each."""

    stored: int
    alone_ms: float
    together_ms: float


@dataclass(frozen=True, slots=True)
class Point:
    """One run of both."""

    costs: list[Cost]
    flood: Flood
    load_average: str


def _text(rng: random.Random) -> str:
    words = " ".join(rng.choice(part) for part in (ASKS, THINGS, DEEDS, WHERE))
    return f"{words}, or is {rng.choice(THINGS)} {rng.choice(WHERE)} more urgent?"


async def _stored(
    store: Redis, up: Product, meeting: Meeting, texts: Sequence[str], upto: int
) -> None:
    """Submit these texts and wait until the last of `upto` has its number."""
    gate = asyncio.Semaphore(SIDE_BY_SIDE)
    people = [
        (await admission.join(store, meeting, meeting.code, now())).sign_in
        for _ in range(1 + len(texts) // 500)
    ]

    async def one(at: int, text: str) -> None:
        async with gate:
            await send(store, up, meeting, people[at // 500], text)

    await asyncio.gather(*(one(at, text) for at, text in enumerate(texts)))
    until = time.monotonic() + 120
    while await analysis.numbered(store, meeting.id) < upto:
        if time.monotonic() > until:
            raise BenchFailed("The questions got no numbers in time.")
        await asyncio.sleep(0.05)


async def _cost(store: Redis, up: Product, stored: int) -> Cost:
    rng, meeting = random.Random(stored), await new_meeting(store)
    await _stored(store, up, meeting, [_text(rng) for _ in range(stored)], stored)
    await analyse(store, meeting.id)
    alone, upto = [], stored
    for _ in range(3):
        upto += 1
        await _stored(store, up, meeting, [_text(rng)], upto)
        began = time.perf_counter()
        await analyse(store, meeting.id)
        alone.append((time.perf_counter() - began) * 1000)
    await _stored(store, up, meeting, [_text(rng) for _ in range(TOGETHER)], upto + TOGETHER)
    began = time.perf_counter()
    await analyse(store, meeting.id)
    each = (time.perf_counter() - began) * 1000 / TOGETHER
    return Cost(stored, round(statistics.median(alone), 1), round(each, 1))


@asynccontextmanager
async def _halted(up: Product) -> AsyncIterator[None]:
    """No worker takes the job while this process does it itself."""
    halted = workers(up)
    for pid in halted:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in halted:
            os.kill(pid, signal.SIGCONT)


async def _points(up: Product, runs: int) -> list[Point]:
    store, points = connect(up.store_url), []
    try:
        async with browser.chromium() as chrome:
            for _ in range(runs):
                async with _halted(up):
                    costs = [await _cost(store, up, stored) for stored in STORED]
                one = await flood(store, up, chrome)
                points.append(Point(costs, one, machine.busy()))
    finally:
        await store.aclose()
    return points


def run(runs: int) -> list[Point]:
    """Both, so many times, on one running Openfloor."""
    with product.running({}, machine.cores()) as up:
        return asyncio.run(_points(up, runs))


def page(points: Sequence[Point], command: str, started: str) -> str:
    """Both tables."""
    lines = head("What a question costs, and a flood of copies", command, started, {})
    lines += table(
        ["stored already", "one arrives alone, ms", f"{TOGETHER} arrive together, ms each"],
        [
            [
                f"{stored:,}",
                spread([point.costs[at].alone_ms for point in points], 1),
                spread([point.costs[at].together_ms for point in points], 1),
            ]
            for at, stored in enumerate(STORED)
        ],
    )
    floods = [point.flood for point in points]
    lines += ["", f"{COPIES:,} people send one text within {OVER_S} s:", ""]
    lines += table(
        ["", "measured", "bound"],
        [
            ["all are sent after, s", spread([flood.sent_s for flood in floods], 1), f"{OVER_S}"],
            [
                "all are analysed after another, s",
                spread([flood.drained_s for flood in floods], 1),
                f"{DRAINED_S}",
            ],
            ["memory of the worker and its job, MB", spread([f.worker_mb for f in floods]), ""],
            ["rows on the desk", spread([flood.rows for flood in floods]), "2"],
            ["the row says", ", ".join(sorted({flood.said for flood in floods})), ""],
            [
                "the one other question, sent last, is a row",
                ", ".join(sorted({"yes" if flood.other_there else "no" for flood in floods})),
                "yes",
            ],
            [
                "update of that desk, processor 4 times slower, median ms",
                spread([flood.update_ms for flood in floods], 1),
                f"below {pages.MEDIAN_MS}",
            ],
            ["focus lost", spread([flood.focus_lost for flood in floods]), "0"],
        ],
    )
    lines += ["", f"Load average of the machine: {', '.join(p.load_average for p in points)}."]
    return "\n".join(lines)


def as_json(points: Sequence[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
