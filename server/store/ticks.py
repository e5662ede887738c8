"""Frozen tallies: a tick for itself, the ranking that a pick cited, and the log's closing entry."""

from __future__ import annotations

import json

from redis.asyncio import Redis

from server.store import keys, typed
from server.store.call import call


def tallies(m: str) -> list[str]:
    """The keys that a tick freezes and is kept in, in the order of functions/00_shared.lua."""
    return [
        keys.ranked(m),
        keys.ticks(m),
        keys.active(m),
        keys.free_numbers(m),
        keys.voter_count(m),
    ]


async def freeze(
    redis: Redis, meeting: str, intent: str, now: int, apart_ms: int, final: bool
) -> str:
    """'frozen' | 'unchanged' | 'fresh' (the last tick is younger than `apart_ms`) | 'final'."""
    used = [*tallies(meeting), keys.meeting(meeting), keys.intake(meeting), keys.desk_log(meeting)]
    return str(await call(redis, "freeze_tallies", used, [now, intent, apart_ms, int(final)]))


async def close_log(redis: Redis, meeting: str, intent: str, now: int) -> bool:
    """Append the record's closing entry where every question has its end; False while one has not."""
    m = meeting
    used = [keys.meeting(m), keys.intake(m), keys.desk_log(m), keys.ranked(m), keys.waiting(m)]
    used += [keys.on_air(m), keys.appeals(m)]
    return str(await call(redis, "close_log", used, [intent, now])) == "closed"


async def log_closed(redis: Redis, meeting: str) -> bool:
    """True once the closing entry was appended: nothing but erasures may follow it."""
    return await typed.hget(redis, keys.meeting(meeting), "log_closed") is not None


async def above(redis: Redis, meeting: str, tick: int, rank: int) -> list[str]:
    """The questions that stood above place `rank` at a tick, the first one first."""
    told = await typed.hget(redis, keys.ticks(meeting), str(tick))
    # An empty Lua table is an object to cjson.
    ranking = (json.loads(told)["ranking"] or []) if told else []
    return [str(row[0]) for row in ranking[: max(0, rank - 1)]]


async def passed_over(redis: Redis, meeting: str, ids: list[str]) -> list[tuple[int, str]]:
    """(public number, the stage's last reason to skip it or '') of these questions."""
    pipe = redis.pipeline(transaction=False)
    for q in ids:
        pipe.hmget(keys.question(meeting, q), ["number", "skipped"])
    found = await pipe.execute() if ids else []
    return [(int(number), skipped or "") for number, skipped in found if number]
