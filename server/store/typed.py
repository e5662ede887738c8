"""Single reads with the types that `decode_responses=True` really gives: redis-py's own say bytes too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from redis.asyncio import Redis


async def get(redis: Redis, key: str) -> str | None:
    """STRING value, or None."""
    return cast("str | None", await redis.get(key))


async def hget(redis: Redis, key: str, field: str) -> str | None:
    """One HASH field, or None."""
    return cast("str | None", await redis.hget(key, field))


async def hkeys(redis: Redis, key: str) -> list[str]:
    """The field names of a HASH."""
    return cast("list[str]", await redis.hkeys(key))


async def hgetall(redis: Redis, key: str) -> dict[str, str]:
    """A whole HASH; empty when there is none."""
    return cast("dict[str, str]", await redis.hgetall(key))


async def hmget(redis: Redis, key: str, fields: list[str]) -> list[str | None]:
    """Several HASH fields, None where absent."""
    return cast("list[str | None]", await redis.hmget(key, fields))


async def each(redis: Redis, names: Mapping[str, str], field: str) -> dict[str, str]:
    """One field of many HASHes, by the names of their keys, where it is there and not empty; one round
    trip."""
    pipe = redis.pipeline(transaction=False)
    for key in names.values():
        pipe.hget(key, field)
    told = zip(names, await pipe.execute(), strict=True)
    return {name: str(value) for name, value in told if value}


async def smembers(redis: Redis, key: str) -> set[str]:
    """A whole SET."""
    return cast("set[str]", await redis.smembers(key))


async def srandmember(redis: Redis, key: str, count: int) -> list[str]:
    """Up to `count` different members of a SET."""
    return cast("list[str]", await redis.srandmember(key, count))


async def zrange(redis: Redis, key: str, start: int, end: int, desc: bool = False) -> list[str]:
    """Members of a ZSET by rank."""
    return cast("list[str]", await redis.zrange(key, start, end, desc=desc))


async def entries(
    redis: Redis, key: str, after: str, count: int
) -> list[tuple[str, dict[str, str]]]:
    """Entries of a STREAM after an id, oldest first."""
    start = f"({after}" if after else "-"
    found = await redis.xrange(key, min=start, count=count)
    return cast("list[tuple[str, dict[str, str]]]", found)


async def read(
    redis: Redis, positions: Mapping[str, str], count: int, block_ms: int | None = None
) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """At most so many entries of each STREAM after these ids; those that have none are left out. With
    `block_ms` it waits so long for the first."""
    wanted = cast("dict[object, object]", dict(positions))
    found = await redis.xread(wanted, count=count, block=block_ms)  # type: ignore[arg-type]
    answer: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for key, told in found.items() if isinstance(found, dict) else found or ():
        # RESP3 wraps each stream's entries in one more list than RESP2.
        rows = told[0] if told and isinstance(told[0], list) else told
        answer[cast(str, key)] = cast("list[tuple[str, dict[str, str]]]", rows)
    return answer


async def last_entry(redis: Redis, key: str) -> str:
    """Id of the newest entry of a STREAM, `0-0` when empty."""
    found = cast("list[tuple[str, dict[str, str]]]", await redis.xrevrange(key, count=1))
    return found[0][0] if found else "0-0"
