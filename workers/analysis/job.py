"""The analysis of one meeting: everything after its cursor, in slices. One job at a time suffices."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

import numpy as np
from redis.asyncio import Redis

from server.settings import Settings
from server.store import analysis
from server.store.analysis import Findings
from server.store.client import connect
from workers.analysis.copies import CopyGroups
from workers.analysis.similar import nearest, vectors
from workers.analysis.wording import Signature
from workers.failing import without_words

SLICE = 500
COMPARED_MAX = 20_000  # brute force stays below a second a slice up to here


async def analyse_meeting(meeting: str) -> int:
    """Analyse what has arrived; returns how many questions. Safe to repeat: values are absolute, and
    a run that another has overtaken stops."""
    with without_words():
        store = connect(Settings.from_environ(os.environ).store_url)
        try:
            return await analyse(store, meeting)
        finally:
            await store.aclose()


async def analyse(store: Redis, meeting: str) -> int:
    """The same on a given store."""
    before, upto = await analysis.done(store, meeting), await analysis.numbered(store, meeting)
    start = int(before or 0)
    if start >= upto:
        return 0
    run = _Run()
    for known in await analysis.grouped(store, meeting, start):
        run.restore(known.q, known.text, known.asker, known.first, known.signature)
    total = 0
    for low in range(start + 1, upto + 1, SLICE):
        high = min(low + SLICE - 1, upto)
        arrived = await analysis.texts(store, meeting, low, high)
        if not await analysis.note(store, meeting, before, high, run.take(arrived)):
            break
        before, total = str(high), total + len(arrived)
    return total


class _Run:
    """What one run knows: groups, askers, and all texts in order of arrival."""

    def __init__(self) -> None:
        self._groups = CopyGroups()
        self._askers: dict[str, str] = {}
        self._ids: list[str] = []
        self._texts: list[str] = []

    def restore(self, q: str, text: str, asker: str, first: str, signature: str) -> None:
        sketch = np.frombuffer(bytes.fromhex(signature), dtype=np.uint32)
        self._groups.restore(q, text, first, sketch)
        self._remember(q, text, asker)

    def _remember(self, q: str, text: str, asker: str) -> None:
        self._askers[q] = asker
        self._ids.append(q)
        self._texts.append(text)

    def take(self, arrived: Iterable[tuple[str, str, str]]) -> Findings:
        sketches: dict[str, Signature] = {}
        self._groups.moved.clear()
        for q, text, asker in arrived:
            sketches[q] = self._groups.add(q, text)
            self._remember(q, text, asker)
        firsts = {q: self._groups.first(q) for q in self._groups.moved}
        askers = {
            first: len({self._askers[q] for q in self._groups.group(first)})
            for first in set(firsts.values())
        }
        counts = askers | {q: askers[first] for q, first in firsts.items()}
        return Findings(
            copies=firsts,
            signatures={q: sketch.tobytes().hex() for q, sketch in sketches.items()},
            similar=self._similar(list(sketches), firsts),
            askers=counts,
        )

    def _similar(self, fresh: list[str], firsts: dict[str, str]) -> dict[str, str]:
        """Copies are told by their group: only a group's first is compared, with other firsts."""
        newest = range(max(0, len(self._ids) - COMPARED_MAX), len(self._ids))
        shown = [at for at in newest if self._groups.first(self._ids[at]) == self._ids[at]]
        place = {self._ids[at]: row for row, at in enumerate(shown)}
        wanted = [q for q in fresh if q in place]
        if len(shown) < 2 or not wanted:
            return {}
        rows = vectors([self._texts[at] for at in shown])
        found = nearest(rows, [place[q] for q in wanted])
        return {
            q: json.dumps([[self._ids[shown[row]], round(score, 3)] for row, score in pairs])
            for q, pairs in zip(wanted, found, strict=True)
            if pairs
        }
