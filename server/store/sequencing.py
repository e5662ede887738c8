"""Reading the logs' intakes, and telling the store what the logs hold."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from redis.asyncio import Redis

from server.store import keys, typed
from server.store.call import call
from server.translog.anchor import ANCHOR

BLOCK_MS = 1_000
BEHIND_MS = 5_000  # an act that waits longer for its log is an alarm
PAGE = 500
Entry = tuple[str, dict[str, str]]


class Left(StrEnum):
    """Words in a log's folder that the system does not let us remove."""

    ERASED = "erased"  # some questions were erased
    ALL = "all"  # an archive's, which are in the store now


async def cursor(redis: Redis, meeting: str) -> str:
    """The last intake entry that was taken, '' at first."""
    return await typed.hget(redis, keys.cursor(meeting), "intake") or ""


async def wait(
    redis: Redis, cursors: Mapping[str, str], after: str, block_ms: int | None
) -> dict[str, list[Entry]]:
    """New intake entries by meeting, and new meetings under ''; waits up to `block_ms` for any, None for
    what is there alone.

    `cursors` holds each meeting's position, `after` that in the list of meetings.
    """
    streams = {keys.intake(meeting): at or "0-0" for meeting, at in cursors.items()}
    names = {keys.intake(meeting): meeting for meeting in cursors}
    streams[keys.MEETINGS] = after or "0-0"
    names[keys.MEETINGS] = ""
    found = await typed.read(redis, streams, PAGE, block_ms)
    return {names[key]: entries for key, entries in found.items()}


async def pages(redis: Redis, meeting: str, end: str) -> AsyncIterator[list[Entry]]:
    """All entries of an intake up to an id, oldest first, PAGE at a time."""
    after = "-"
    while True:
        found = await redis.xrange(keys.intake(meeting), min=after, max=end, count=PAGE)
        entries = cast("list[Entry]", found)
        if entries:
            yield entries
        if len(entries) < PAGE:
            return
        after = f"({entries[-1][0]}"


async def restart(redis: Redis, meeting: str, cursor: str) -> bool:
    """Let the intake's ids go on behind `cursor`; True where the store stood before it (lost, or an
    older copy). Entries that it holds stay and must be read again by their own ids."""
    return bool(await call(redis, "restart_intake", [keys.intake(meeting)], [cursor]))


async def noted(redis: Redis, meeting: str) -> int:
    """The log's size as the store was last told, 0 where it never was."""
    return int(await typed.hget(redis, keys.log(meeting), "size") or 0)


async def ticks(redis: Redis, meeting: str, numbers: Sequence[int]) -> dict[int, str]:
    """The frozen tallies of these ticks, as far as the store has them."""
    if not numbers:
        return {}
    found = await typed.hmget(redis, keys.ticks(meeting), [str(n) for n in numbers])
    return {n: told for n, told in zip(numbers, found, strict=True) if told is not None}


async def note(
    redis: Redis,
    meeting: str,
    cursor: str,
    size: int,
    received: int,
    fields: Mapping[str, str],
    head: str,
    submissions: Sequence[tuple[str, int, int]],
) -> None:
    """Tell the store what the log holds and trim the intake behind `cursor` ('' where more is told at
    once). Wakes who waits.

    `head` is the signed checkpoint that covers them. `submissions` are (question, public number,
    index of its leaf); those that the store does not know any more are passed over.
    """
    used = [keys.cursor(meeting), keys.numbers(meeting), keys.events(meeting)]
    used += [keys.intake(meeting), keys.log(meeting)]
    used += [keys.question(meeting, q) for q, _, _ in submissions]
    told = [part for submission in submissions for part in submission]
    args = [cursor, json.dumps(dict(fields)), size, received, head, *told]
    await call(redis, "note_leaves", used, args)


async def behind(redis: Redis, meeting: str, now: int) -> int | None:
    """Since when (epoch ms) an act of this meeting waits to get into its log, where that is longer than
    BEHIND_MS at `now`; else None."""
    at = await cursor(redis, meeting) or "0-0"
    first = cast("list[Entry]", await redis.xrange(keys.intake(meeting), min=f"({at}", count=1))
    since = int(first[0][0].partition("-")[0]) if first else now
    return since if now - since > BEHIND_MS else None


async def aside(redis: Redis, meeting: str) -> frozenset[str]:
    """The questions whose submission could become no leaf: no number will ever come."""
    return frozenset((await typed.hget(redis, keys.log(meeting), "unlogged") or "").split())


@dataclass(frozen=True, slots=True)
class Standing:
    """How the logs stand: age of the oldest act in no log yet, logs halted, intents kept aside, logs in whose
    folder words lie that should be gone."""

    waiting_s: float
    halted: int
    aside: int
    words_left: int = 0

    @property
    def behind(self) -> bool:
        """True where an act waits longer for its log than it ever should: an alarm."""
        return self.waiting_s * 1000 > BEHIND_MS


async def standing(redis: Redis, meetings: Sequence[str], now: int) -> Standing:
    """The worst of these meetings' logs and of the anchor log at `now` (epoch ms); two round trips."""
    meetings = [*meetings, ANCHOR]
    pipe = redis.pipeline(transaction=False)
    for meeting in meetings:
        pipe.hmget(keys.log(meeting), ["halted", "aside", "left"])
        pipe.hget(keys.cursor(meeting), "intake")
    told = await pipe.execute()
    for at, meeting in enumerate(meetings):
        pipe.xrange(keys.intake(meeting), min=f"({told[2 * at + 1] or '0-0'}", count=1)
    first = [int(entries[0][0].partition("-")[0]) for entries in await pipe.execute() if entries]
    return Standing(
        waiting_s=max((max(0, now - at) / 1000 for at in first), default=0.0),
        halted=sum(1 for halted, _, _ in told[::2] if halted),
        aside=sum(int(aside or 0) for _, aside, _ in told[::2]),
        words_left=sum(1 for _, _, left in told[::2] if left),
    )


async def halted(redis: Redis, meetings: Sequence[str]) -> dict[str, str]:
    """Why those of these meetings' logs, and the anchor log, are not signed on that are halted."""
    return await typed.each(redis, {m: keys.log(m) for m in (*meetings, ANCHOR)}, "halted")


async def tell_halted(redis: Redis, meeting: str, reason: str) -> None:
    """Say where everybody can read it that this log is not signed on, and why; '' takes it back."""
    if reason:
        await redis.hset(keys.log(meeting), "halted", reason)
    else:
        await redis.hdel(keys.log(meeting), "halted")


async def left(redis: Redis, meeting: str) -> Left | None:
    """Which words lie in the log's folder that should be gone, None where there are none."""
    told = await typed.hget(redis, keys.log(meeting), "left")
    return Left(told) if told else None


async def all_left(redis: Redis, meetings: Sequence[str]) -> list[str]:
    """Those of these meetings of which words lie in the log's folder that should be gone."""
    return list(await typed.each(redis, {m: keys.log(m) for m in meetings}, "left"))


async def tell_left(redis: Redis, meeting: str, which: Left | None) -> None:
    """Say where everybody can read it which words lie in the log's folder; None takes it back."""
    if which is not None:
        await redis.hset(keys.log(meeting), "left", which.value)
    else:
        await redis.hdel(keys.log(meeting), "left")


async def number(
    redis: Redis, meeting: str, expected: str, after: str, questions: Sequence[str]
) -> bool:
    """For a meeting without a log: give the next public numbers and move the cursor, both or neither;
    False when the cursor is elsewhere."""
    used = [keys.cursor(meeting), keys.numbers(meeting), keys.events(meeting)]
    used += [keys.question(meeting, q) for q in questions]
    given = await call(redis, "number_questions", used, [expected, after, *questions])
    return bool(given >= 0)
