"""The intake keeper: gives public numbers in intake order. It trims nothing.

Two keepers at once do no harm: the number and the cursor change in one function that compares the
cursor, so the slower one reads again.
"""

from __future__ import annotations

import time

from redis.asyncio import Redis

from server.acts import decide, meetings
from server.store import sequencing
from server.store.sequencing import Entry
from workers.running import run


class Keeper:
    """Follows every meeting's intake from its stored cursor."""

    def __init__(self) -> None:
        self._cursors: dict[str, str] = {}
        self._listed_to = ""

    async def step(self, store: Redis) -> None:
        """Number what has arrived, in order; waits about a second where nothing has."""
        try:
            arrived = await sequencing.wait(store, self._cursors, self._listed_to)
            for meeting, entries in arrived.items():
                if meeting:
                    await self._take(store, meeting, entries)
                else:
                    await self._follow(store, entries)
        except BaseException:
            # Whatever was half read is read again from the stored cursors.
            self._cursors, self._listed_to = {}, ""
            raise

    async def _follow(self, store: Redis, entries: list[Entry]) -> None:
        for position, entry in entries:
            meeting = entry["meeting"]
            self._cursors[meeting] = await sequencing.cursor(store, meeting)
            self._listed_to = position
            # A crash between numbering and listing leaves numbered questions waiting: redo here.
            waiting = await decide.waiting(store, meeting)
            await self._list(store, meeting, [question.q for question in waiting])

    async def _take(self, store: Redis, meeting: str, entries: list[Entry]) -> None:
        questions = [e["id"].removeprefix("r:") for _, e in entries if e["id"].startswith("r:")]
        last = entries[-1][0]
        if await sequencing.number(store, meeting, self._cursors[meeting], last, questions):
            self._cursors[meeting] = last
            await self._list(store, meeting, questions)
        else:
            self._cursors[meeting] = await sequencing.cursor(store, meeting)

    async def _list(self, store: Redis, meeting: str, questions: list[str]) -> None:
        found = await meetings.by_id(store, meeting) if questions else None
        if found is not None and found.after_display:
            for q in questions:
                await decide.list_by_rule(store, found, q, int(time.time() * 1000))


if __name__ == "__main__":
    run(Keeper().step)
