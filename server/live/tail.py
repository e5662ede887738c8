"""The node's one reader: event streams to boards, and each tick's delta to everybody (V9, V10)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import admission
from server.live import measures
from server.live.boards import Boards
from server.live.frames import text_frame
from server.live.hub import Hub
from server.live.rhythm import Rhythm
from server.protocol.outbound import encode
from server.store import events, keys

MIN_GAP_S = 0.03  # urgent wakes in a burst are told together
RETRY_S = 0.5
DIGEST_S = 15.0
STALE_S = 10.0  # not read for so long (frozen, blocked): look whether the stream still reaches back
log = structlog.get_logger()


class Tail:
    """Reads every followed meeting once a tick; an urgent decision wakes it earlier."""

    def __init__(
        self,
        store: Redis,
        boards: Boards,
        hub: Hub,
        tick_ms: int,
        waited_s: Callable[[], float] = float,
    ) -> None:
        self._store = store
        self._boards = boards
        self._hub = hub
        self._rhythm = Rhythm(tick_ms)
        self._waited_s = waited_s  # how long piled up votes waited since it was last asked
        self._urgent = asyncio.Event()
        self._away = False
        self._read_at = 0.0
        self._digest_at: dict[str, float] = {}
        self._epochs: dict[str, str] = {}  # of each followed meeting, as its listeners know it
        self._unsure: set[str] = set()  # the end of a sign-in may be among what was missed

    async def run(self) -> None:
        """Follow until cancelled. While the store is away boards stand still; afterwards they are
        brought up to date from the stream, or read anew where it was trimmed or replaced."""
        self._read_at = self._clock()
        due = self._read_at + self._rhythm.period_ms / 1000
        while True:
            # What the store took for the tick before is no fault of the loop, and telling less often would
            # not make its disk any faster.
            awaited = max(due, self._clock())
            urgent = await self._woken(due)
            if not urgent:
                late = self._clock() - awaited
                self._rhythm.heard(late, self._hub.listeners, self._waited_s())
                self._hub.tick_ms = self._rhythm.period_ms
                # From tick to tick, not from end to start: the work in between is no part of it.
                due = max(due + self._rhythm.period_ms / 1000, self._clock())
            began = time.perf_counter()
            try:
                await self._catch_up()
            except RedisError as error:
                measures.STORE_AWAY.set(1)
                if not self._away:
                    log.warning("store_away", error=type(error).__name__)
                self._away = True
                await asyncio.sleep(RETRY_S)
                continue
            self._tell()
            self._let_go()
            measures.STORE_AWAY.set(0)
            measures.TICK.observe(time.perf_counter() - began)
            measures.BOARDS.set(len(self._boards.positions()))
            if urgent:
                await asyncio.sleep(MIN_GAP_S)

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()

    async def _woken(self, due: float) -> bool:
        """Wait for an urgent decision (True) or until the tick is due."""
        try:
            async with asyncio.timeout_at(due):
                await self._urgent.wait()
        except TimeoutError:
            return False
        finally:
            self._urgent.clear()
        return True

    async def listen(self) -> None:
        """Hear of urgent entries until cancelled. A missed hint costs one tick, no more."""
        while True:
            try:
                async with self._store.pubsub() as channel:
                    await channel.subscribe(keys.WAKE)
                    while True:
                        found = await channel.get_message(
                            ignore_subscribe_messages=True, timeout=1.0
                        )
                        if found is not None:
                            self._urgent.set()
            except RedisError:
                await asyncio.sleep(RETRY_S)

    async def _catch_up(self) -> None:
        if self._away or self._clock() - self._read_at > STALE_S:
            for meeting in self._followed():
                await self._mend(meeting)
        more = True
        while more:
            more, asked_at = False, self._clock()
            arrived = await events.since(self._store, self._followed())
            for meeting, entries in arrived.items():
                full = len(entries) >= events.PAGE
                # Whatever was trimmed, what is left fills a page: only then is it worth a question.
                if full and await self._mend(meeting):
                    continue
                for sign_in in await self._boards.fold(meeting, entries):
                    self._hub.end(meeting, sign_in)
                more = more or full
        await self._renew()
        await self._end_unsure()
        # When it was asked: who is frozen while the answer is on its way has not read since then.
        self._away, self._read_at = False, asked_at

    def _followed(self) -> dict[str, str]:
        """Where each board was read to; under which epoch is noted of new ones."""
        positions = self._boards.positions()
        for meeting in positions:
            self._epochs.setdefault(meeting, self._epoch(meeting))
        return positions

    async def _renew(self) -> None:
        """Take the boards anew whose store was rebuilt, as another epoch tells: pages must look anew, and
        tell their votes again. What the store does not answer is done by the next tick."""
        for meeting in self._boards.positions():
            epoch = self._epoch(meeting)
            if self._epochs.get(meeting, epoch) != epoch:
                await self._boards.reload(meeting)
                self._hub.come_back(meeting)
                self._epochs[meeting] = epoch

    def _epoch(self, meeting: str) -> str:
        board = self._boards.last(meeting)
        return board.meeting.epoch if board is not None else ""

    async def _mend(self, meeting: str) -> bool:
        """Take the board anew where entries were missed; False when none were."""
        position = self._boards.positions()[meeting]
        if not await events.behind(self._store, meeting, position):
            return False
        self._unsure.add(meeting)
        await self._boards.reload(meeting)
        return True

    async def _end_unsure(self) -> None:
        """End the listeners whose sign-ins ended unheard. What the store does not answer is done by the
        next tick."""
        for meeting in tuple(self._unsure):
            held = self._hub.sign_ins(meeting) - {""}
            gone = held - await admission.standing(self._store, meeting, held)
            board = self._boards.last(meeting)
            if board is not None and board.meeting.readers == "attendees":
                gone.add("")  # as in Boards.fold
            self._hub.end_all(meeting, gone)
            self._unsure.discard(meeting)

    def _tell(self) -> None:
        for meeting in self._boards.positions():
            board = self._boards.last(meeting)
            delta = board.take_delta() if board is not None else None
            if board is not None and delta is not None:
                delta["tick"] = self._hub.tick_ms
                if self._clock() >= self._digest_at.get(meeting, 0.0):
                    delta["digest"] = board.digest()
                    self._digest_at[meeting] = self._clock() + DIGEST_S
                self._hub.broadcast(meeting, text_frame(encode(delta)), board.position)

    def _let_go(self) -> None:
        """Forget the boards that nobody listens to or asks for: memory follows the meetings in use."""
        for meeting in self._boards.idle():
            if self._hub.let_go(meeting):
                self._boards.let_go(meeting)
                self._digest_at.pop(meeting, None)
                self._epochs.pop(meeting, None)
