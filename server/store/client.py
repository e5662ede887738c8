"""One way to reach the store: bounded pool, short timeouts, no hidden retries."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from server.domain.store_address import sentinels
from server.store.circuit import Circuit, GuardedPool, GuardedSentinelPool

# redis-py 8 repeats a timed-out command by itself: one XADD became four entries (measured). Our
# functions are idempotent, yet a caller must hear of the first failure within the timeout.
TIMEOUT_S = 2.0
POOL = 64


def connect(
    url: str,
    circuit: Circuit | None = None,
    timeout_s: float = TIMEOUT_S,
    replicas: int = 0,
    reads_all: bool = False,
) -> Redis:
    """A client for `url` (server.domain.store_address); connects on first use. Commands fail after
    `timeout_s` with RedisError, at once while `circuit` is open.

    With `replicas`, a function's change counts as made only when so many replicas have it too. With
    `reads_all`, bytes that are no text are read as escapes; else they are a UnicodeDecodeError.
    """
    options: dict[str, Any] = {
        "decode_responses": True,
        "encoding_errors": "backslashreplace" if reads_all else "strict",
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
    }
    found = sentinels(url)
    pool: GuardedPool | GuardedSentinelPool
    if found is None:
        pool = GuardedPool.from_url(url, max_connections=POOL, timeout=timeout_s, **options)
    else:
        timeouts = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
        asked = Sentinel(list(found.hosts), sentinel_kwargs=timeouts)  # type: ignore[no-untyped-call]
        options |= found.sign_in
        pool = GuardedSentinelPool(found.service, asked, most=POOL, patience_s=timeout_s, **options)
    pool.circuit, pool.replicas = circuit, replicas
    return Redis(connection_pool=pool)
