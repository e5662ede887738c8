"""The clock: carries out all that is due. One acts at a time by a lease, and each act is idempotent."""

from __future__ import annotations

import asyncio
import os
import time

import redis
from redis.asyncio import Redis
from rq import Queue

from server.acts import closing, meetings
from server.domain.meeting import Phase
from server.domain.refusals import Refused
from server.settings import Settings
from server.store import keys
from workers.running import run
from workers.sweeping import forget_expired_organisers

PERIOD_S = 1.0
LEASE_MS = 5_000
SWEEP_EVERY_S = 300


class Clock:
    """Opens and closes windows each second; hands sweeping to the RQ worker every five minutes."""

    def __init__(self, jobs_url: str, name: str) -> None:
        self._jobs_url = jobs_url
        self._name = name
        self._swept = -1

    async def step(self, store: Redis) -> None:
        """One round, where this clock holds the lease; then a second of rest."""
        held = await store.set(keys.CLOCK, self._name, nx=True, px=LEASE_MS)
        if held or await store.get(keys.CLOCK) == self._name:
            await store.pexpire(keys.CLOCK, LEASE_MS)
            await self._windows(store)
            await self._sweep()
        await asyncio.sleep(PERIOD_S)

    async def _windows(self, store: Redis) -> None:
        now = int(time.time() * 1000)
        for meeting in await meetings.all_meetings(store):
            if meeting.phase is Phase.CLOSED:
                await closing.settle(store, meeting, now)
            elif meeting.phase is not Phase.ARCHIVED:
                try:
                    await meetings.carry_out_due(store, meeting, now)
                except Refused:
                    continue  # an organiser saved in this instant: the next round looks again

    async def _sweep(self) -> None:
        turn = int(time.time()) // SWEEP_EVERY_S
        if turn != self._swept:
            await asyncio.to_thread(self._enqueue, f"sweep-{turn}")
            self._swept = turn

    def _enqueue(self, job_id: str) -> None:
        with redis.Redis.from_url(self._jobs_url, socket_timeout=2) as connection:
            queue = Queue("openfloor", connection=connection, serializer="json")
            queue.enqueue(
                forget_expired_organisers, job_id=job_id, job_timeout=60, result_ttl=3_600
            )


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings.from_environ(os.environ)
    run(Clock(settings.jobs_url, f"{os.getpid()}-{time.time_ns()}").step)


if __name__ == "__main__":
    main()
