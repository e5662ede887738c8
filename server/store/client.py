"""One way to reach the store: bounded pool, short timeouts, no hidden retries."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server.store.circuit import Circuit, GuardedPool

# redis-py 8 repeats a timed-out command by itself: one XADD became four entries (measured). Our
# functions are idempotent, yet a caller must hear of the first failure within the timeout.
TIMEOUT_S = 2.0
POOL = 64


def connect(url: str, circuit: Circuit | None = None, timeout_s: float = TIMEOUT_S) -> Redis:
    """A client for `url`; connects on first use. Commands fail after `timeout_s` with RedisError, at
    once while `circuit` is open."""
    pool = GuardedPool.from_url(
        url,
        max_connections=POOL,
        timeout=timeout_s,
        decode_responses=True,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
    )
    pool.circuit = circuit
    return Redis(connection_pool=pool)
