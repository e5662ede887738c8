"""Questions that a meeting lists on receipt, by its rule: a bounded number a turn, after all receipts."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from server.acts import decide, meetings
from server.store.meetings import OddRecord

TURN = 50  # one call of the store each; whoever waits for a receipt waits no longer than for that


class Listing:
    """What is to be listed, by meeting. Kept until it is done; the sequencer's start finds it anew."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[str]] = {}

    def add(self, meeting: str, questions: Sequence[str]) -> None:
        """These have their numbers now."""
        if questions:
            self._waiting.setdefault(meeting, []).extend(questions)

    async def turn(self, redis: Redis, now: int) -> int:
        """List the next ones of each meeting whose rule says so; returns how many still wait."""
        for meeting in list(self._waiting):
            try:
                found = await meetings.by_id(redis, meeting)
            except OddRecord:  # the clock says so
                found = None
            questions = self._waiting[meeting]
            if found is None or not found.after_display:
                del self._waiting[meeting]
                continue
            await decide.list_by_rule(redis, found, questions[:TURN], now)
            del questions[:TURN]
            if not questions:
                del self._waiting[meeting]
        return sum(len(questions) for questions in self._waiting.values())
