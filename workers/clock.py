"""The clock: carries out all that is due. One acts at a time by a lease, and each act is idempotent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import closing, erase, holds, meetings, tallies
from server.domain.meeting import Meeting, Phase
from server.domain.refusals import Refused
from server.store import analysis, erasing, jobs, keys, sequencing
from server.store.jobs import Work
from server.store.meetings import read_all
from workers.exporting import hand_over
from workers.running import run, settings_or_end

PERIOD_S = 1.0
LEASE_MS = 5_000
SWEEP_EVERY_S = 300
TICK_LOOK_MS = 10_000  # a tick follows its minute by no more
REWRITE_EVERY_S = 30.0  # between two trials to write the store's file anew after an erasure
ANALYSE_EVERY_S = 5.0  # a job looks at all that came meanwhile: not one for every question

NAMED = 20  # in a line of the journal
ODD = (
    "The store's list of meetings, or its records of them, cannot be read in {} places: {}. Nothing in the"
    " program writes such; they are passed over, and all other meetings go on. Remove or restore them."
)

log = structlog.get_logger()


class Clock:
    """Opens and closes windows each second; hands sweeping to the RQ worker every five minutes."""

    def __init__(self, jobs_url: str, name: str) -> None:
        self._jobs_url = jobs_url
        self._name = name
        self._swept = -1
        self._asked: dict[str, float] = {}
        self._told = False
        self._odd: frozenset[str] = frozenset()
        self._looked: dict[str, int] = {}
        self._behind = False
        self._rewriting: asyncio.Task[None] | None = None
        self._rewritten = -REWRITE_EVERY_S

    async def step(self, store: Redis) -> None:
        """One round, where this clock holds the lease; then a second of rest."""
        held = await store.set(keys.CLOCK, self._name, nx=True, px=LEASE_MS)
        if held or await store.get(keys.CLOCK) == self._name:
            await store.pexpire(keys.CLOCK, LEASE_MS)
            known = await read_all(store)
            self._pass_over(known.odd)
            found = known.meetings
            await self._windows(store, found)
            await self._watch_log(store, [meeting.id for meeting in found])
            await self._jobs(store, found)
            await self._words(store, [meeting.id for meeting in found])
        await asyncio.sleep(PERIOD_S)

    def _pass_over(self, odd: Sequence[str]) -> None:
        """Say once what of the list and the records of meetings cannot be read."""
        new = [name for name in odd if name not in self._odd]
        if new:
            log.error("meetings_passed_over", says=ODD.format(len(new), ", ".join(new[:NAMED])))
        self._odd = frozenset(odd)

    async def _windows(self, store: Redis, found: Sequence[Meeting]) -> None:
        now = int(time.time() * 1000)
        for meeting in found:
            if meeting.phase is not Phase.ARCHIVED:
                await holds.tell(store, meeting.id, now)
            if meeting.phase is Phase.CLOSED:
                if not await closing.settle(store, meeting, now):
                    await closing.forget(store, meeting)
            elif meeting.phase is not Phase.ARCHIVED:
                await self._tick(store, meeting, now)
                try:
                    await meetings.carry_out_due(store, meeting, now)
                except Refused:
                    continue  # an organiser saved in this instant: the next round looks again

    async def _watch_log(self, store: Redis, listed: Sequence[str]) -> None:
        """Raise the alarm once when acts wait too long for their log, and say when that is over."""
        found = await sequencing.standing(store, listed, int(time.time() * 1000))
        if found.behind and not self._behind:
            log.error("log_behind", waiting_s=round(found.waiting_s, 1), halted=found.halted)
        elif self._behind and not found.behind:
            log.info("log_caught_up")
        self._behind = found.behind

    async def _words(self, store: Redis, listed: Sequence[str]) -> None:
        """Where erased words may still be in the store's file, write it anew, beside all else."""
        if self._rewriting is not None and not self._rewriting.done():
            return
        if time.monotonic() - self._rewritten < REWRITE_EVERY_S:
            return
        owing = list(await erasing.owed(store, listed))
        if owing:
            self._rewritten = time.monotonic()
            self._rewriting = asyncio.create_task(self._rewrite(store, owing))

    async def _rewrite(self, store: Redis, owing: Sequence[str]) -> None:
        for meeting in owing:
            if not await erase.settle(store, meeting):
                log.error("erased_words_in_store_file", meeting=meeting)

    async def _tick(self, store: Redis, meeting: Meeting, now: int) -> None:
        looked = self._looked.get(meeting.id, 0)
        if meeting.phase is Phase.LIVE and now - looked >= TICK_LOOK_MS:
            self._looked[meeting.id] = now
            await tallies.freeze(store, meeting.id, now)

    async def _jobs(self, store: Redis, found: Sequence[Meeting]) -> None:
        """What the store says is to be done, put on the queue. Windows go on without the jobs' store."""
        try:
            for meeting in found:
                await hand_over(store, self._jobs_url, meeting.id)
            await self._analysis(store, found)
            await self._sweep()
        except RedisError as error:
            if not self._told:
                log.warning("jobs_store_away", error=type(error).__name__)
            self._told = True
        else:
            self._told = False

    async def _analysis(self, store: Redis, found: Sequence[Meeting]) -> None:
        """One job per meeting with something new; its id tells how far it starts, and the minute, so
        that one that failed for good is tried again."""
        minute = int(time.time()) // 60
        for meeting in found:
            if meeting.phase is Phase.ARCHIVED:
                continue
            if time.monotonic() - self._asked.get(meeting.id, -ANALYSE_EVERY_S) < ANALYSE_EVERY_S:
                continue
            done = await analysis.done(store, meeting.id)
            if int(done or 0) < await analysis.numbered(store, meeting.id):
                name = f"analysis-{meeting.id}-{done or 0}-{minute}"
                await asyncio.to_thread(
                    jobs.enqueue, self._jobs_url, Work.ANALYSE, name, meeting.id
                )
                self._asked[meeting.id] = time.monotonic()

    async def _sweep(self) -> None:
        turn = int(time.time()) // SWEEP_EVERY_S
        if turn != self._swept:
            await asyncio.to_thread(jobs.enqueue, self._jobs_url, Work.SWEEP, f"sweep-{turn}")
            self._swept = turn


def main() -> None:
    """Run until SIGTERM."""
    settings = settings_or_end()
    run(Clock(settings.jobs_url, f"{os.getpid()}-{time.time_ns()}").step)


if __name__ == "__main__":
    main()
