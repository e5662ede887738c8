"""archive.zip: a published log with all that verifies it offline, made once for all who ask meanwhile."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from redis.asyncio import Redis

from server.acts import log_record
from server.acts.log_folder import LogFolder
from server.acts.log_record import Published, Records
from server.audit.record import Record
from server.store import keys, typed

KEEP_S = 600.0  # how long a finished one, and the words in it, stay in a file without a name
SLICE = 262_144
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes into the archive of one published head, beside the log's own files."""

    folder: LogFolder
    note: str
    ticks: tuple[int, ...]
    files: dict[str, bytes]

    def write(self, into: IO[bytes]) -> None:
        """Write the archive. Blocking; off the loop."""
        self.folder.archive(self.note, self.ticks, self.files, into)


async def beside(store: Redis, meeting: str, held: Published) -> Beside:
    """States, screenings, openings and rules as they are now, of what the published leaves tell alone; call
    it while the record is held."""
    record = held.record
    opened = await log_record.opened_of(store, meeting, record, list(record.questions))
    told = await log_record.files(store, meeting, held, opened)
    found = {"public.json": record.public(held.root)}
    found |= {"screened-out.json": told[0], "screened-out.csv": told[1]}
    found |= {f"opening/{name}.json": data for name, data in opened.items()}
    found |= await _rules(store, meeting, record)
    return Beside(held.folder, held.note, tuple(record.ticks), found)


async def _rules(store: Redis, meeting: str, record: Record) -> dict[str, bytes]:
    """The documents that published leaves name by hash, and those that these name in their turn."""
    held = await typed.hgetall(store, keys.rules(meeting))
    found: dict[str, bytes] = {}
    wanted = set(record.named)
    while wanted:
        texts = {sha256: held[sha256] for sha256 in wanted if sha256 in held}
        found |= {f"rules/{sha256}": text.encode() for sha256, text in texts.items()}
        named = {sha256 for text in texts.values() for sha256 in _HASH.findall(text)}
        wanted = {sha256 for sha256 in named if f"rules/{sha256}" not in found}
        wanted &= set(held)
    return found


@dataclass(slots=True)
class _Kept:
    state: tuple[str, str]
    began: float
    file: IO[bytes]
    size: int


@dataclass(slots=True)
class Archives:
    """The archives of this process by meeting: one is made at a time, and serves everybody for whom it is
    still true, or who had asked before it was begun. Each lies in a file that has no name."""

    made: int = 0
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def of(
        self, store: Redis, records: Records, logs: Path | None, meeting: str
    ) -> tuple[int, IO[bytes]] | None:
        """Size and an own handle (close it) of the archive of what is published; None where nothing is."""
        asked = time.monotonic()
        async with self._locks.setdefault(meeting, asyncio.Lock()):
            async with records.of(logs, meeting) as held:
                if held is None:
                    return None
                state = (held.note, await typed.last_entry(store, keys.events(meeting)))
                kept = self._kept.get(meeting)
                if kept is None or (kept.state != state and kept.began < asked):
                    began, found = time.monotonic(), await beside(store, meeting, held)
                    kept = None
            if kept is None:  # the record serves others meanwhile
                kept = await self._make(meeting, state, began, found)
            return kept.size, os.fdopen(os.dup(kept.file.fileno()), "rb")

    async def _make(
        self, meeting: str, state: tuple[str, str], began: float, found: Beside
    ) -> _Kept:
        file: IO[bytes] = tempfile.TemporaryFile(prefix="of-archive-")  # it is kept
        await asyncio.to_thread(found.write, file)
        kept = _Kept(state, began, file, file.tell())
        self._forget(meeting, self._kept.get(meeting))
        self._kept[meeting] = kept
        self.made += 1
        asyncio.get_running_loop().call_later(KEEP_S, self._forget, meeting, kept)
        return kept

    def _forget(self, meeting: str, kept: _Kept | None) -> None:
        if kept is None:
            return
        kept.file.close()
        if self._kept.get(meeting) is kept:
            del self._kept[meeting]


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """All bytes of an archive from its beginning; its handle is closed at the end."""
    at = 0
    with file:
        while piece := await asyncio.to_thread(os.pread, file.fileno(), SLICE, at):
            yield piece
            at += len(piece)
