"""The event itself: attendees side by side, each one's rows in file order, then the comparison."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.replay.asking import Asking
from tools.replay.attendee import Attendee, Fate
from tools.replay.door import Door, rows
from tools.replay.recording import Item, Recording, VoteRow
from tools.replay.stage import Stage

LARGEST_NUMBER = 16_777_214  # stands for a question that never got a number: nobody reaches it
SETTLE_S = 15.0
LOOK_S = 0.25
NOT_ON_BOARD = frozenset({"unknown", "not_listed"})


@dataclass(slots=True)
class Played:
    """What happened, and what the server says it adds up to."""

    sent: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    ack_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Play:
    """One run. `speed` divides the recorded gaps; None plays without gaps."""

    door: Door
    stage: Stage
    recording: Recording
    speed: float | None
    step: Callable[[], None]
    played: Played = field(default_factory=Played)
    _asking: Asking = field(init=False)
    _asked: dict[str, asyncio.Event] = field(init=False)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._asking = Asking(self.door, self.stage)
        self._asked = {item: asyncio.Event() for item in self.recording.items}

    @property
    def refused_texts(self) -> dict[str, str]:
        """Items whose text the server refused, with the refusal."""
        return self._asking.refused

    async def _due(self, at_ms: float) -> None:
        if self.speed is not None:
            due = self._began + (at_ms - self.recording.first_ms()) / 1000 / self.speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask_all(self, items: list[Item]) -> None:
        """One submitter's items, in file order; the votes for an item wait for its decision."""
        for item in items:
            await self._due(item.at_ms)
            await self._asking.ask(item)
            self._asked[item.id].set()
            self.step()

    async def _cast(self, attendee: Attendee, row: VoteRow) -> Fate:
        """Vote as somebody who sees the board: a listed item reaches each server's by a tick."""
        number = self._asking.numbers.get(row.item)
        if number is None:
            return await attendee.vote(LARGEST_NUMBER, row.on)
        until = time.monotonic() + SETTLE_S
        while True:
            fate = await attendee.vote(number, row.on)
            listed = self.recording.items[row.item].listed
            if fate.code not in NOT_ON_BOARD or not listed or time.monotonic() > until:
                return fate
            await asyncio.sleep(LOOK_S)

    async def _vote_all(self, voter: str, votes: list[VoteRow]) -> None:
        attendee = self.stage.attendees[voter]
        await attendee.open()
        for row in votes:
            await self._due(row.at_ms)
            await self._asked[row.item].wait()
            self.played.sent += 1
            fate = await self._cast(attendee, row)
            if fate.code:
                self.played.refusals[fate.code] += 1
            else:
                self.played.ack_ms.append(fate.ms)
            self.step()
        await attendee.close()

    async def run(self) -> Played:
        """Play everything, read the totals back, compare; ReplayFailed when it cannot go on."""
        self._began = time.monotonic()
        mine: dict[str, list[Item]] = {}
        for item in self.recording.items.values():
            mine.setdefault(item.submitter, []).append(item)
        async with asyncio.TaskGroup() as staff:
            moderator = staff.create_task(self._asking.moderate())
            async with asyncio.TaskGroup() as people:
                for items in mine.values():
                    people.create_task(self._ask_all(items))
                for voter, votes in self.recording.rows.items():
                    people.create_task(self._vote_all(voter, votes))
            moderator.cancel()
        self.played.seconds = time.monotonic() - self._began
        await self._compare()
        return self.played

    async def _read_back(self) -> dict[str, int]:
        found = rows(
            await self.door.call("GET", self.stage.path("questions"), token=self.stage.moderator)
        )
        items = {number: item for item, number in self._asking.numbers.items()}
        return {items.get(int(str(r["n"])), f"?{r['n']}"): int(str(r["votes"])) for r in found}

    async def _compare(self) -> None:
        """The board follows the store by a tick: an honest difference passes in SETTLE_S."""
        expected = self.recording.expected(self.refused_texts)
        until = time.monotonic() + SETTLE_S
        while True:
            self.played.totals = totals = await self._read_back()
            self.played.wrong = {
                item: (expected.get(item), totals.get(item))
                for item in expected.keys() | totals.keys()
                if expected.get(item) != totals.get(item)
            }
            if not self.played.wrong or time.monotonic() > until:
                return
            await asyncio.sleep(LOOK_S)
