"""One meeting on its way back into the store, from its fence to its release, a bit at a time: other meetings'
logs go on in between."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from redis.asyncio import Redis

from server.audit.record import Record
from server.domain.meeting import Meeting
from server.store import meetings, rebuilding, sequencing
from server.store.meetings import OddRecord
from server.store.rebuilding import EmptiedAgain
from server.translog import leaf
from workers.sequencer import kept_words, replayed
from workers.sequencer.files import Files
from workers.sequencer.leaves import LeafStore
from workers.sequencer.log import MeetingLog
from workers.sequencer.overruling import ERASES, Held, Overruling
from workers.sequencer.replaying import Replaying

SLICE = 50  # leaves between two looks whether the store is still the one that we fenced
NAMED = 20  # numbers in a line of the journal; the organisers' page has all
log = structlog.get_logger()
SAYS = (
    "The store was emptied or replaced by an older copy. What the log holds was rebuilt from its leaves."
    " Votes, sign-ins, rosters and texts that only the lost store held are gone: people join again, and"
    " their pages bring their votes back."
)


@dataclass(slots=True)
class Returning:
    """A meeting that is fenced, `told` leaves of whose log the store was told. Each step of `acts` is short;
    killed behind any of them and begun again, all ends the same. `words_left`: words that are in the store
    now could not be removed from the log's folder."""

    redis: Redis
    leaves: LeafStore
    files: Files
    secret: bytes
    found: MeetingLog
    told: int
    words_left: bool = False
    work: Replaying = field(init=False)
    _given: dict[str, int] = field(default_factory=dict)
    _lost: list[int] = field(default_factory=list)

    @property
    def meeting(self) -> str:
        """Its id."""
        return self.found.state.meeting

    async def acts(self) -> AsyncIterator[None]:
        """Do again what the store lacks, leaf by leaf; look whose text is lost; remove an archive's words."""
        held: Held = {}
        async for entries in sequencing.pages(self.redis, self.meeting, "+"):
            for position, entry in entries:
                name, body = entry.get("id", ""), entry.get("intent", "")
                held[name] = (position, None if self._is_logged_so(name, body) else body)
            yield
        await self._begin(held)
        size = self.found.state.size
        for start in range(0, size, SLICE):
            await self._look()
            for index, name, data in self.leaves.acts(
                self.meeting, start, min(start + SLICE, size)
            ):
                found = await self.work.take(index, name, data, there=index < self.told)
                replayed.labels(self._given, (), [found])
                yield
        ids = list(self.work.record.questions)
        for start in range(0, len(ids), rebuilding.SLICE):
            run = ids[start : start + rebuilding.SLICE]
            lost = await rebuilding.lost_texts(self.redis, self.meeting, run)
            self._lost += [self.work.record.questions[q].number for q in run if q in lost]
            yield
        at = int(time.time() * 1000)
        await self.work.overruling.erase_again(
            lambda q: bool(self.work.record.questions[q].erased), at
        )
        for gone in kept_words.removing(self.work.folder):  # their words are in the store now
            self.words_left = self.words_left or not gone
            yield

    async def _begin(self, held: Held) -> None:
        redis, meeting, found = self.redis, self.meeting, self.found
        frozen = await sequencing.ticks(redis, meeting, self.leaves.ticks(meeting))
        folder, record = self.files.folder / found.id, Record(found.state.origin, whole=False)
        overruling = Overruling(redis, meeting, held, self._is_logged)
        self.work = Replaying(
            redis, meeting, folder, found.signed, self.secret, record, held, overruling, frozen
        )
        stands = await self._stands()
        if stands is not None:
            self.work.sentences = {reason.code: reason.sentence for reason in stands.reasons}
        documents = kept_words.documents(folder)
        await rebuilding.put_back(redis, meeting, documents)
        replayed.labels(self._given, documents.values(), ())

    def _is_logged_so(self, name: str, body: str) -> bool:
        """True for a decision just as the log has it, whose body need not be kept in mind: after a rebuilding
        that was killed the intake holds about as many as the log."""
        if not name.startswith("d:") or ERASES in body:
            return False
        found = self.leaves.act(self.meeting, name)
        return found is not None and not replayed.is_other(body, leaf.parse(found[1]), found[1], {})

    def _is_logged(self, name: str) -> bool:
        return self.leaves.index_of(self.meeting, name) is not None

    async def _look(self) -> None:
        if not await rebuilding.is_begun(self.redis, self.meeting):
            raise EmptiedAgain(self.meeting)

    async def _stands(self) -> Meeting | None:
        """The meeting's own record: the store's, or the one beside the leaves where that is not older."""
        held, kept = await self._held(), self.leaves.meeting(self.meeting)
        if kept is not None and (held is None or held.revision <= kept[0]):
            return meetings.decode(kept[1], kept[0])
        return held

    async def _held(self) -> Meeting | None:
        try:
            return await meetings.read(self.redis, self.meeting)
        except OddRecord:
            return None

    async def release(self) -> None:
        """Let the meeting go on. The store was told of all submissions before."""
        await self._look()
        redis, work, record = self.redis, self.work, self.work.record
        opened = leaf.parse(self.leaves.leaves(self.meeting, 0, 1)[0])
        meeting = await self._stands() or replayed.unknown(self.meeting, opened)
        after = replayed.goes_on(meeting, work.meeting_revision, record.phase, record.live_at)
        more = {"log_closed": "1"} if record.closed else {}
        held = await self._held()
        if record.closed or (after.ended and not (held and held.ended)):
            # Votes ended before they could be brought again: what was frozen last is the last word.
            _, ranking = kept_words.tallies(work.folder, work.tick, 0)
            await rebuilding.tallies(redis, meeting.id, ranking)
            more["final_tick"] = str(work.tick)
        if not await meetings.claim_names(redis, after):
            taken = f"Its address {after.slug} or its join code belongs to another meeting now."
            log.error("address_taken", meeting=meeting.id, reason=taken)
        overruled = await rebuilding.overruled(redis, meeting.id)
        await rebuilding.note_rebuilt(redis, meeting.id, int(time.time() * 1000), self._lost)
        await rebuilding.release(redis, after, self._given, work.staff_revision, more, record.size)
        log.error(
            "store_rebuilt",
            meeting=meeting.id,
            says=SAYS,
            acts=work.acts,
            texts_lost=len(self._lost),
            first_lost=self._lost[:NAMED],
            decisions_overruled=len(overruled),
            first_overruled=sorted(record.questions[q].number for q in overruled)[:NAMED],
        )
