"""Reading the logs' intakes and giving public numbers, in intake order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from redis.asyncio import Redis

from server.store import keys, typed
from server.store.call import call

BLOCK_MS = 1_000
PAGE = 500
Entry = tuple[str, dict[str, str]]


async def cursor(redis: Redis, meeting: str) -> str:
    """The last intake entry that was taken, '' at first."""
    return await typed.hget(redis, keys.cursor(meeting), "intake") or ""


async def wait(redis: Redis, cursors: Mapping[str, str], after: str) -> dict[str, list[Entry]]:
    """New intake entries by meeting, and new meetings under ''; waits up to BLOCK_MS for any.

    `cursors` holds each meeting's position, `after` that in the list of meetings.
    """
    streams = {keys.intake(meeting): at or "0-0" for meeting, at in cursors.items()}
    names = {keys.intake(meeting): meeting for meeting in cursors}
    streams[keys.MEETINGS] = after or "0-0"
    names[keys.MEETINGS] = ""
    found = await redis.xread(cast("dict[object, object]", streams), count=PAGE, block=BLOCK_MS)  # type: ignore[arg-type]
    if not found:
        return {}
    pairs = found.items() if isinstance(found, dict) else found
    answer: dict[str, list[Entry]] = {}
    for key, entries in pairs:
        rows = entries[0] if entries and isinstance(entries[0], list) else entries
        answer[names[cast(str, key)]] = cast("list[Entry]", rows)
    return answer


async def number(
    redis: Redis, meeting: str, expected: str, after: str, questions: Sequence[str]
) -> bool:
    """Give the next public numbers and move the cursor, both or neither; False when it is elsewhere."""
    used = [keys.cursor(meeting), keys.numbers(meeting), keys.events(meeting)]
    used += [keys.question(meeting, q) for q in questions]
    given = await call(redis, "number_questions", used, [expected, after, *questions])
    return bool(given >= 0)
