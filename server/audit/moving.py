"""A live log grows while it is read: its record at whatever size a published file was drawn at."""

from __future__ import annotations

from server.audit.findings import Findings
from server.audit.reading import Read, bundles
from server.audit.record import Record
from server.audit.sources import Source
from server.translog import leaf
from server.translog.checkpoint import Checkpoint
from server.translog.edge import Edge
from server.translog.leaf import LeafError
from server.translog.tree import leaf_hash


class Moving:
    """Plays the served entries again, each held against those that were read or against a newer
    signature."""

    def __init__(self, source: Source, read: Read, findings: Findings) -> None:
        self._source, self._read, self._findings = source, read, findings
        self._held: dict[int, tuple[Record, bytes]] = {}
        self._said: set[str] = set()

    def at(self, size: int) -> tuple[Record, bytes] | None:
        """The record and the root of the first `size` entries; None where no signature covers them
        (yet), or they cannot be read. Other entries than before are evidence."""
        if size not in self._held:
            head: Checkpoint | None = self._read.head
            if size > self._read.head.size:
                head = self._read.head_now()
            found = self._played(size, head) if head and 0 < size <= head.size else None
            if found is None:
                return None
            self._held = {size: found}
        return self._held[size]

    def _played(self, size: int, head: Checkpoint) -> tuple[Record, bytes] | None:
        known, edge, record = self._read.hashes, Edge(), Record(head.origin)
        root = edge.root()
        # Below what was read each entry has its hash; beyond it the newer signature tells for all.
        end = size if size <= len(known) else head.size
        for leaves in bundles(self._source, end, self._findings):
            if leaves is None:
                return None
            for data in leaves:
                if edge.size < min(end, len(known)) and leaf_hash(data) != known[edge.size]:
                    self._wrong(f"entry {edge.size} is another than it was in this same audit")
                    return None
                edge.append([data])
                if edge.size <= size:
                    _take(record, data)
                if edge.size == size:
                    root = edge.root()
        if end == head.size and edge.root() != head.root:
            self._wrong("the entries that were added are not those that were signed", head.text())
            return None
        return record, root

    def _wrong(self, says: str, proof: str = "") -> None:
        if says not in self._said:
            self._findings.evidence("A3", says, proof)
        self._said.add(says)


def _take(record: Record, data: bytes) -> None:
    try:
        found = leaf.parse(data)
    except LeafError:  # A4 has said so of those that were read; the next audit of all others
        record.size += 1
        return
    for _ in record.take(found):
        pass
