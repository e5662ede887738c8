"""Follows every meeting's intake and keeps its log: read, commit, tiles, sign, publish, tell the store.

What was told wrongly or not at all is told again after any failure: all that is told is absolute.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import structlog
from redis.asyncio import Redis

from server.acts import decide, tallies
from server.store import meetings, sequencing
from server.store.sequencing import BLOCK_MS, PAGE, Entry, Left
from server.translog import leaf
from server.translog.anchor import ANCHOR, ANCHOR_ID
from server.translog.checkpoint import log_id, origin
from server.translog.leaf import LeafError
from workers.sequencer import anchoring
from workers.sequencer.anchoring import Anchoring
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring, KeyTrouble
from workers.sequencer.leaves import LeafStore, State, ticks_in
from workers.sequencer.listing import Listing
from workers.sequencer.log import OLDER, MeetingLog
from workers.sequencer.raising import Raising, Risen
from workers.sequencer.rebuilding import Rebuilding
from workers.sequencer.telling import Telling

PERIOD_S = 0.25
TURN_S = 0.25  # for the logs that come back: nobody else's receipt waits longer for them
log = structlog.get_logger()


class Sequencer:
    """All logs of the deployment. `clock` gives epoch seconds."""

    def __init__(
        self,
        leaves: LeafStore,
        files: Files,
        keyring: Keyring,
        host: str,
        clock: Callable[[], float] = time.time,
        period_s: float = PERIOD_S,
        secret: bytes = b"",
    ) -> None:
        self._rebuilding = Rebuilding(leaves, files, secret)
        self._leaves, self._files, self._keyring = leaves, files, keyring
        self._host, self._clock, self._period_s = host, clock, period_s
        self._logs: dict[str, MeetingLog] = {}
        self._halted: dict[str, str] = {}
        self._unlogged: set[str] = set()
        self._cursors: dict[str, str] = {}
        self._telling = Telling(clock)
        self._returning: dict[str, AsyncIterator[None]] = {}
        self._listed_to = ""
        self._listing = Listing()
        self._anchoring: Anchoring | None = None
        self._anchor_told = False
        states = {ANCHOR: anchoring.fresh(host), **leaves.states()}
        self._raising = Raising(leaves, files, keyring)
        self._rise(self._raising.start(states.values()))

    def _rise(self, risen: Iterable[Risen]) -> list[str]:
        """Take in logs that were held against what is committed; returns their meetings. Those go on without
        the anchor log while it is on its way, and where it must not be signed."""
        came = []
        for meeting, found in risen:
            if meeting != ANCHOR:
                came.append(meeting)
            if isinstance(found, str):
                self._halt(meeting, found)
            elif meeting == ANCHOR:
                self._anchoring = Anchoring(self._leaves, self._files, found)
            else:
                self._logs[meeting] = found
        return came

    def _halt(self, meeting: str, reason: str) -> None:
        self._halted[meeting] = reason
        log.error("log_halted", meeting=meeting, reason=reason)

    async def step(self, redis: Redis) -> None:
        """One round: take what has arrived, in order; waits about a second where nothing has."""
        began = time.monotonic()
        try:
            logs = [ANCHOR_ID, *(found.id for found in self._logs.values())]
            self._files.sweep(logs, self._clock())
            if not self._anchor_told and ANCHOR not in self._raising.meetings:
                await sequencing.tell_halted(redis, ANCHOR, self._halted.get(ANCHOR, ""))
                self._anchor_told = True
            await self._look(redis)
            block_ms = None if self.returning else BLOCK_MS
            arrived = await sequencing.wait(redis, self._cursors, self._listed_to, block_ms)
            for meeting, entries in arrived.items():
                if meeting:
                    await self._take(redis, meeting, entries)
                else:
                    await self._follow(redis, entries)
            await self._open_gates(redis)
            await self._tell(redis)
            await self._bring_back()
            for meeting in self._rise(self._raising.turn(TURN_S)):
                await self._meet(redis, meeting)
            await self._rebuilding.try_again(redis, self._logs)
            left = await self._listing.turn(redis, int(self._clock() * 1000))
            if self._anchoring is not None:  # last: nobody waits for it
                self._anchoring.take(self._logs.values(), self._clock())
        except BaseException:
            self._begin_anew()
            self._anchor_told = False
            raise
        full = any(len(entries) >= PAGE for entries in arrived.values())
        if arrived and not full and not left and not self.returning:
            await asyncio.sleep(max(0.0, self._period_s - (time.monotonic() - began)))

    @property
    def returning(self) -> frozenset[str]:
        """The meetings of which the store does not know yet what their logs hold."""
        return self._raising.meetings | frozenset(self._returning)

    def _begin_anew(self) -> None:
        """The store may have come back older, or empty: look at all of it."""
        self._cursors, self._returning, self._listed_to = {}, {}, ""
        self._telling.forget()

    async def _bring_back(self) -> None:
        """Go on with the logs that come back, a step of each in turn, for as long as TURN_S."""
        until = time.monotonic() + TURN_S
        while self._returning:
            meeting = next(iter(self._returning))
            await self._go_on(meeting, self._returning.pop(meeting))
            if time.monotonic() >= until:
                return

    async def _go_on(self, meeting: str, steps: AsyncIterator[None]) -> None:
        async for _ in steps:
            self._returning[meeting] = steps
            return

    async def _open_gates(self, redis: Redis) -> None:
        """Serve what waits for its hour, the tallies frozen with it: their tick is the gate's last leaf."""
        now = self._clock()
        for meeting, found in self._logs.items():
            if not found.at_gate(int(now)):
                continue
            ahead = found.state.clockwork.precise
            if ahead or not await tallies.freeze(redis, meeting, int(now * 1000)):
                found.open_gate(int(now))

    async def _look(self, redis: Redis) -> None:
        if self._listed_to and await self._rebuilding.is_behind(redis, self._telling.noted):
            self._begin_anew()
        if not self._listed_to:
            await self._rebuilding.relist(redis, [*self._logs, *self._raising.meetings - {ANCHOR}])

    async def _follow(self, redis: Redis, entries: list[Entry]) -> None:
        for position, entry in entries:
            meeting = meetings.named(entry)  # None: the clock says so
            if meeting is not None and meeting not in self._raising.meetings:
                await self._meet(redis, meeting)
            self._listed_to = position

    async def _meet(self, redis: Redis, meeting: str) -> None:
        if meeting not in self._logs and meeting not in self._halted:
            await self._look_at(redis, meeting)
        if meeting in self._logs and meeting not in self._returning:
            await self._go_on(meeting, self._steps(redis, self._logs[meeting]))
        if meeting in self._halted:
            await sequencing.tell_halted(redis, meeting, self._halted[meeting])
        if meeting not in self._logs:
            await self._list(redis, meeting)

    async def _list(self, redis: Redis, meeting: str) -> None:
        waiting = await decide.waiting(redis, meeting)
        self._listing.add(meeting, [question.q for question in waiting])

    async def _look_at(self, redis: Redis, meeting: str) -> None:
        """A meeting that has no log here: is it new, was it before logs, or is its log lost?"""
        cursor = await sequencing.cursor(redis, meeting)
        try:
            signed = self._keyring.last_signed(log_id(meeting))
        except KeyTrouble as reason:
            self._halt(meeting, str(reason))
            return
        size = signed.size if signed else await sequencing.noted(redis, meeting)
        if size:
            self._halt(
                meeting,
                f"The log of this meeting had {size} leaves, but its store is gone from the data"
                " folder. Put the newest copy back. Nothing is signed until then.",
            )
            return
        if cursor:
            self._unlogged.add(meeting)  # it ran before there were logs, and keeps its record
        self._cursors[meeting] = cursor

    async def _steps(self, redis: Redis, found: MeetingLog) -> AsyncIterator[None]:
        """Go on behind what is committed, until store and log know what the other holds. What the store lacks
        comes back in short steps behind a fence, which the first of them sets up."""
        meeting, cursor = found.state.meeting, found.state.cursor
        told = await sequencing.noted(redis, meeting)
        if told > self._leaves.states()[meeting].size:
            del self._logs[meeting]
            self._halt(meeting, OLDER)
            return
        behind = await sequencing.restart(redis, meeting, cursor)
        back = await self._rebuilding.begin(redis, found, told)
        if back is not None:
            yield
            async for _ in back.acts():
                yield
        if back is not None or behind:
            told = 0
            # They lie before the cursor: no later reading brings them again.
            async for page in sequencing.pages(redis, meeting, cursor):
                lost: Sequence[Entry] = page
                while lost:
                    lost = await self._integrate(redis, found, lost)
                    yield
        async for _ in self._telling.pages(redis, found, told, ends=back is None):
            if meeting not in self._telling.noted:
                yield
        if back is not None:
            await back.release()
            self._telling.noted[meeting] = found.state.size
            await self._telling.note(redis, found)
            if back.words_left:
                self._rebuilding.leave(found, Left.ALL)
        self._cursors[meeting] = found.state.cursor
        await self._rebuilding.keep(redis, meeting)
        await self._list(redis, meeting)

    async def _take(self, redis: Redis, meeting: str, entries: list[Entry]) -> None:
        found = self._logs.get(meeting)
        if found is None and meeting not in self._unlogged:
            found = self._open(meeting, entries[0])
        if found is None:
            await self._number(redis, meeting, entries)
            return
        await self._integrate(redis, found, entries)
        self._cursors[meeting] = found.state.cursor
        if any(entry.get("id", "")[:2] in ("m:", "s:") for _, entry in entries):
            await self._rebuilding.keep(redis, meeting)

    def _open(self, meeting: str, first: Entry) -> MeetingLog | None:
        name = origin(self._host, log_id(meeting))
        try:
            intent = leaf.read_intent(first[1].get("intent", ""))
            leaf.finish({**intent, "origin": name}, 0, None)
            if intent.get("t") != "log.open":
                raise LeafError("it does not begin with log.open")
        except LeafError as error:
            log.error("meeting_without_log", meeting=meeting, reason=str(error))
            self._unlogged.add(meeting)
            return None
        found = MeetingLog(self._leaves, self._files, self._keyring, State(meeting, name, ""))
        self._logs[meeting] = found
        self._telling.noted[meeting] = 0
        return found

    async def _integrate(
        self, redis: Redis, found: MeetingLog, entries: Sequence[Entry]
    ) -> Sequence[Entry]:
        """Take these entries; returns what the log is not ready for: the next turn reads it again."""
        numbers = ticks_in(entry.get("id", "") for _, entry in entries)
        ticks = await sequencing.ticks(redis, found.state.meeting, numbers)
        while entries:
            batch = found.integrate(entries[:PAGE], ticks, int(self._clock()))
            entries = entries[batch.taken :]
            self._rebuilding.forget(found, batch)
            for aside in batch.aside:
                log.error("intent_kept_aside", intent=aside.intent, reason=aside.reason)
            if not batch.taken:
                break
        return entries

    async def _tell(self, redis: Redis) -> None:
        for meeting, found in self._logs.items():
            if self._telling.is_behind(found):
                self._listing.add(meeting, await self._telling.note(redis, found))

    async def _number(self, redis: Redis, meeting: str, entries: list[Entry]) -> None:
        """A meeting without a log: its questions get the next numbers, and nothing is signed."""
        questions = [e["id"].removeprefix("r:") for _, e in entries if e["id"].startswith("r:")]
        last = entries[-1][0]
        if await sequencing.number(redis, meeting, self._cursors[meeting], last, questions):
            self._cursors[meeting] = last
            self._listing.add(meeting, questions)
        else:
            self._cursors[meeting] = await sequencing.cursor(redis, meeting)
