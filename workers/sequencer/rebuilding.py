"""A store that was emptied, or replaced by an older copy, comes back from the committed leaves.

Each act that the store lacks is done again by the functions that did it first, under the name that the log
knows it by: what was done already, by the store or by a start that was killed, is passed over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog
from redis.asyncio import Redis

from server.store import meetings, rebuilding, sequencing
from server.store.meetings import OddRecord
from server.store.sequencing import Left
from server.translog import leaf
from server.translog.checkpoint import log_id
from workers.sequencer import kept_words, replayed
from workers.sequencer.batching import Batch
from workers.sequencer.files import Files
from workers.sequencer.leaves import LeafStore
from workers.sequencer.log import MeetingLog
from workers.sequencer.returning import Returning

LOOK_S = 2.0
TRY_S = 60.0  # between two tries to remove what the system would not let us remove
SLICE = 500
Act = tuple[int, str, bytes]
log = structlog.get_logger()
SAYS = (
    "Words that should be gone lie in the folder {}/ of the logs, and the system does not let them be"
    " removed. Give the server's account the right to; it tries again each minute."
)


def _erased(leaves: Iterable[bytes]) -> frozenset[str]:
    """The questions that these leaves erase."""
    found = [leaf.parse(data) for data in leaves if b'"q.erase"' in data]
    return frozenset(str(act.q) for act in found if act.kind == "q.erase")


@dataclass(slots=True)
class Rebuilding:
    """What the sequencer keeps beside its leaves to bring a store back, and the bringing back. `left` are
    the meetings in whose folder words lie that should be gone."""

    leaves: LeafStore
    files: Files
    secret: bytes
    left: dict[str, Left] = field(default_factory=dict)
    _looked: float = 0.0
    _tried: float = -TRY_S

    async def is_behind(self, redis: Redis, noted: Mapping[str, int]) -> bool:
        """Every few seconds: True where the store says less than it was told (`noted`), so that it was
        emptied or replaced behind our back."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return False
        self._looked, among = now, list(noted)
        sizes = await rebuilding.sizes(redis, among)
        return any(size < noted[m] for m, size in zip(among, sizes, strict=True))

    async def keep(self, redis: Redis, meeting: str) -> None:
        """Keep the meeting's own record and the documents that its log names, as the store has them."""
        try:
            found = await meetings.read(redis, meeting)
        except OddRecord:  # the clock says so; what was kept of it stays
            return
        if found is None:
            return
        kept = self.leaves.meeting(meeting)
        if kept is None or kept[0] < found.revision:
            self.leaves.keep_meeting(meeting, found.revision, meetings.encode(found))
        told = await rebuilding.documents(redis, meeting)
        path = f"{log_id(meeting)}/rules"
        self.files.write_missing((f"{path}/{sha}", text.encode()) for sha, text in told.items())

    async def relist(self, redis: Redis, among: list[str]) -> None:
        """Put the meetings that have a log on the store's list, where they are not."""
        listed = set((await meetings.listed(redis)).ids)
        for meeting in among:
            if meeting not in listed:
                await meetings.announce(redis, meeting)

    async def begin(self, redis: Redis, found: MeetingLog, told: int) -> Returning | None:
        """The meeting, fenced, where the store lacks anything of its log, of which it was told `told`
        leaves, or where an earlier rebuilding has not ended; else None."""
        meeting = found.state.meeting
        self._forget_erased(found)
        if not await rebuilding.is_begun(redis, meeting):
            if told >= found.state.size or not await self._lacks(redis, found, told):
                which = await sequencing.left(redis, meeting)
                if which is not None:  # what an earlier rebuilding could not remove
                    self.left[meeting] = which
                return None
        self.left.pop(meeting, None)  # what lies there is needed again
        await rebuilding.fence(redis, meeting)
        return Returning(redis, self.leaves, self.files, self.secret, found, told)

    async def _lacks(self, redis: Redis, found: MeetingLog, told: int) -> bool:
        """True where the intake holds nothing, or another act, under the name of an act that the store was
        not told of: it lacks the act. False where it was only told too late."""
        meeting, held = found.state.meeting, set[int]()
        frozen = await sequencing.ticks(redis, meeting, self.leaves.ticks(meeting))
        async for entries in sequencing.pages(redis, meeting, "+"):
            for _, entry in entries:
                index, data = self.leaves.act(meeting, entry.get("id", "")) or (-1, b"")
                if index < told:
                    continue
                if replayed.is_other(entry.get("intent", ""), leaf.parse(data), data, frozen):
                    return True
                held.add(index)
        return len(held) < found.state.size - told

    def _acts(self, meeting: str, start: int, end: int) -> Iterator[Act]:
        for at in range(start, end, SLICE):
            yield from self.leaves.acts(meeting, at, min(at + SLICE, end))

    def forget(self, found: MeetingLog, batch: Batch) -> None:
        """Remove the words of questions whose erasure this batch brought, where an archive was unpacked."""
        self._forget(found, _erased(row.data for row in batch.rows))

    def _forget_erased(self, found: MeetingLog) -> bool:
        if not kept_words.are_in(self.files.folder / found.id):
            return True
        acts = self._acts(found.state.meeting, 0, found.state.size)
        return self._forget(found, _erased(data for _, _, data in acts))

    def _forget(self, found: MeetingLog, erased: frozenset[str]) -> bool:
        gone = kept_words.forget(self.files.folder / found.id, erased)
        if not gone:
            self.leave(found, Left.ERASED)
        return gone

    def leave(self, found: MeetingLog, which: Left) -> None:
        """Keep in mind that words lie in the log's folder which the system would not let us remove."""
        known = self.left.get(found.state.meeting)
        if known is None:
            log.error("words_left", meeting=found.state.meeting, says=SAYS.format(found.id))
            self._tried = -TRY_S
        self.left[found.state.meeting] = known if known is Left.ALL else which

    async def try_again(self, redis: Redis, logs: Mapping[str, MeetingLog]) -> None:
        """Each minute: remove what should be gone; the store says where it lies there still."""
        now = time.monotonic()
        if not self.left or now - self._tried < TRY_S:
            return
        self._tried = now
        for meeting, which in list(self.left.items()):
            found = logs.get(meeting)
            if found is None:
                continue
            if which is Left.ALL:
                gone = await asyncio.to_thread(self._remove, found)
            else:
                gone = self._forget_erased(found)
            await sequencing.tell_left(redis, meeting, None if gone else which)
            if gone:
                del self.left[meeting]

    def _remove(self, found: MeetingLog) -> bool:
        return all(list(kept_words.removing(self.files.folder / found.id)))
