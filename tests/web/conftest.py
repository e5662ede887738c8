"""The application on the real store, with a sequencer that gives numbers as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from quart import Quart
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.door import Door
from server.live.hub import Hub
from server.live.node import Node, Pace
from server.live.streams import Streams
from server.live.tail import Tail
from server.live.turnstile import Turnstile
from server.store.client import connect
from server.translog.timing import GATE_S
from server.web.app import create_app
from server.web.parts import WebParts
from tests.acts.building import Town
from tests.sequencer.building import sequencer_in
from tests.web import contract
from tests.web.browsing import PATIENCE_S

number = Town.number
PUBLIC_URL, SECRET = "http://floor.example", b"w" * 32


class Patient(Boards):
    """An answer waits for its number, however long a disk stands still: it comes with the answer."""

    async def numbered(self, meeting: str, q: str, timeout_s: float = PATIENCE_S) -> int | None:
        """As the boards', later."""
        return await super().numbered(meeting, q, timeout_s)

    async def caught_up(self, meeting: str, timeout_s: float = PATIENCE_S) -> bool:
        """As the boards', later."""
        return await super().caught_up(meeting, timeout_s)


def within_the_hour() -> Callable[[], float]:
    """The clock on the wall, which stands still before the next full hour: then gates open."""
    last = time.time() // GATE_S * GATE_S + GATE_S - 0.001
    return lambda: min(time.time(), last)


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def streams_of(
    store: Redis, boards: Boards, hub: Hub | None = None, batcher: Batcher | None = None
) -> Streams:
    """Whoever listens by streams of events: the limits of settings.md, and time for a slow machine."""
    batcher = batcher or Batcher(store, 5, 200, 5_000)
    pace = Pace(5, 20, 3, 250, hello_s=PATIENCE_S)
    node = Node(store, boards, batcher, SECRET, pace, now_ms)
    nobody: frozenset[str] = frozenset()
    door = Door(nobody, nobody, 16_384, PATIENCE_S, 50, 600)
    return Streams(node, hub or Hub(boards, 250), door, Turnstile(600, SECRET))


async def keep(step: Callable[[Redis], Awaitable[None]], reader: Redis) -> None:
    """Step until cancelled, as a worker's process does (workers/running.py)."""
    while True:
        try:
            await step(reader)
        except RedisError:
            await asyncio.sleep(0.05)


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End what works beside a test, and raise what one of them died of before. Left to the collector, that
    would be told in the middle of some later test."""
    died = [task for task in tasks if task.done()]
    # A cancellation that meets a finished read inside the Redis client can be swallowed: ask again.
    while waiting := {task for task in tasks if not task.done()}:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.2)
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in died:
        task.result()


async def number_later(town: Town) -> None:
    """Number a meeting's questions once the sequencer beside the test keeps its log."""
    await town.followed()
    await number(town)


@pytest_asyncio.fixture
async def app(
    store: Redis,
    store_url: str,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Quart]:
    """A running application; its sequencer and tail end with the test."""
    monkeypatch.setattr(Town, "number", number_later)
    boards = Patient(store)
    hub, batcher = Hub(boards, 250), Batcher(store, 5, 200, 5_000)
    tail = Tail(store, boards, hub, 20)
    replicas = int(pytestconfig.getoption("--sentinels"))
    reader = connect(store_url, timeout_s=30.0, replicas=replicas, reads_all=True)  # as the workers
    sequencing = keep(sequencer_in(tmp_path, within_the_hour()).step, reader)
    works = tail.run(), tail.listen(), batcher.run(), sequencing
    tasks = [asyncio.create_task(work) for work in works]
    made = create_app(
        WebParts(
            store=store,
            boards=boards,
            streams=streams_of(store, boards, hub, batcher),
            secret=SECRET,
            public_url=PUBLIC_URL,
            clock=now_ms,
            network_per_min=6000,
            tick_ms=250,
            logs=tmp_path / "data" / "log",
            jobs_url=store_url,
        )
    )
    contract.hold(made)
    yield made
    await ended(tasks)
    await reader.aclose()
