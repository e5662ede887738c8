"""Reading the event streams of many meetings in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from redis.asyncio import Redis

from server.store import keys, typed

PAGE = 2_000
Entry = tuple[str, dict[str, str]]


async def since(redis: Redis, positions: Mapping[str, str]) -> dict[str, list[Entry]]:
    """New entries of each meeting after its position, at most PAGE each, oldest first."""
    if not positions:
        return {}
    meetings = {keys.events(meeting): meeting for meeting in positions}
    streams = {keys.events(meeting): at for meeting, at in positions.items()}
    found = await typed.read(redis, streams, PAGE)
    return {meetings[key]: entries for key, entries in found.items()}


async def oldest(redis: Redis, meeting: str) -> str:
    """Id of the oldest entry kept; a reader behind it must take the state anew."""
    found = await redis.xrange(keys.events(meeting), count=1)
    return cast("list[Entry]", found)[0][0] if found else "0-0"


async def behind(redis: Redis, meeting: str, position: str) -> bool:
    """True when the stream was trimmed past `position`, or begun anew: entries were missed."""
    first = await oldest(redis, meeting)
    last = await typed.last_entry(redis, keys.events(meeting))
    return order(position) > order(last) or (position != "0-0" and order(first) > order(position))


def order(position: str) -> tuple[int, int]:
    """A position as a pair that sorts."""
    ms, _, sequence = position.partition("-")
    return int(ms), int(sequence or 0)
