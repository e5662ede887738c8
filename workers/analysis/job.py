"""The analysis of one meeting: everything after its cursor, in slices. One job at a time suffices."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

import numpy as np
from redis.asyncio import Redis

from server.settings import Settings
from server.store import analysis
from server.store.analysis import Findings, Grouped
from server.store.client import connect
from workers.analysis.copies import CopyGroups
from workers.analysis.similar import nearest, vectors
from workers.analysis.wording import Signature
from workers.failing import without_words

SLICE = 500
COMPARED_MAX = 20_000  # brute force stays below a second a slice up to here
TRIES = 3


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
    """The same on a given store. A dismissal in mid-run makes it begin again where it had got to."""
    total = 0
    for _ in range(TRIES):
        total += await _analyse(store, meeting)
        upto = await analysis.numbered(store, meeting)
        if int(await analysis.done(store, meeting) or 0) >= upto:
            break
    return total


async def _analyse(store: Redis, meeting: str) -> int:
    before, upto = await analysis.done(store, meeting), await analysis.numbered(store, meeting)
    start = int(before or 0)
    if start >= upto:
        return 0
    gone = await analysis.dismissals(store, meeting)
    run = _Run(gone)
    run.restore(await analysis.grouped(store, meeting, start))
    total = 0
    for low in range(start + 1, upto + 1, SLICE):
        high = min(low + SLICE - 1, upto)
        arrived = await analysis.texts(store, meeting, low, high)
        found = await _with_known(store, meeting, run.take(arrived))
        if not await analysis.note(store, meeting, before, high, len(gone), found):
            break
        before, total = str(high), total + len(arrived)
    return total


async def _with_known(store: Redis, meeting: str, found: Findings) -> Findings:
    """The same with older questions' lists as they become: what was kept, and what is new in them."""
    kept = await analysis.kept_similar(store, meeting, list(found.similar))
    lists = {q: analysis.best({**kept.get(q, {}), **fresh}) for q, fresh in found.similar.items()}
    return replace(found, similar={q: told for q, told in lists.items() if told != kept.get(q)})


class _Run:
    """What one run knows: groups, askers, who was told apart, and all texts in order of arrival."""

    def __init__(self, dismissed: Set[str]) -> None:
        self._dismissed = dismissed
        self._groups = CopyGroups()
        self._askers: dict[str, str] = {}
        self._ids: list[str] = []
        self._texts: list[str] = []

    def restore(self, grouped: Sequence[Grouped]) -> None:
        """Take up what earlier runs found. Where a group's first was erased, the next one heads it."""
        heads = {known.q: known.q for known in grouped}
        for known in grouped:
            sketch = np.frombuffer(bytes.fromhex(known.signature), dtype=np.uint32)
            first = heads.setdefault(known.first, known.q)
            self._groups.restore(known.q, known.text, first, sketch)
            if first != known.first:
                self._groups.moved.add(known.q)
            self._remember(known.q, known.text, known.asker)

    def _remember(self, q: str, text: str, asker: str) -> None:
        self._askers[q] = asker
        self._ids.append(q)
        self._texts.append(text)

    def take(self, arrived: Iterable[tuple[str, str, str]]) -> Findings:
        sketches: dict[str, Signature] = {}
        for q, text, asker in arrived:
            sketches[q] = self._groups.add(q, text)
            self._remember(q, text, asker)
        firsts = {q: self._groups.first(q) for q in self._groups.moved}
        self._groups.moved.clear()
        return Findings(
            copies=firsts,
            signatures={q: sketch.tobytes().hex() for q, sketch in sketches.items()},
            similar=self._similar(list(sketches)),
            askers=self._counts(firsts),
        )

    def _counts(self, firsts: dict[str, str]) -> dict[str, int]:
        """How many people asked each one's group, itself included, less those who were told apart."""
        askers = {
            first: analysis.asked_by(
                first, {q: self._askers[q] for q in self._groups.group(first)}, self._dismissed
            )
            for first in set(firsts.values())
        }
        counted = {first: counts[first] for first, counts in askers.items()}
        return counted | {q: askers[first][q] for q, first in firsts.items()}

    def _similar(self, fresh: list[str]) -> dict[str, dict[str, float]]:
        """Likeness of pairs with a fresh one in them, for both. Copies are told by their group: only a
        group's first is compared, with other firsts."""
        newest = range(max(0, len(self._ids) - COMPARED_MAX), len(self._ids))
        shown = [at for at in newest if self._groups.first(self._ids[at]) == self._ids[at]]
        place = {self._ids[at]: row for row, at in enumerate(shown)}
        wanted = [q for q in fresh if q in place]
        if len(shown) < 2 or not wanted:
            return {}
        rows = vectors([self._texts[at] for at in shown])
        found = nearest(rows, [place[q] for q in wanted])
        alike: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for q, pairs in zip(wanted, found, strict=True):
            for row, score in pairs:
                other = self._ids[shown[row]]
                alike[q][other] = alike[other][q] = round(score, 3)
        return dict(alike)
