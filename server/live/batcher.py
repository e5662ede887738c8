"""Votes of one process, gathered for a few milliseconds, counted in one function call per batch.

All that waits goes in one round trip, however many batches it makes: a loop that lags makes larger
trips, not a longer queue. While a trip's worth waits for the one under way, nobody is read: else a busy
loop would read votes for ever, and the store's answers never.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.live import measures
from server.live.gate import Gate
from server.store import votes
from server.store.votes import Answer, Wish

Done = Callable[[Answer | None], None]
TRIP = 10  # batches gathered for one round trip before reading stops
log = structlog.get_logger()


class Batcher:
    """Bounded: the gate is shut while `TRIP` batches wait; `add` answers False when `waiting` votes do,
    the ones under way included, and the caller says busy at once."""

    def __init__(
        self, store: Redis, batch_ms: int, batch_votes: int, waiting: int, gate: Gate | None = None
    ) -> None:
        self._store = store
        self._gather_s = batch_ms / 1000
        self._size = batch_votes
        self._bound = waiting
        self._queues: defaultdict[str, list[tuple[Wish, Done]]] = defaultdict(list)
        self._count = self._gathered = 0
        self._oldest = 0.0  # when the first of those gathered came
        self._waited = 0.0
        self._trip = min(TRIP * batch_votes, waiting)
        self._gate = gate or Gate()
        self._ending = False
        self._work = asyncio.Event()

    def add(self, meeting: str, wish: Wish, done: Done) -> bool:
        """Queue one wish. `done` gets its answer once durable, or None: not saved, cast it again."""
        if self._count >= self._bound:
            return False
        self._queues[meeting].append((wish, done))
        self._count += 1
        self._gathered += 1
        if self._gathered == 1:
            self._oldest = time.perf_counter()
        if self._gathered >= self._trip:
            self._gate.shut = True
        self._work.set()
        return True

    def waited_s(self) -> float:
        """How long the slowest answer of a full trip took since this was last asked. That few votes wait for
        a slow disk is no backlog: telling less often would not help them."""
        waited, self._waited = self._waited, 0.0
        return waited

    async def run(self) -> None:
        """Count batches until cancelled. A store failure is answered to those in the batch."""
        while True:
            await self._work.wait()
            await asyncio.sleep(self._gather_s)
            self._work.clear()
            await self._count_all()

    async def drain(self, within_s: float) -> None:
        """Read nobody any more and return when nothing waits, or `within_s` later; for an orderly end.

        Who was not told by then casts again, at whichever server they come to.
        """
        self._ending = self._gate.shut = True
        until = asyncio.get_running_loop().time() + within_s
        while self._count and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self._gather_s)

    def _read_on(self) -> None:
        if not self._ending:
            self._gate.open()

    def _batches(self) -> list[tuple[str, list[tuple[Wish, Done]]]]:
        waiting, self._queues = self._queues, defaultdict(list)
        return [
            (meeting, queue[start : start + self._size])
            for meeting, queue in waiting.items()
            for start in range(0, len(queue), self._size)
        ]

    async def _count_all(self) -> None:
        batches = self._batches()
        full, oldest = self._gathered >= self._trip, self._oldest
        self._gathered = 0
        # In the next turn, once this trip is on its way: the store counts while we read on.
        asyncio.get_running_loop().call_soon(self._read_on)
        answers: list[list[Answer] | None]
        try:
            with measures.BATCH.time():
                answers = await votes.cast_all(
                    self._store,
                    [(meeting, [wish for wish, _ in batch]) for meeting, batch in batches],
                )
        except RedisError as error:
            count = sum(len(batch) for _, batch in batches)
            log.warning("votes_not_saved", votes=count, error=type(error).__name__)
            answers = [None] * len(batches)
        took = time.perf_counter() - oldest
        measures.ACK.observe(took)
        if full:
            self._waited = max(self._waited, took)
        for (_, batch), told in zip(batches, answers, strict=True):
            measures.BATCH_VOTES.observe(len(batch))
            self._count -= len(batch)
            for at, (_, done) in enumerate(batch):
                done(None if told is None else told[at])
