"""What a limit holds back is told: counted for the whole meeting, once a minute, naming nobody."""

from __future__ import annotations

from redis.asyncio import Redis

from server.store import keys
from server.store.call import call
from server.translog import leaf

APART_MS = 60_000
SUBMIT = "submit"


async def count(store: Redis, meeting: str) -> None:
    """One more submission was held back."""
    await store.hincrby(keys.meeting(meeting), "held", 1)


async def tell(store: Redis, meeting: str, now: int) -> int:
    """Log how many were held back since it was told last; 0 where nothing was, or a minute has not gone."""
    entry = leaf.intent("m.hold", meeting=meeting, rule=SUBMIT, count="@count")
    used = [keys.meeting(meeting), keys.intake(meeting), keys.desk_log(meeting)]
    return int(await call(store, "tell_held", used, [now, entry, APART_MS]))
