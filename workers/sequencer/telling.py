"""Telling the store what the logs hold: numbers, places, size. All that is told is absolute, so that it is
told again after any failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from redis.asyncio import Redis

from server.store import sequencing
from server.store.sequencing import PAGE
from workers.sequencer.batching import follows
from workers.sequencer.log import MeetingLog

Numbered = list[str]


class Telling:
    """What the store was told of each log since we began to look at it; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.noted: dict[str, int] = {}
        self._told: dict[str, tuple[str, bytes]] = {}

    def forget(self) -> None:
        """The store may have come back older, or empty."""
        self.noted = {}

    def is_behind(self, found: MeetingLog) -> bool:
        """True where the store does not know all that a log which it follows holds."""
        state = found.state
        noted = self.noted.get(state.meeting)
        if noted is None:
            return False
        told = self._told.get(state.meeting)
        return noted < state.size or told != (state.cursor, state.served_root)

    async def note(self, redis: Redis, found: MeetingLog) -> Numbered:
        """Tell what is new; returns the questions that were told their numbers."""
        since = self.noted[found.state.meeting]
        return [q async for told in self.pages(redis, found, since) for q in told]

    async def pages(
        self, redis: Redis, found: MeetingLog, since: int, ends: bool = True
    ) -> AsyncIterator[Numbered]:
        """The same from leaf `since` on, PAGE leaves at a time. Size and cursor are told with the last page
        alone: whoever goes on after a fault between two pages begins behind what the store was told, and
        finds in the intake what it had. Without `ends` they are told by another call."""
        state, fields = found.state, self._fields(found)
        meeting = state.meeting
        for start in range(since, max(state.size, since + 1), PAGE):
            end = min(start + PAGE, state.size)
            told, last = found.submissions(start, end), ends and end >= state.size
            cursor, size = (state.cursor, state.size) if last else ("", since)
            if told or last:
                await sequencing.note(
                    redis, meeting, cursor, size, state.received, fields, found.signed, told
                )
            if last:
                self.noted[meeting] = state.size
                self._told[meeting] = (state.cursor, state.served_root)
            yield [q for q, _, _ in told]

    def _fields(self, found: MeetingLog) -> dict[str, str]:
        state, aside = found.state, found.aside()
        unlogged = [kept.intent[2:] for kept in aside if kept.intent.startswith("r:")]
        lost = [kept for kept in aside if not follows(kept.intent, unlogged)]
        return {
            "root": state.root.hex(),
            "served": str(state.clockwork.served),
            "aside": str(len(lost)),
            "unlogged": " ".join(unlogged),
            "at": str(int(self._clock())),
        }
