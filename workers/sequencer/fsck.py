"""Re-verify whole stored logs: every leaf, tile, bundle, checkpoint and tally, read and rehashed."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from server.translog import anchor, checkpoint, leaf, timing
from server.translog.anchor import ANCHOR
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.edge import Edge
from server.translog.leaf import Leaf, LeafError
from server.translog.note import NoteError, VerifierKey
from server.translog.tile import ENTRIES, HEIGHT, WIDTH, Tile, bundle, parse_bundle, parse_path
from server.translog.timing import Clockwork
from server.translog.tree import HASH_BYTES
from workers.sequencer import untouched
from workers.sequencer.leaves import LeafStore, State


class _History:
    """What the leaves so far allow the next one to be."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.places: dict[str, int] = {}
        self.received: set[str] = set()
        self.numbers: list[tuple[str, int, int]] = []
        self.ticks: dict[int, str] = {}
        self.clockwork = Clockwork()
        self.closed = False

    def read(self, index: int, data: bytes) -> Iterator[str]:
        """What is wrong with the next leaf's bytes."""
        try:
            found = leaf.parse(data)
        except LeafError as error:
            yield f"leaf {index}: {error}"
            return
        for wrong in self.take(index, found):
            yield f"leaf {index} ({found.kind}): {wrong}"

    def take(self, index: int, found: Leaf) -> Iterator[str]:
        """What is wrong with the next leaf."""
        if (found.kind == "log.open") is not (index == 0):
            yield "log.open is not where it belongs"
        if index == 0 and found.fields.get("origin") != self.origin:
            yield f"it opens {found.fields.get('origin')}, not {self.origin}"
        if self.closed and found.kind != "q.erase":
            yield "it follows the log's end"
        at, self.clockwork = timing.appended(self.clockwork, found.kind, found.fields, found.at)
        if at != found.at:
            yield "its time runs back, or is too precise"
        yield from self._question(index, found)
        self.closed = self.closed or found.kind == "log.close"
        if found.kind == "v.tick":
            self.ticks[int(str(found.fields["n"]))] = str(found.fields["sha256"])

    def _question(self, index: int, found: Leaf) -> Iterator[str]:
        q = found.q
        if q is None:
            return
        if found.kind == "q.received":
            if q in self.received:
                yield "it receives a question twice"
            self.received.add(q)
            self.numbers.append((q, len(self.numbers) + 1, index))
        elif self.places.get(q) != found.ref:
            yield f"it refers to leaf {found.ref}, the question's last one is {self.places.get(q)}"
        self.places[q] = index


class _Anchor(_History):
    """The same for the anchor log."""

    def read(self, index: int, data: bytes) -> Iterator[str]:
        """What is wrong with the next leaf's bytes."""
        self.clockwork = replace(self.clockwork, precise=True)
        try:
            found = anchor.parse(data)
        except LeafError as error:
            yield f"leaf {index}: {error}"
            return
        if found.at < self.clockwork.last_at:
            yield f"leaf {index}: its time runs back"
        self.clockwork = replace(self.clockwork, last_at=found.at)


class _Check:
    def __init__(self, store: LeafStore, folder: Path, state: State) -> None:
        self.store, self.state = store, state
        self.folder = folder / log_id(state.meeting)
        kind = _Anchor if state.meeting == ANCHOR else _History
        self.history = kind(state.origin)
        self.edge = Edge()
        self.roots: dict[int, bytes] = {0: self.edge.root()}

    def run(self, notes: dict[str, str]) -> Iterator[str]:
        """Every finding, in words."""
        heads = yield from self._heads(notes)
        marks = {head.size for head in heads.values()}
        marks |= {self.state.size, self.state.clockwork.served, *range(0, self.state.size, WIDTH)}
        marks |= {size for size, _ in self.store.kept(self.state.meeting)}
        at = 0
        for end in sorted(marks):
            yield from self._leaves(at, min(end, self.state.size))
            self.roots[end] = self.edge.root()
            at = end
        yield from self._same(self.edge.partial())
        yield from self._roots(heads)
        yield from self._rest()

    def _heads(self, notes: dict[str, str]) -> Generator[str, None, dict[str, Checkpoint]]:
        heads: dict[str, Checkpoint] = {}
        for name, note in notes.items():
            try:
                key = VerifierKey.parse(self.state.vkey)
                heads[name] = checkpoint.verified(note, key).checkpoint
            except NoteError as error:
                yield f"{name}: {error}"
        return heads

    def _leaves(self, start: int, end: int) -> Iterator[str]:
        leaves = self.store.leaves(self.state.meeting, start, end)
        if len(leaves) != end - start:
            yield f"leaves {start} to {end} are not all there"
        for index, data in enumerate(leaves, start):
            yield from self.history.read(index, data)
        yield from self._same(self.edge.append(leaves))
        if end % WIDTH == 0 or end == self.state.size:
            first = (end - 1) // WIDTH * WIDTH if end else 0
            whole = self.store.leaves(self.state.meeting, first, end)
            if whole and max(map(len, whole)) <= leaf.LEAF_MAX_BYTES:  # a longer one was named
                tile = Tile(ENTRIES, first // WIDTH, len(whole))
                yield from self._same([(tile, bundle(whole))])

    def _same(self, files: list[tuple[Tile, bytes]]) -> Iterator[str]:
        for tile, data in files:
            path = self.folder / tile.path()
            if not path.is_file():
                yield f"{tile.path()} is missing"
            elif path.read_bytes() != data:
                yield f"{tile.path()} is not what the leaves give"

    def _roots(self, heads: dict[str, Checkpoint]) -> Iterator[str]:
        state = self.state
        told = {f"the store at size {state.size}": (state.size, state.root)}
        served = (state.clockwork.served, state.served_root)
        told[f"the store's served size {served[0]}"] = served
        told |= {f"kept size {size}": (size, root) for size, root in self.store.kept(state.meeting)}
        told |= {name: (head.size, head.root) for name, head in heads.items()}
        for name, (size, root) in told.items():
            if size > state.size:
                yield f"{name}: signed for {size} leaves, the store holds {state.size}"
            elif self.roots[size] != root:
                yield f"{name}: its root is not that of the leaves"

    def _rest(self) -> Iterator[str]:
        state, history = self.state, self.history
        if self.store.submissions(state.meeting, 0, state.size) != history.numbers:
            yield "the store's public numbers are not the ordinals of the submissions"
        if history.clockwork.precise is not state.clockwork.precise:
            yield "the store and the leaves differ on how precise time is"
        for n, sha256 in history.ticks.items():
            path = self.folder / "ticks" / f"{n}.json"
            if not path.is_file() or leaf.sha256_hex(path.read_bytes()) != sha256:
                yield f"ticks/{n}.json is missing or not what its leaf says"
        yield from self._files()
        yield from self._shown()

    def _files(self) -> Iterator[str]:
        """Files that no size asks for; and partial ones of earlier sizes, which are still served."""
        found = [path for path in (self.folder / "tile").rglob("*") if path.is_file()]
        size = self.store.states()[
            self.state.meeting
        ].size  # read last: it may have grown meanwhile
        for path in found:
            name = str(path.relative_to(self.folder))
            tile = parse_path(name)
            if path.suffix != ".tmp" and (tile is None or not tile.within(size)):
                yield f"{name} belongs to no size of this log"
            elif tile is not None and tile.width < WIDTH and tile.within(self.state.size):
                yield from self._partial(tile, path)

    def _partial(self, tile: Tile, path: Path) -> Iterator[str]:
        count = self.state.size >> (HEIGHT * max(tile.level, 0))
        later = replace(tile, width=min(WIDTH, count - tile.n * WIDTH))
        whole = self.folder / later.path()
        if later == tile or not whole.is_file():  # it was compared, or named as missing
            return
        if not _begins(tile, path.read_bytes(), whole.read_bytes()):
            yield f"{tile.path()} is not what the leaves give"

    def _shown(self) -> Iterator[str]:
        """What was signed is there."""
        state = self.state
        names = ["signed"] if state.size else []
        names += ["checkpoint"] if state.clockwork.served else []
        names += [f"cp/{size}" for size, _ in self.store.kept(state.meeting)]
        yield from (f"{n} is missing" for n in names if not (self.folder / n).is_file())


def _begins(tile: Tile, data: bytes, whole: bytes) -> bool:
    """True where these are the tile's bytes, and `whole` the same tile's when it had grown."""
    if tile.level != ENTRIES:
        return data == whole[: tile.width * HASH_BYTES]
    try:
        parse_bundle(data, tile.width)
    except ValueError:
        return False
    return whole.startswith(data)


def _notes(folder: Path, keys: Path | None, log: str) -> dict[str, str]:
    names = ("checkpoint", "checkpoint.witnessed", "signed")
    found = [folder / log / name for name in names]
    found += sorted((folder / log / "cp").glob("*")) if (folder / log / "cp").is_dir() else []
    named = {str(path.relative_to(folder / log)): path for path in found}
    if keys is not None:
        named["last signed, beside the key"] = keys / "signed" / log
    there = {name: path for name, path in named.items() if path.is_file()}
    return {name: path.read_text(errors="replace") for name, path in there.items()}


def check(folder: Path, keys: Path | None = None) -> dict[str, tuple[int, list[str]]]:
    """By origin: how many leaves, and everything that is wrong. OSError or sqlite3.Error where it
    cannot be read. Writes nothing. Sound also while the sequencer works: signatures are read first."""
    path = folder / "leaves.sqlite3"
    if not path.is_file():
        raise FileNotFoundError(2, "there are no logs", str(path))

    def of(db: sqlite3.Connection) -> dict[str, tuple[int, list[str]]]:
        return _checked(LeafStore.over(db), folder, notes)

    notes = _all_notes(folder, keys)
    return untouched.read(path, of)


def _all_notes(folder: Path, keys: Path | None) -> dict[str, dict[str, str]]:
    logs = {found.name for found in folder.iterdir() if checkpoint.LOG_ID.fullmatch(found.name)}
    if keys is not None and (keys / "signed").is_dir():
        logs |= {found.name for found in (keys / "signed").iterdir() if found.suffix != ".tmp"}
    return {log: _notes(folder, keys, log) for log in sorted(logs)}


def _checked(
    store: LeafStore, folder: Path, notes: dict[str, dict[str, str]]
) -> dict[str, tuple[int, list[str]]]:
    found: dict[str, tuple[int, list[str]]] = {}
    left = dict(notes)
    for state in store.states().values():
        wrong = list(_Check(store, folder, state).run(left.pop(log_id(state.meeting), {})))
        found[state.origin] = (state.size, wrong)
    for log, held in left.items():
        if held:
            found[f"log {log}"] = (0, ["it was signed, but the store does not hold it"])
    return found


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def main(data: Path, keys: Path) -> int:
    """Print what was found: exit status 0 all holds, 1 could not check, 2 something does not hold."""
    try:
        found = check(data / "log", keys)
    except (OSError, sqlite3.Error) as error:
        print(f"Could not check: {error}", file=sys.stderr)
        return 1
    for origin, (size, wrong) in found.items():
        holds = "all hold" if not wrong else _count(len(wrong), "finding")
        print(f"{origin}: {_count(size, 'leaf', 'leaves')}, {holds}")
        for line in wrong[:50]:
            print(f"  - {line}")
    print(f"{_count(len(found), 'log')} checked.")
    return 2 if any(wrong for _, wrong in found.values()) else 0
