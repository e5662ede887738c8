"""The replicas behind Sentinels, for what each of them must do by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from server.store.circuit import GuardedSentinelPool


@asynccontextmanager
async def alive(redis: Redis) -> AsyncIterator[list[Redis]]:
    """A client of each replica that the Sentinels see alive, with the sign-in of the one that leads; none
    where no Sentinels are named. RedisError where none of them answers."""
    pool = redis.connection_pool
    if not isinstance(pool, GuardedSentinelPool):
        yield []
        return
    async with AsyncExitStack() as clients:
        made = []
        for host, port in await _addresses(pool):
            client = Redis(host=host, port=port, **pool.options)
            clients.push_async_callback(client.aclose)
            made.append(client)
        yield made


async def _addresses(pool: GuardedSentinelPool) -> list[tuple[str, int]]:
    asked = pool.sentinel_manager
    for sentinel in asked.sentinels:
        try:
            found = await sentinel.sentinel_slaves(pool.service_name)
        except RedisError:
            continue
        return [(str(host), int(port)) for host, port in asked.filter_slaves(found)]
    raise RedisConnectionError("no Sentinel answers")
