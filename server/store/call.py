"""Calling a function of the library. The only line that knows FCALL's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis


async def call(redis: Redis, name: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
    """The function's answer. Raises redis.RedisError when the store did not answer: then the change
    may or may not have happened, and the call may be repeated (every function is idempotent)."""
    return await redis.fcall(name, len(keys), *keys, *args)
