"""Ticks that no pick asks for: each minute of a live meeting in which a tally changed, one before each
gate while questions are collected, and the final one. And the entry that closes the record."""

from __future__ import annotations

from redis.asyncio import Redis

from server.store import ticks
from server.translog import leaf

APART_MS = 60_000
TICK = leaf.intent("v.tick", n="@n", eligible="@eligible", active="@active")


async def freeze(store: Redis, meeting: str, now: int) -> bool:
    """Freeze the tallies where they changed and the last tick is a minute old; True if they were."""
    return await ticks.freeze(store, meeting, TICK, now, APART_MS, False) == "frozen"


async def freeze_finally(store: Redis, meeting: str, now: int) -> None:
    """Freeze the tallies of a meeting whose votes have ended, once and for all."""
    await ticks.freeze(store, meeting, TICK, now, 0, True)


async def close(store: Redis, meeting: str, now: int) -> bool:
    """Close the record of an ended meeting; False while a question has no end yet."""
    entry = leaf.intent("log.close", meeting=meeting)
    return await ticks.close_log(store, meeting, entry, now)
