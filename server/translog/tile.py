"""C2SP tlog-tiles: which files a tree consists of, their paths and their bytes. Pure.

A tile holds up to 256 hashes of one level; an entry bundle up to 256 leaves. A partial tile is a
file of its own (`N.p/W`), so that every file, once written, never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from server.translog.tree import HASH_BYTES, Node, complete_root

WIDTH = 256
HEIGHT = 8
LEAF_MAX_BYTES = 65_535
ENTRIES = -1
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One file: `level` 0.. for hashes, ENTRIES for a bundle; `n` its place; `width` 1 to 256."""

    level: int
    n: int
    width: int

    def path(self) -> str:
        """Its address below the log's: `tile/0/x001/x234/067` or `tile/entries/000.p/3`."""
        kind = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{kind}/{index_path(self.n)}{partial}"

    def within(self, size: int) -> bool:
        """True when a tree of `size` leaves consists of this file, or once did as it grew."""
        held = (size >> (HEIGHT * max(self.level, 0))) - self.n * WIDTH
        return held >= self.width


def index_path(n: int) -> str:
    """Three digits an element; all but the last begin with an x."""
    elements = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        elements.append(f"x{n % 1000:03}")
    return "/".join(reversed(elements))


def parse_path(path: str) -> Tile | None:
    """The tile at a path, or None where the path is not the one spelling of any tile."""
    found = _PATH.fullmatch(path)
    if found is None or len(path) > 120:
        return None
    kind, digits, width = found.groups()
    level = ENTRIES if kind == "entries" else int(kind)
    n = int(digits.replace("x", "").replace("/", ""))
    tile = Tile(level, n, int(width) if width else WIDTH)
    return tile if level <= 63 and tile.path() == path else None


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The files of a tree of `size` leaves that one of `since` does not have; bundles first."""
    yield from _row(ENTRIES, since, size)
    level = 0
    while size >> (HEIGHT * level):
        yield from _row(level, since >> (HEIGHT * level), size >> (HEIGHT * level))
        level += 1


def _row(level: int, since: int, count: int) -> Iterator[Tile]:
    if count == since:
        return
    for n in range(since // WIDTH, -(-count // WIDTH)):
        yield Tile(level, n, min(WIDTH, count - n * WIDTH))


def node_from(read: Callable[[Tile], bytes], size: int) -> Node:
    """The `node` function of tree.py over the tiles of a tree of `size` leaves.

    `read` gives a tile's bytes; ValueError where their number is wrong for it.
    """
    held: dict[tuple[int, int], bytes] = {}

    def tile_bytes(level: int, n: int) -> bytes:
        if (level, n) not in held:
            width = min(WIDTH, (size >> (HEIGHT * level)) - n * WIDTH)
            data = read(Tile(level, n, width))
            if len(data) != width * HASH_BYTES:
                raise ValueError(f"{Tile(level, n, width).path()} has {len(data)} bytes")
            held[level, n] = data
        return held[level, n]

    def node(level: int, index: int) -> bytes:
        at, inside = divmod(level, HEIGHT)
        first = index << inside
        data = tile_bytes(at, first // WIDTH)
        start = (first % WIDTH) * HASH_BYTES
        return complete_root(split_hashes(data[start : start + (HASH_BYTES << inside)]))

    return node


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes of a tile's bytes; ValueError where they do not divide."""
    if len(data) % HASH_BYTES:
        raise ValueError(f"{len(data)} bytes are not whole hashes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def bundle(leaves: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each leaf behind its length as two bytes."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` leaves of a bundle; ValueError for fewer, more, or a torn end."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data) and len(leaves) < width:
        length = int.from_bytes(data[at : at + 2], "big")
        leaf = data[at + 2 : at + 2 + length]
        if at + 2 > len(data) or len(leaf) != length:
            raise ValueError("the bundle is torn")
        leaves.append(leaf)
        at += 2 + length
    if len(leaves) != width or at != len(data):
        raise ValueError(f"the bundle does not hold exactly {width} leaves")
    return leaves
