"""Re-verify whole stored logs: every leaf, tile, bundle, checkpoint and tally, read and rehashed."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from server.translog import anchor, checkpoint, leaf, timing
from server.translog.anchor import ANCHOR
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.edge import Edge
from server.translog.leaf import Leaf, LeafError
from server.translog.note import NoteError, VerifierKey
from server.translog.tile import ENTRIES, WIDTH, Tile, bundle, parse_path
from server.translog.timing import Clockwork
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
            if whole:
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
        for path in (self.folder / "tile").rglob("*"):
            if path.is_file() and path.suffix != ".tmp":
                tile = parse_path(str(path.relative_to(self.folder)))
                if tile is None or not tile.within(state.size):
                    yield f"{path.relative_to(self.folder)} belongs to no size of this log"


def _notes(folder: Path, keys: Path | None, log: str) -> dict[str, str]:
    names = ("checkpoint", "checkpoint.witnessed", "signed")
    found = [folder / log / name for name in names]
    found += sorted((folder / log / "cp").glob("*")) if (folder / log / "cp").is_dir() else []
    named = {str(path.relative_to(folder / log)): path for path in found}
    if keys is not None:
        named["last signed, beside the key"] = keys / "signed" / log
    return {name: path.read_text() for name, path in named.items() if path.is_file()}


def check(folder: Path, keys: Path | None = None) -> dict[str, tuple[int, list[str]]]:
    """By origin: how many leaves, and everything that is wrong. OSError or sqlite3.Error where it
    cannot be read. Sound also while the sequencer works: signatures are read before the store."""
    path = folder / "leaves.sqlite3"
    if not path.is_file():
        raise FileNotFoundError(2, "there are no logs", str(path))
    logs = {found.name for found in folder.iterdir() if checkpoint.LOG_ID.fullmatch(found.name)}
    if keys is not None and (keys / "signed").is_dir():
        logs |= {found.name for found in (keys / "signed").iterdir() if found.suffix != ".tmp"}
    notes = {log: _notes(folder, keys, log) for log in sorted(logs)}
    store = LeafStore(path)
    try:
        found: dict[str, tuple[int, list[str]]] = {}
        for state in store.states().values():
            wrong = list(_Check(store, folder, state).run(notes.pop(log_id(state.meeting), {})))
            found[state.origin] = (state.size, wrong)
        for log, held in notes.items():
            if held:
                found[f"log {log}"] = (0, ["it was signed, but the store does not hold it"])
        return found
    finally:
        store.close()


def main(data: Path, keys: Path) -> int:
    """Print what was found: exit status 0 all holds, 1 could not check, 2 something does not hold."""
    try:
        found = check(data / "log", keys)
    except (OSError, sqlite3.Error) as error:
        print(f"Could not check: {error}")
        return 1
    for origin, (size, wrong) in found.items():
        print(f"{origin}: {size} leaves, {'all hold' if not wrong else f'{len(wrong)} findings'}")
        for line in wrong[:50]:
            print(f"  - {line}")
    print(f"{len(found)} logs checked.")
    return 2 if any(wrong for _, wrong in found.values()) else 0
