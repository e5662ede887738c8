"""Workers count while their heart beats; one that was killed stays registered and does not count."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from rq import Queue, Worker

from server.store import jobs
from server.store.address import plain


def registered(url: str, *names: str) -> None:
    """Workers as they say that they are born."""
    with plain(url) as connection:
        queue = Queue(jobs.NAME, connection=connection, serializer="json")
        for name in names:
            Worker([queue], name=name, connection=connection, serializer="json").register_birth()  # type: ignore[no-untyped-call]


async def test_a_worker_that_was_not_heard_for_a_while_does_not_count(
    store: Redis, store_url: str
) -> None:
    await asyncio.to_thread(registered, store_url, "alive", "killed")
    assert await asyncio.to_thread(jobs.workers, store_url) == 2
    before = datetime.now(UTC) - timedelta(seconds=2 * jobs.HEARD_S)
    told = before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    await store.hset("rq:worker:killed", "last_heartbeat", told)
    assert await asyncio.to_thread(jobs.workers, store_url) == 1
    assert (await asyncio.to_thread(jobs.overview, store_url)).workers == 1
