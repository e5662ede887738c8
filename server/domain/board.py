"""The board: what attendees see of a meeting, and what changed since a position. Pure.

A delta carries absolute values, so that applying it twice, or one that covers more than was missed,
is harmless: snapshot(t0) + deltas == snapshot(t1) (tests/domain/test_board.py).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from server.domain.erasing import Gone
from server.domain.meeting import Meeting
from server.domain.question import State

RING = 128
DIGEST_BELOW = 2**31


@dataclass(frozen=True, slots=True)
class Picked:
    """From which place by votes a question went on air, and whom it passed over, the first one first:
    number and the stage's reason ('' where it gave none)."""

    rank: int
    passed: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One question on the board. `q` stays on the server. `text` is empty where it is `gone`."""

    n: int
    q: str
    text: str
    lang: str
    dir: str
    by: str | None
    state: State
    votes: int
    at: int
    seen: int
    wording: str = ""
    askers: int = 1
    stream_s: int | None = None
    picked: Picked | None = None
    gone: Gone | None = None

    def says(self, search: str) -> bool:
        """True where the asker's words, or those shown in their place, hold `search` in any case; the
        page does the same (board.js)."""
        return _folded(search) in _folded(f"{self.text}\n{self.wording}")

    def wire(self) -> dict[str, object]:
        """The row as clients get it. `seen` is told by its band, so that it changes rarely."""
        return {
            "n": self.n,
            "text": self.text,
            "lang": self.lang,
            "dir": self.dir,
            "by": self.by,
            "state": self.state.value,
            "votes": self.votes,
            "at": self.at,
            "seen": (1 << self.seen.bit_length()) >> 1,
            "wording": self.wording or None,
            "askers": self.askers,
            "stream_s": self.stream_s,
            "picked": self.picked
            and {"rank": self.picked.rank, "passed": [list(row) for row in self.picked.passed]},
            "gone": self.gone and self.gone.value,
        }


@dataclass(slots=True)
class Changes:
    """Numbers of rows, tallies and merges that changed, and whether counts or the meeting's line did."""

    rows: set[int] = field(default_factory=set)
    tallies: set[int] = field(default_factory=set)
    lineage: set[int] = field(default_factory=set)
    heading: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.tallies or self.lineage or self.heading)

    def add(self, other: Changes) -> None:
        """Fold another set of changes into this one."""
        self.rows |= other.rows
        self.tallies |= other.tallies
        self.lineage |= other.lineage
        self.heading = self.heading or other.heading


@dataclass(frozen=True, slots=True)
class _Told:
    """What one tick told: everything that changed after `start` up to `end`."""

    start: str
    end: str
    changes: Changes


class Board:
    """One meeting's board on one node: rows by number, counts, and the ring of recent changes."""

    def __init__(self, meeting: Meeting, position: str) -> None:
        self.meeting = meeting
        self.position = position
        self.rows: dict[int, Row] = {}
        self.merged: dict[int, int] = {}
        self.line: list[int] = []
        self.counts = dict.fromkeys(("listed", "answered", "screened_out", "not_reached"), 0)
        self.pending = Changes()
        self._told = position
        self._ring: deque[_Told] = deque(maxlen=RING)

    def put(self, row: Row) -> None:
        """Show a row, or its new values."""
        if self.rows.get(row.n) != row:
            self.rows[row.n] = row
            self.pending.rows.add(row.n)

    def remove(self, n: int) -> None:
        """Take a row away, if it is there."""
        if self.rows.pop(n, None) is not None:
            self.pending.rows.add(n)

    def trace(self, n: int, head: int | None) -> None:
        """Number `n` is merged into number `head` now, or stands alone (None)."""
        if self.merged.get(n) == head:
            return
        if head is None:
            del self.merged[n]
        else:
            self.merged[n] = head
        self.pending.lineage.add(n)

    def votable(self, n: int) -> Row | None:
        """The row that a vote for number `n` goes to: its own, or its head's where it is merged."""
        return self.rows.get(self.merged.get(n, n))

    def tally(self, n: int, votes: int) -> None:
        """Set a row's absolute count of votes."""
        row = self.rows.get(n)
        if row is not None and row.votes != votes:
            self.rows[n] = replace(row, votes=votes)
            self.pending.tallies.add(n)

    def expose(self, n: int, seen: int) -> None:
        """Set how often a row was seen; told to clients only when its band changes."""
        row = self.rows.get(n)
        if row is not None and row.seen != seen:
            self.rows[n] = replace(row, seen=seen)
            if row.seen.bit_length() != seen.bit_length():
                self.pending.rows.add(n)

    def head(self, meeting: Meeting, counts: dict[str, int]) -> None:
        """Set the meeting's line and the counts."""
        if (meeting, counts) != (self.meeting, self.counts):
            self.meeting, self.counts = meeting, counts
            self.pending.heading = True

    def line_up(self, line: list[int]) -> None:
        """Set the numbers of those that go on air next, first one first."""
        if line != self.line:
            self.line = line
            self.pending.heading = True

    def _heading(self) -> dict[str, object]:
        meeting = self.meeting
        return {
            "phase": meeting.phase.value,
            "voting": meeting.votes_open(),
            "asking": meeting.asks_open(),
            "title": meeting.title,
            "line": self.line,
        }

    def snapshot(self, tick_ms: int) -> dict[str, object]:
        """The whole board as told so far and pending, at its position."""
        return {
            "t": "snapshot",
            "epoch": self.meeting.epoch,
            "pos": self.position,
            "meeting": self._heading(),
            "rows": [self.rows[n].wire() for n in sorted(self.rows)],
            "merged": sorted(self.merged.items()),
            "counts": self.counts,
            "tick": tick_ms,
        }

    def _delta(self, start: str, changes: Changes) -> dict[str, object]:
        shown = [n for n in sorted(changes.rows) if n in self.rows]
        message: dict[str, object] = {"t": "delta", "from": start, "to": self.position}
        message["rows"] = [self.rows[n].wire() for n in shown]
        message["tallies"] = [
            [n, self.rows[n].votes]
            for n in sorted(changes.tallies - changes.rows)
            if n in self.rows
        ]
        message["gone"] = sorted(changes.rows - set(shown))
        if changes.lineage:
            message["merged"] = [
                (n, self.merged[n]) for n in sorted(changes.lineage & set(self.merged))
            ]
            message["split"] = sorted(changes.lineage - set(self.merged))
        if changes.heading:
            message["counts"] = self.counts
            message["meeting"] = self._heading()
        return message

    def digest(self) -> list[int]:
        """Three numbers by which a client's board that differs is noticed: rows, votes, and both by
        number. The same rule stands in frontend/static/js/board.js."""
        mixed = sum(row.n * (row.votes + 1) for row in self.rows.values()) % DIGEST_BELOW
        return [len(self.rows), sum(row.votes for row in self.rows.values()), mixed]

    def take_delta(self) -> dict[str, object] | None:
        """The delta since the last one taken, or None; remembers it for those who come back."""
        if not self.pending:
            return None
        message = self._delta(self._told, self.pending)
        self._ring.append(_Told(self._told, self.position, self.pending))
        self._told, self.pending = self.position, Changes()
        return message

    def delta_since(self, position: str) -> dict[str, object] | None:
        """One merged delta from `position`, or None when the ring no longer reaches back to it.

        The position may lie between two of this node's own (another node's tick gave it): a delta
        that covers a little more is harmless, because values are absolute.
        """
        asked = _order(position)
        oldest = self._ring[0].start if self._ring else self._told
        if asked < _order(oldest):
            return None
        merged = Changes()
        for told in self._ring:
            if _order(told.end) > asked:
                merged.add(told.changes)
        merged.add(self.pending)
        return self._delta(position, merged)


def _folded(text: str) -> str:
    # Not casefold: JavaScript has none, and its browsers' languages must not decide what is found.
    return text.upper().lower().replace("ς", "σ")


def _order(position: str) -> tuple[int, int]:
    ms, _, sequence = position.partition("-")
    return int(ms), int(sequence or 0)
