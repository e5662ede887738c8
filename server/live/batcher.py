"""Votes of one process, gathered for a few milliseconds and counted in one function call."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.live import measures
from server.store import votes
from server.store.votes import Answer, Wish

Done = Callable[[Answer | None], None]
log = structlog.get_logger()


class Batcher:
    """Bounded: `add` answers False when `waiting` votes wait; the caller says busy at once."""

    def __init__(self, store: Redis, batch_ms: int, batch_votes: int, waiting: int) -> None:
        self._store = store
        self._gather_s = batch_ms / 1000
        self._size = batch_votes
        self._bound = waiting
        self._queues: defaultdict[str, deque[tuple[Wish, Done]]] = defaultdict(deque)
        self._count = 0
        self._work = asyncio.Event()

    def add(self, meeting: str, wish: Wish, done: Done) -> bool:
        """Queue one wish. `done` gets its answer once durable, or None: not saved, cast it again."""
        if self._count >= self._bound:
            return False
        self._queues[meeting].append((wish, done))
        self._count += 1
        self._work.set()
        return True

    async def run(self) -> None:
        """Count batches until cancelled. A store failure is answered to those in the batch."""
        while True:
            await self._work.wait()
            await asyncio.sleep(self._gather_s)
            self._work.clear()
            for meeting in list(self._queues):
                queue = self._queues.pop(meeting)
                while queue:
                    batch = [queue.popleft() for _ in range(min(self._size, len(queue)))]
                    await self._count_batch(meeting, batch)

    async def drain(self) -> None:
        """Return when nothing waits any more; for an orderly end."""
        while self._count:
            await asyncio.sleep(self._gather_s)

    async def _count_batch(self, meeting: str, batch: list[tuple[Wish, Done]]) -> None:
        answers: list[Answer] | list[None]
        measures.BATCH_VOTES.observe(len(batch))
        try:
            with measures.BATCH.time():
                answers = await votes.cast(self._store, meeting, [wish for wish, _ in batch])
        except RedisError as error:
            log.warning("votes_not_saved", votes=len(batch), error=type(error).__name__)
            answers = [None] * len(batch)
        self._count -= len(batch)
        for (_, done), answer in zip(batch, answers, strict=True):
            done(answer)
