"""A live log grows while it is read: its record at whatever size a published file was drawn at."""

from __future__ import annotations

from server.audit.findings import Findings
from server.audit.reading import LEAVES_MAX, Progress, Read, bundles
from server.audit.record import Record
from server.audit.sources import Source
from server.translog import leaf
from server.translog.edge import Edge
from server.translog.leaf import LeafError
from server.translog.tile import WIDTH
from server.translog.tree import leaf_hash

AGAIN = "entries again, for the files drawn of them"


class Moving:
    """Plays the served entries again, each held against those that were read or against a newer
    signature. It goes on from where it stands; only for a smaller size does it begin anew."""

    def __init__(self, source: Source, read: Read, findings: Findings, progress: Progress) -> None:
        self._source, self._read, self._findings = source, read, findings
        self._progress = progress
        self._hashes = list(read.hashes)  # of all entries that a signature covers
        self._record, self._edge = Record(read.head.origin), Edge()
        self._lost = False

    def at(self, size: int) -> tuple[Record, bytes] | None:
        """The record and the root of the first `size` entries; None where no signature covers them
        (yet), or they cannot be read. Other entries than before are evidence. What was given before
        is not to be used any more."""
        if self._lost or size < 1 or (size > len(self._hashes) and not self._grown(size)):
            return None
        if size < self._edge.size:
            self._record, self._edge = Record(self._read.head.origin), Edge()
        return (self._record, self._edge.root()) if self._played(size) else None

    def _grown(self, size: int) -> bool:
        """Whether a newer signature covers as many, and so do the entries that were added."""
        head = self._read.head_now()
        if head is None or not size <= head.size <= LEAVES_MAX:
            return False
        known = len(self._hashes)
        start = known // WIDTH * WIDTH
        added: list[bytes] = []
        for leaves in bundles(self._source, head.size, self._findings, start):
            if leaves is None:
                return self._lose()
            added += map(leaf_hash, leaves)
            self._tell(start + len(added), head.size, start)
        edge = Edge()
        edge.append_hashes([*self._hashes[:start], *added])
        if edge.root() != head.root:
            says = "the entries that were added are not those that were signed"
            return self._lose(says, head.text())
        if added[: known - start] != self._hashes[start:]:
            return self._lose(f"an entry from {start} on is another than it was in this same audit")
        self._hashes += added[known - start :]
        return True

    def _played(self, size: int) -> bool:
        """Take entries up to this many."""
        began = self._edge.size
        start = began // WIDTH * WIDTH
        if size == began:
            return True
        for leaves in bundles(self._source, len(self._hashes), self._findings, start):
            if leaves is None:
                return self._lose()
            for data in leaves[self._edge.size % WIDTH :]:
                if leaf_hash(data) != self._hashes[self._edge.size]:
                    says = f"entry {self._edge.size} is another than it was in this same audit"
                    return self._lose(says)
                self._edge.append([data])
                _take(self._record, data)
                if self._edge.size == size:
                    self._tell(size, size, began)
                    return True
            self._tell(self._edge.size, size, began)
        return False

    def _tell(self, done: int, total: int, began: int) -> None:
        """Draw the bar, but not for the few entries that came meanwhile."""
        if total - began > WIDTH:
            self._progress(done, total, AGAIN)

    def _lose(self, says: str = "", proof: str = "") -> bool:
        """Nothing more can be said of this log; why is said once."""
        self._lost = True
        if says:
            self._findings.evidence("A3", says, proof)
        return False


def _take(record: Record, data: bytes) -> None:
    try:
        found = leaf.parse(data)
    except LeafError:  # A4 has said so of those that were read; the next audit of all others
        record.size += 1
        return
    for _ in record.take(found):
        pass
