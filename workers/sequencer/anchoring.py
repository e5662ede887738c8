"""The deployment's anchor log: what the other logs have published, made leaves of one log of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from server.translog import anchor, timing
from server.translog.anchor import ANCHOR
from server.translog.checkpoint import Checkpoint, origin
from server.translog.timing import Clockwork
from workers.sequencer.batching import Batch
from workers.sequencer.files import Files
from workers.sequencer.leaves import LeafStore, Row, State
from workers.sequencer.log import MeetingLog

EVERY_S = 60.0


def fresh(host: str) -> State:
    """The anchor log before its first leaf, named by today's public address. What it holds is public
    already: no gates."""
    name = origin(host, anchor.ANCHOR_ID)
    return State(ANCHOR, name, "", clockwork=Clockwork(precise=True))


class Anchoring:
    """Takes each log's newest published head, at most one a minute and log."""

    def __init__(self, store: LeafStore, files: Files, log: MeetingLog) -> None:
        self._store, self._files, self.log = store, files, log
        self._taken: dict[str, tuple[int, float]] = {}

    def take(self, logs: Iterable[MeetingLog], now: float) -> None:
        """Commit, sign and publish leaves for all heads that are due; nothing where none is.

        A head is a leaf once: after a crash the store tells which ones are.
        """
        due = [found for found in logs if self._is_due(found.state, now)]
        if not due:
            return
        names = {f"{found.id}:{found.state.clockwork.served}": found for found in due}
        batch = Batch(self.log.state)
        for name, found in names.items():
            if self._store.index_of(ANCHOR, name) is None:
                self._append(batch, name, found.state, int(now))
        if batch.rows:
            self.log.append(batch, int(now))
        self._files.write(self._told(name, found) for name, found in names.items())
        for found in due:
            self._taken[found.state.meeting] = (found.state.clockwork.served, now)

    def _is_due(self, state: State, now: float) -> bool:
        size, at = self._taken.get(state.meeting, (0, 0.0))
        return state.clockwork.served > size and (now - at >= EVERY_S or state.closed)

    def _append(self, batch: Batch, name: str, state: State, now_s: int) -> None:
        before = batch.state.clockwork
        at = timing.stamp(before, now_s, True)
        head = Checkpoint(state.origin, state.clockwork.served, state.served_root)
        batch.rows.append(Row(before.size, name, None, None, anchor.anchored(head, at)))
        after = replace(before, size=before.size + 1, last_at=at)
        batch.state = replace(batch.state, clockwork=after)

    def _told(self, name: str, found: MeetingLog) -> tuple[str, bytes]:
        """For the pages: which leaf of the anchor names how much of this log."""
        told = {
            "index": self._store.index_of(ANCHOR, name),
            "size": found.state.clockwork.served,
        }
        return f"{found.id}/anchored.json", json.dumps(told).encode()
