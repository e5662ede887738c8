"""The raw store limit: durable votes a second that the store counts when nothing else stands before it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from server.store import boards, votes
from server.store.client import connect
from server.store.votes import Wish
from tools.bench import machine, product
from tools.bench.product import Product, Stage

QUESTIONS = 100
VOTERS = 10_000
TRIPS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Point:
    """One batch size: votes a second, and what the store used for it."""

    batch: int
    votes_per_s: float
    trip_p50_ms: float
    store_cores: float
    load_average: str


async def _measure(
    store: Redis, stage: Stage, batch: int, seconds: float
) -> tuple[int, list[float]]:
    ids = [row.q for row in await boards.all_rows(store, stage.meeting.id, None)]
    counted, trips, end = 0, list[float](), time.monotonic() + seconds
    turn = iter(range(1 << 60))

    async def client() -> None:
        nonlocal counted
        while time.monotonic() < end:
            first = next(turn) * batch
            wishes = [
                Wish(ids[at % QUESTIONS], at // QUESTIONS % VOTERS, at % 2 == 0, at + 1, 0)
                for at in range(first, first + batch)
            ]
            began = time.monotonic()
            await votes.cast(store, stage.meeting.id, wishes)
            trips.append(time.monotonic() - began)
            counted += batch

    await asyncio.gather(*(client() for _ in range(TRIPS_AT_ONCE)))
    return counted, trips


async def _points(up: Product, seconds: float) -> list[Point]:
    store = connect(up.store_url)
    points = []
    try:
        for batch in (1, 10, 50, 200):
            stage = await product.set_up(up, 1, QUESTIONS)
            before, began = machine.cpu_s(up.store), time.monotonic()
            counted, trips = await _measure(store, stage, batch, seconds)
            took = time.monotonic() - began
            points.append(
                Point(
                    batch=batch,
                    votes_per_s=round(counted / took),
                    trip_p50_ms=round(sorted(trips)[len(trips) // 2] * 1000, 2),
                    store_cores=round((machine.cpu_s(up.store) - before) / took, 2),
                    load_average=machine.busy(),
                )
            )
    finally:
        await store.aclose()
    return points


def run(seconds: float) -> list[Point]:
    """Each batch size once; the client runs where the server otherwise would."""
    with product.running({}, machine.cores()) as up:
        return asyncio.run(_points(up, seconds))


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
