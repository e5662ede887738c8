"""The published record of each meeting as this process holds it: replayed once, then leaf by leaf."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from server.acts.log_folder import LogFolder, head_of
from server.acts.public_record import Case, Clocks, Stand
from server.audit.record import Look, Record
from server.audit.record_files import screened_out
from server.domain.erasing import Gone
from server.domain.meeting import Meeting
from server.domain.text import direction
from server.store import keys, openings, question_rows, typed
from server.translog import leaf
from server.translog.checkpoint import log_id
from server.translog.tile import WIDTH

HELD_MAX = 20  # records of meetings kept at once
SLICE = 500


@dataclass(slots=True)
class Published:
    """A record at its published head. Valid while it is held, and not across an await that lets go."""

    folder: LogFolder
    record: Record
    note: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def root(self) -> bytes:
        """The root at the published size."""
        return head_of(self.note).root

    def catch_up(self) -> None:
        """Take the leaves that were published since. Blocking; off the loop."""
        note = self.folder.served()
        head = head_of(note)
        start = self.record.size
        if head.size < start or head.origin != self.record.origin:
            self.record, start = Record(head.origin), 0
        skip = start % WIDTH
        for at, data in enumerate(
            self.folder.leaves(start, head.size) if head.size > start else ()
        ):
            if at >= skip:
                for _ in self.record.take(leaf.parse(data)):
                    pass  # what is wrong is the auditor's to say; the states are what the leaves give
        self.note = note


@dataclass(slots=True)
class Records:
    """The records of this process by meeting."""

    _held: dict[str, Published] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, logs: Path | None, meeting: str) -> AsyncIterator[Published | None]:
        """The meeting's record as it is published now; None where it has no log (yet)."""
        found = self._held.pop(meeting, None)
        if found is None and logs is not None:
            folder = LogFolder(logs / log_id(meeting))
            try:
                note = await asyncio.to_thread(folder.served)
            except FileNotFoundError:
                note = ""
            found = self._held.pop(meeting, None)  # somebody else may have come first
            if found is None and note:
                found = Published(folder, Record(head_of(note).origin), note)
        if found is None:
            yield None
            return
        self._held[meeting] = found
        while len(self._held) > HELD_MAX:
            del self._held[next(iter(self._held))]
        async with found.lock:
            await asyncio.to_thread(found.catch_up)
            yield found


async def look(
    store: Redis,
    meeting: str,
    held: Published,
    ids: Sequence[str],
    opened: Mapping[str, bytes] | None = None,
) -> Look:
    """The public words of these questions' histories, and of the questions themselves: from `opened`,
    where that was read already."""
    record = held.record
    if opened is None:
        opened = await opened_of(store, meeting, record, ids)
    openings_of = {name: json.loads(json.loads(data)["opening"]) for name, data in opened.items()}
    steps = [step for q in ids for step in record.steps.get(q, [])]
    documents = await _documents(store, meeting, {step.reasons for step in steps})
    picks = [step.leaf.fields for step in steps if step.word == "picked"]
    ticks = {int(str(fields["tick"])) for fields in picks if int(str(fields["rank"])) > 1}
    rankings = await asyncio.to_thread(_rankings, held.folder, ticks)
    return Look(openings_of.get, lambda sha: documents.get(sha, {}), lambda n: rankings.get(n, []))


async def opened_of(
    store: Redis, meeting: str, record: Record, ids: Sequence[str]
) -> dict[str, bytes]:
    """{salt, opening} of these questions and of all public words of their histories, by question or
    commitment; never of what the store or the published leaves do not let everybody read."""
    public = [q for q in ids if record.is_public(q)]
    said = list(dict.fromkeys(c for q in ids for c in record.said(q)))
    opened: dict[str, bytes] = {}
    for at in range(0, len(public), SLICE):
        opened |= await openings.of_questions(store, meeting, public[at : at + SLICE])
    for at in range(0, len(said), SLICE):
        opened |= await openings.of_layers(store, meeting, said[at : at + SLICE])
    return opened


def stands(record: Record) -> list[Stand]:
    """How each question of the record stands at its published size."""
    found = [(record.questions[q], q) for q in record.screened()]
    return [Stand(k.number, q, record.reason(k), record.is_public(q)) for k, q in found]


def clocks(record: Record) -> Clocks:
    """How long people wait, by the published leaves."""
    found = record.clocks()
    oldest = None if found.oldest is None else found.oldest * 1000
    median = None if found.median is None else found.median * 1000
    return Clocks(found.waiting, oldest, found.decided, median, found.by_day)


async def cases(store: Redis, meeting: Meeting, held: Published, ids: Sequence[str]) -> list[Case]:
    """These questions as they are published, with all that happened to them."""
    words, record = await look(store, meeting.id, held, ids), held.record
    # How long a withheld text is stands in no leaf: the store alone can tell.
    rows = {row.q: row for row in await question_rows.read(store, meeting.id, ids)}
    found: list[Case] = []
    for q in ids:
        known, row = record.questions[q], rows.get(q)
        opened = words.opening(q) if record.is_public(q) else None
        gone = Gone.ERASED if known.erased else None
        if opened is None and gone is None:
            gone = Gone.LOST if row is None else row.gone or (None if row.text else Gone.LOST)
        found.append(
            Case(
                number=known.number,
                state=known.state,
                text=opened["text"] if opened else None,
                length=len(row.text) if row else 0,
                lang=opened["lang"] if opened else "und",
                dir=direction(opened["text"]) if opened else "auto",
                by=opened["as"] if opened else None,
                reason=record.reason(known),
                entries=record.entries(q, words),
                gone=gone,
            )
        )
    return found


async def files(
    store: Redis, meeting: str, held: Published, opened: Mapping[str, bytes] | None = None
) -> tuple[bytes, bytes]:
    """screened-out.json and screened-out.csv of the published size, their words as in `look`."""
    words = await look(store, meeting, held, held.record.screened(), opened)
    return await asyncio.to_thread(screened_out, held.record, held.root, words)


async def _documents(store: Redis, meeting: str, hashes: set[str]) -> dict[str, Any]:
    """Lists of reasons by hash, and the settings that name them."""
    found: dict[str, Any] = {}
    while wanted := sorted(hashes - set(found)):
        rows = await typed.hmget(store, keys.rules(meeting), wanted)
        for sha256, row in zip(wanted, rows, strict=True):
            found[sha256] = json.loads(row) if row and row.startswith("{") else {}
        hashes = {one["reasons"] for one in found.values() if isinstance(one.get("reasons"), str)}
    return found


def _rankings(folder: LogFolder, ticks: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for n in ticks:
        try:
            rows = json.loads(folder.read(f"ticks/{n}.json"))["ranking"]
        except FileNotFoundError:
            continue
        found[n] = [str(row[0]) for row in rows]
    return found
