"""A store that was emptied, or replaced by an older copy, comes back from the committed leaves.

Each act that the store lacks is done again by the functions that did it first, under the name that the log
knows it by: what was done already, by the store or by a start that was killed, is passed over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis

from server.audit.record import Record
from server.domain.meeting import Meeting
from server.store import (
    meetings,
    rebuilding,
    sequencing,
)
from server.translog import leaf
from server.translog.checkpoint import log_id
from server.translog.leaf import Leaf
from workers.sequencer import kept_words, replayed
from workers.sequencer.batching import Batch, ticks_in
from workers.sequencer.files import Files
from workers.sequencer.leaves import LeafStore
from workers.sequencer.log import MeetingLog
from workers.sequencer.replaying import Replaying

LOOK_S = 2.0
Act = tuple[int, str, bytes]
log = structlog.get_logger()
SAYS = (
    "The store was emptied or replaced by an older copy. What the log holds was rebuilt from its leaves."
    " Votes, sign-ins, rosters and texts that only the lost store held are gone: people join again, and"
    " their pages bring their votes back."
)


def _is_missing(work: Replaying, name: str, data: bytes) -> bool:
    """True where the intake holds nothing, or another act, under the name of a leaf's act."""
    return name not in work.held or work.is_other(name, leaf.parse(data), data)


def _erased(leaves: Iterable[bytes]) -> frozenset[str]:
    """The questions that these leaves erase."""
    found = [leaf.parse(data) for data in leaves if b'"q.erase"' in data]
    return frozenset(str(act.q) for act in found if act.kind == "q.erase")


@dataclass(slots=True)
class Rebuilding:
    """What the sequencer keeps beside its leaves to bring a store back, and the bringing back."""

    leaves: LeafStore
    files: Files
    secret: bytes
    _looked: float = 0.0

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
        found = await meetings.read(redis, meeting)
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
        listed = set(await meetings.listed(redis))
        for meeting in among:
            if meeting not in listed:
                await meetings.announce(redis, meeting)

    async def make_good(self, redis: Redis, found: MeetingLog, told: int) -> bool:
        """Do again what the store lacks of the log, of which it was told `told` leaves; True where it
        lacked anything. Killed at any point and begun again, it ends the same: until the last step the
        store says that it is begun."""
        meeting, size = found.state.meeting, found.state.size
        untold = self.leaves.acts(meeting, told, size)
        self._forget_erased(found)
        begun = await rebuilding.is_begun(redis, meeting)
        if not untold and not begun:
            return False
        if not begun:
            work = await self._work(redis, found, untold)
            if not any(_is_missing(work, name, data) for _, name, data in untold):
                return False  # told too late, and nothing is missing
        await rebuilding.fence(redis, meeting)
        work = await self._work(redis, found, untold)  # nobody adds to it any more
        documents = kept_words.documents(work.folder)
        await rebuilding.put_back(redis, meeting, documents)
        acts: list[Leaf] = []
        for index, name, data in self.leaves.acts(meeting, 0, size):
            await work.take(index, name, data, there=index < told)
            acts.append(leaf.parse(data))
        await self._release(work, documents, acts)
        return True

    def forget(self, found: MeetingLog, batch: Batch) -> None:
        """Remove the words of questions whose erasure this batch brought, where an archive was unpacked."""
        kept_words.forget(self.files.folder / found.id, _erased(row.data for row in batch.rows))

    def _forget_erased(self, found: MeetingLog) -> None:
        folder = self.files.folder / found.id
        if kept_words.are_in(folder):
            acts = self.leaves.acts(found.state.meeting, 0, found.state.size)
            kept_words.forget(folder, _erased(data for _, _, data in acts))

    async def _work(self, redis: Redis, found: MeetingLog, untold: list[Act]) -> Replaying:
        meeting = found.state.meeting
        entries = await sequencing.between(redis, meeting, "+")
        held = {entry.get("id", ""): (at, entry.get("intent", "")) for at, entry in entries}
        numbers = ticks_in([("", {"id": name}) for _, name, _ in untold])
        frozen = await sequencing.ticks(redis, meeting, numbers)
        folder, record = self.files.folder / found.id, Record(found.state.origin, whole=False)
        work = Replaying(redis, meeting, folder, found.signed, self.secret, record, held, frozen)
        stands = await self._meeting(redis, meeting)
        if stands is not None:
            work.sentences = {reason.code: reason.sentence for reason in stands.reasons}
        return work

    async def _meeting(self, redis: Redis, meeting: str) -> Meeting | None:
        held, kept = await meetings.read(redis, meeting), self.leaves.meeting(meeting)
        if kept is not None and (held is None or held.revision <= kept[0]):
            return meetings.decode(kept[1], kept[0])
        return held

    async def _release(
        self, work: Replaying, documents: Mapping[str, str], acts: list[Leaf]
    ) -> None:
        redis, record = work.redis, work.record
        stands = await self._meeting(redis, work.meeting)
        meeting = stands or replayed.unknown(work.meeting, acts[0])
        after = replayed.goes_on(meeting, work.meeting_revision, record.phase, record.live_at)
        if after.ended:
            _, ranking = kept_words.tallies(work.folder, work.tick, 0)
            await rebuilding.tallies(redis, meeting.id, ranking)
        more = {"log_closed": "1", "final_tick": str(work.tick)} if record.closed else {}
        given = replayed.labels(documents, acts)
        if not await meetings.claim_names(redis, after):
            taken = f"Its address {after.slug} or its join code belongs to another meeting now."
            log.error("address_taken", meeting=meeting.id, reason=taken)
        overruled = await rebuilding.overruled(redis, meeting.id)
        ids = list(record.questions)
        lost = await rebuilding.lost_texts(redis, meeting.id, ids)
        numbers = sorted(record.questions[q].number for q in lost)
        await rebuilding.note_rebuilt(redis, meeting.id, int(time.time() * 1000), numbers)
        # Its words are in the store now.
        await asyncio.to_thread(kept_words.remove, work.folder)
        await rebuilding.release(redis, after, given, work.staff_revision, more)
        log.error(
            "store_rebuilt",
            meeting=meeting.id,
            says=SAYS,
            acts=work.acts,
            texts_lost=numbers,
            decisions_overruled=[record.questions[q].number for q in sorted(overruled)],
        )
