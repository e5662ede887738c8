"""One way to reach the store: bounded pool, short timeouts, no hidden retries."""

from __future__ import annotations

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

# redis-py 8 repeats a timed-out command by itself: one XADD became four entries (measured). Our
# functions are idempotent, yet a caller must hear of the first failure within the timeout.
TIMEOUT_S = 2.0
POOL = 64


def connect(url: str) -> Redis:
    """A client for `url`; connects on first use. Commands fail after TIMEOUT_S with RedisError."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=POOL,
        timeout=TIMEOUT_S,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
    )
    return Redis(connection_pool=pool)
