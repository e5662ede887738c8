"""Feeds the queue with exports that were asked for: what is not on it is put on it, whoever lost it.

The request stands in the meeting's own store with its commit; nothing is handed over at that moment. A
crash between the two, a queue that was lost, or workers that were stopped therefore cost time alone.
"""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from server.acts import exports
from server.domain.export import ATTEMPTS, Export, Stage
from server.store import exports as stored
from server.store import jobs
from server.store.jobs import Progress, Work

# The kinds of error after which the same again may well succeed: a store was away, or a worker died.
PASSING = frozenset(
    {"ConnectionError", "TimeoutError", "TooFewReplicas", "BusyLoadingError", "ReadOnlyError"}
)


async def hand_over(store: Redis, jobs_url: str, meeting: str) -> None:
    """Put each unfinished export of a meeting on the queue once; tell those whose job failed. Raises
    RedisError while the jobs' store is away; the next round goes on."""
    for export in await exports.undone(store, meeting):
        progress, error = await asyncio.to_thread(jobs.progress, jobs_url, export.job(meeting))
        if progress is Progress.NONE:
            await _enqueue(jobs_url, meeting, export)
        elif progress is Progress.FAILED:
            await _after_failure(store, meeting, export, error)
        elif progress is Progress.DONE:
            await _after_end(store, meeting, export)


async def _enqueue(jobs_url: str, meeting: str, export: Export) -> None:
    told = (export.job(meeting), meeting, export.id, str(export.attempt))
    await asyncio.to_thread(jobs.enqueue, jobs_url, Work.EXPORT, *told)


async def _after_failure(store: Redis, meeting: str, export: Export, error: str) -> None:
    if error in PASSING and export.attempt < ATTEMPTS:
        await stored.change(store, meeting, export, exports.anew(export))
        return
    failed = {"stage": Stage.FAILED, "error": error}
    await exports.carry_on(store, meeting, export.id, export.attempt, **failed)


async def _after_end(store: Redis, meeting: str, export: Export) -> None:
    """Its job ended, and yet it is not ready: the store went back to an older state. Make it anew."""
    now = await stored.read(store, meeting, export.id)
    if now is not None and now == export:
        await stored.change(store, meeting, export, exports.anew(export))
