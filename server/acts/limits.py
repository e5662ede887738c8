"""Limits per person and per network, shared by all servers because the store counts."""

from __future__ import annotations

from redis.asyncio import Redis

from server.domain.refusals import Refusal, Refused
from server.store import keys
from server.store.call import call


async def take(store: Redis, key: str, per_s: float, burst: int) -> float:
    """Take one token from the bucket `key`: 0.0 when taken, else the seconds to wait (nothing taken)."""
    return float(await call(store, "take_token", [keys.bucket(key)], [f"{per_s:.6f}", burst]))


async def take_or_refuse(store: Redis, key: str, per_s: float, burst: int, what: str) -> None:
    """The same, refused in words with the time to wait."""
    wait = await take(store, key, per_s, burst)
    if wait:
        raise Refused(
            Refusal.TOO_FAST, f"{what} Please wait {in_words(wait)} and try again.", retry_in=wait
        )


def in_words(seconds: float) -> str:
    """A time to wait as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
