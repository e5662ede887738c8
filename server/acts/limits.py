"""Limits per person and per network, shared by all servers because the store counts."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from server.domain.refusals import Refusal, Refused, Sentence
from server.store import keys
from server.store.call import call


@dataclass(frozen=True, slots=True)
class Rate:
    """What one person may do: so many a second in the long run, so many at once."""

    per_s: float
    burst: int


async def take(store: Redis, key: str, per_s: float, burst: int) -> float:
    """Take one token from the bucket `key`: 0.0 when taken, else the seconds to wait (nothing taken)."""
    return float(await call(store, "take_token", [keys.bucket(key)], [f"{per_s:.6f}", burst]))


async def take_or_refuse(
    store: Redis, key: str, per_s: float, burst: int, english: str, **values: object
) -> None:
    """The same, refused in words with the time to {wait}."""
    wait = await take(store, key, per_s, burst)
    if wait:
        told = Sentence(english, {"wait": in_words(wait), **values})
        raise Refused(Refusal.TOO_FAST, told, retry_in=wait)


def refuse_network(wait: float) -> None:
    """Return when `wait` is 0; else the refusal of a network that writes too much at once."""
    if wait:
        words = "Too much at once from this network. Please wait {wait} and try again."
        raise Refused(Refusal.TOO_FAST, words, retry_in=wait, wait=in_words(wait))


def in_words(seconds: float) -> str:
    """A time to wait as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
