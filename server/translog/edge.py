"""The right edge of a growing tree: enough to append, to know the root, and to write new tiles."""

from __future__ import annotations

from collections.abc import Iterable

from server.translog.tile import WIDTH, Tile
from server.translog.tree import EMPTY_ROOT, complete_root, leaf_hash, node_hash


class Edge:
    """Grows by leaves. Keeps, for every level of tiles, the hashes of the last one (at most 255)."""

    def __init__(self) -> None:
        self.size = 0
        self._open: list[list[bytes]] = []

    def copy(self) -> Edge:
        """An edge that grows apart from this one."""
        other = Edge()
        other.size, other._open = self.size, [list(row) for row in self._open]
        return other

    def append(self, leaves: Iterable[bytes]) -> list[tuple[Tile, bytes]]:
        """Take more leaves; the full hash tiles that they completed, with their bytes."""
        return self.append_hashes(leaf_hash(leaf) for leaf in leaves)

    def append_hashes(self, hashes: Iterable[bytes]) -> list[tuple[Tile, bytes]]:
        """The same by the leaves' hashes."""
        filled: list[tuple[Tile, bytes]] = []
        for value in hashes:
            self.size += 1
            self._push(0, value, filled)
        return filled

    def _push(self, level: int, value: bytes, filled: list[tuple[Tile, bytes]]) -> None:
        if level == len(self._open):
            self._open.append([])
        row = self._open[level]
        row.append(value)
        if len(row) == WIDTH:
            n = (self.size >> (8 * (level + 1))) - 1
            filled.append((Tile(level, n, WIDTH), b"".join(row)))
            self._open[level] = []
            self._push(level + 1, complete_root(row), filled)

    def partial(self) -> list[tuple[Tile, bytes]]:
        """The partial hash tiles of the tree as it stands, with their bytes."""
        return [
            (Tile(level, self.size >> (8 * (level + 1)), len(row)), b"".join(row))
            for level, row in enumerate(self._open)
            if row
        ]

    def root(self) -> bytes:
        """The root over all leaves taken so far."""
        value: bytes | None = None
        for row in self._open:
            at = len(row)
            while at:
                size = at & -at  # the smallest complete subtree stands last
                part = complete_root(row[at - size : at])
                value = part if value is None else node_hash(part, value)
                at -= size
        return EMPTY_ROOT if value is None else value
