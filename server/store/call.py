"""Calling a function of the library. The only lines that know FCALL's and WAIT's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

WAIT_MS = (
    1_000  # below the socket's timeout: a replica that lags is told apart from a store that is away
)


class TooFewReplicas(RedisError):
    """The change is in the store that leads, and too few replicas confirmed it: a failover could
    lose it. It may be repeated, which asks the replicas again."""


def needed(redis: Redis) -> int:
    """How many replicas must confirm a change, 0 where there are none to ask."""
    return int(getattr(redis.connection_pool, "replicas", 0))


def confirm(pipe: Pipeline, replicas: int) -> None:
    """Ask at the end of a round trip how many replicas have all that it changed."""
    pipe.execute_command("WAIT", replicas, WAIT_MS)


def check(confirmed: object, replicas: int) -> None:
    """TooFewReplicas where the answer to `confirm` falls short; its error where it is one."""
    if isinstance(confirmed, RedisError):
        raise confirmed
    if not isinstance(confirmed, int) or confirmed < replicas:
        raise TooFewReplicas(f"{confirmed} of {replicas} replicas confirmed")


async def durable(redis: Redis, *command: str | int | bytes) -> Any:
    """A command's answer, once as many replicas as `needed` have its change. Errors as `call`."""
    replicas = needed(redis)
    if not replicas:
        return await redis.execute_command(*command)  # type: ignore[no-untyped-call]
    pipe = redis.pipeline(transaction=False)
    pipe.execute_command(*command)
    confirm(pipe, replicas)
    answer, confirmed = await pipe.execute()
    check(confirmed, replicas)
    return answer


async def call(
    redis: Redis, name: str, keys: Sequence[str], args: Sequence[str | int | bytes]
) -> Any:
    """The function's answer. Raises redis.RedisError when the store did not answer, or too few
    replicas confirmed: then the change may or may not have happened, and the call may be repeated
    (every function is idempotent)."""
    return await durable(redis, "FCALL", name, len(keys), *keys, *args)
