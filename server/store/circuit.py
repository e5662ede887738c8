"""Knows whether the store takes writes, so that nobody waits for one that does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from server.store import keys
from server.store.call import durable

FAILURES = 3
PROBE_EVERY_S = 0.5
PROBE_TIMEOUT_S = 1.0  # a busy disk takes tenths of a second for an fsync
log = structlog.get_logger()


class StoreAway(RedisConnectionError):
    """The store did not take the last probes; nothing was sent to it."""


class Circuit:
    """Open (commands fail at once) after FAILURES probes in a row, closed by the first that works."""

    def __init__(self) -> None:
        self.open = False
        self._failures = 0
        self._known = False

    async def probe(self, store: Redis, came_back: Callable[[Redis], Awaitable[None]]) -> bool:
        """Write once. PING would answer also where writes fail.

        `came_back` runs at the first success and at each recovery, before commands pass again; it is
        part of the probe, so what fails in it leaves the store away.
        """
        try:
            await durable(store, "SET", keys.PROBE, "1", "PX", 10_000)
            if self.open or not self._known:
                await came_back(store)
        except (RedisError, OSError) as error:
            self._failures += 1
            if self._failures >= FAILURES or not self._known:
                self._turn(True, type(error).__name__)
            return False
        self._failures, self._known = 0, True
        self._turn(False, "")
        return True

    async def watch(self, store: Redis, came_back: Callable[[Redis], Awaitable[None]]) -> None:
        """Probe until cancelled. `store` is a client of its own: without this circuit, with
        PROBE_TIMEOUT_S, so that a frozen store is known within seconds."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.probe(store, came_back)
            await asyncio.sleep(max(0.0, PROBE_EVERY_S - (loop.time() - began)))

    def _turn(self, is_open: bool, error: str) -> None:
        if is_open != self.open:
            if is_open:
                log.warning("store_away", error=error)
            else:
                log.info("store_back")
        self.open = is_open


class GuardedPool(BlockingConnectionPool):
    """A pool that hands out no connection while its circuit is open. `replicas`: how many must have
    a function's change before it counts as made (server.store.call)."""

    circuit: Circuit | None = None
    replicas = 0

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> Any:
        """A connection; StoreAway at once while the store is known to be away."""
        _refuse_while_open(self.circuit)
        return await super().get_connection()  # type: ignore[no-untyped-call]


class GuardedSentinelPool(SentinelConnectionPool):
    """The same, to whichever server the Sentinels say leads. What was led by another is dropped.

    Where `most` connections are lent, the next caller waits `patience_s` for one: the library's own pool
    would refuse it at once.
    """

    circuit: Circuit | None = None
    replicas = 0

    def __init__(
        self, service: str, asked: Sentinel, most: int, patience_s: float, **options: Any
    ) -> None:
        self.options = dict(options)  # for whoever asks another server of the service
        super().__init__(service, asked, **options)  # type: ignore[no-untyped-call]
        self._room, self._patience_s = asyncio.Semaphore(most), patience_s
        self._lent: set[object] = set()

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> Any:
        """A connection; StoreAway at once while the store is known to be away."""
        _refuse_while_open(self.circuit)
        try:
            async with asyncio.timeout(self._patience_s):
                await self._room.acquire()
        except TimeoutError:
            raise RedisConnectionError("no connection to the store became free") from None
        try:
            connection = await super().get_connection()  # type: ignore[no-untyped-call]
        except BaseException:
            self._room.release()
            raise
        self._lent.add(connection)
        return connection

    async def release(self, connection: Any) -> None:
        """Take a connection back."""
        try:
            await super().release(connection)
        finally:
            if connection in self._lent:
                self._lent.discard(connection)
                self._room.release()


def _refuse_while_open(circuit: Circuit | None) -> None:
    if circuit is not None and circuit.open:
        raise StoreAway("the store does not take writes")
