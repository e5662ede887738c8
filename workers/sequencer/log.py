"""One meeting's log: commit, tiles, sign, publish, in this order and no other (docs/log.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from server.audit.replay import Replay
from server.domain.meeting import Phase
from server.translog import leaf, policy, timing
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.edge import Edge
from server.translog.leaf import LeafError
from server.translog.strict import Json
from server.translog.tile import ENTRIES, WIDTH, Tile, bundle, tiles
from workers.sequencer.batching import Batch, Entry, Known, assemble
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring
from workers.sequencer.leaves import Aside, Change, LeafStore, State, at_served

Named = tuple[str, bytes]
PLAYED_A_TURN = 5_000  # leaves
FILES_A_STEP = 16
OLDER = (
    "The store was told of more leaves than are here: the data folder is older than what was signed (an old"
    " backup?). Put the newest one back. Nothing is signed until then."
)


class Halted(Exception):
    """This log must not be signed on; the sentence says why and what to do."""


class MeetingLog:
    """A log whose state is committed and whose files may be behind it by at most one step. Whoever takes it
    up from what is committed lets `raising` end first: nothing is committed or signed before."""

    def __init__(self, store: LeafStore, files: Files, keyring: Keyring, state: State) -> None:
        self._store, self._files, self._keyring = store, files, keyring
        self.id = log_id(state.meeting)
        self._signer = keyring.signer(state.origin)
        self.state = replace(state, vkey=self._signer.key.text())
        if state.vkey and state.vkey != self.state.vkey:
            raise Halted(
                f"The root key does not give the key of {state.origin}. It is the key of another"
                " deployment, or was replaced. Put the right one back; nothing was signed."
            )
        self.signed = ""
        self._replay: Replay | None = None
        self._edge = Edge()
        last = self._keyring.last_signed(self.id)
        if last is not None:
            self._refuse_older(last)

    def raising(self) -> Iterator[None]:
        """Rehash the committed leaves and make good what hangs on them (steps 3 and 4), at every start, also
        after a good end; each step is short. Halted where the root is not the committed one, or what was
        signed is not a prefix; every file is then as it was."""
        yield from self._rehashing()
        bundles = [tile for tile in tiles(self.state.size) if tile.level == ENTRIES]
        for at in range(0, len(bundles), FILES_A_STEP):
            self._files.write_missing(map(self._bundle, bundles[at : at + FILES_A_STEP]))
            yield
        self._write_tiles((), self.state.size, self._store.attached(self.state.meeting))
        if self.state.size:
            self.publish()

    def _rehashing(self) -> Iterator[None]:
        state, edge, last = self.state, Edge(), self._keyring.last_signed(self.id)
        claims = [(state.size, state.root), (state.clockwork.served, state.served_root)]
        claims += self._store.kept(state.meeting)
        marks = {
            *(size for size, _ in claims),
            *range(0, state.size, WIDTH),
            *([last.size] if last else []),
        }
        lacking: list[Named] = []  # tiles; none is written before the last root matched
        at = 0
        for end in sorted(marks):
            filled = edge.append(self._store.leaves(state.meeting, at, end))
            named = ((f"{self.id}/{tile.path()}", data) for tile, data in filled)
            lacking += self._files.lacking(named)
            at = end
            claimed = {root for size, root in claims if size == end}
            if edge.size != end or claimed - {edge.root()}:
                raise Halted(
                    f"The leaves of {state.origin} do not give the root that was committed with"
                    f" them at size {end}. The store is damaged; run ./openfloor fsck."
                )
            if last is not None and end == last.size and last.root != edge.root():
                raise Halted(
                    f"{state.origin} was signed at size {end} with another root than the store"
                    " gives. This store has another history; put the right one back."
                )
            yield
        for at in range(0, len(lacking), FILES_A_STEP):
            self._files.write(lacking[at : at + FILES_A_STEP])
            yield
        self._edge = edge

    def _refuse_older(self, last: Checkpoint) -> None:
        if last.origin != self.state.origin or last.size > self.state.size:
            raise Halted(
                f"{last.origin} was signed up to size {last.size}, but the store holds"
                f" {self.state.size} leaves: it is older than what it signed (an old backup?)."
                " Put the newest store back. Nothing is signed until then."
            )

    def integrate(self, entries: Sequence[Entry], ticks: Mapping[int, str], now_s: int) -> Batch:
        """Commit the next entries' leaves (step 2) and project them (steps 3 and 4). The batch tells
        how many entries were taken; the rest wait for the next call."""
        names = [entry.get("id") or position for position, entry in entries]
        taken, before = self._store.known(self.state.meeting, names), self.state

        def last_leaf(q: str) -> int | None:
            return self._store.last_leaf(before.meeting, q)

        known = Known(ticks, last_leaf, self._closing)
        batch = assemble(before, entries, taken, known, now_s)
        if batch.taken:
            self.append(batch, now_s)
        return batch

    def append(self, batch: Batch, now_s: int) -> None:
        """Commit a batch that was assembled on the log as it stands (step 2), and project it."""
        self._is_raised()
        before, edge = self.state, self._edge.copy()
        filled = edge.append(row.data for row in batch.rows)
        root = edge.root()
        after = replace(batch.state, root=root)
        gate = timing.opens_at_once(after.clockwork)
        if gate:
            after = at_served(after, root, timing.served(after.clockwork, now_s))
        keeps = batch.keeps or (gate and not after.clockwork.precise)
        change = Change(before, after, batch.rows, batch.aside, batch.attached, keeps)
        self._store.commit(change)
        # From here on the leaves are the log's; a crash is made good at the next start.
        self.state, self._edge = after, edge
        if batch.rows or gate:
            self._project(filled, before.size, batch.attached)

    def _is_raised(self) -> None:
        if self._edge.size != self.state.size:
            raise AssertionError("this log was not held against its root")

    def _closing(self) -> dict[str, Json] | None:
        """What the closing entry says of all leaves before it; None while they are still played again,
        so many a turn: other logs do not wait for the end of this one. LeafError before the meeting's end."""
        state, replay = self.state, self._replay or Replay(self.state.origin)
        end = min(state.size, replay.size + PLAYED_A_TURN)
        for data in self._store.leaves(state.meeting, replay.size, end):
            for _ in replay.take(leaf.parse(data)):
                pass  # the auditor's to say
        self._replay = replay
        if replay.size < state.size:
            return None
        self._replay = None
        if replay.phase not in (Phase.CLOSED, Phase.ARCHIVED):
            raise LeafError(f"it ends the log of a meeting that is {replay.phase}")
        return {"counts": replay.counts(), "sha256": leaf.sha256_hex(replay.public(state.root))}

    def at_gate(self, now_s: int) -> bool:
        """True where a gate has come for what waits."""
        return timing.is_gate(self.state.clockwork, now_s)

    def open_gate(self, now_s: int) -> None:
        """Serve all that the log holds."""
        clockwork = timing.served(self.state.clockwork, now_s)
        after = at_served(self.state, self.state.root, clockwork)
        self._store.commit(Change(self.state, after, keeps=not clockwork.precise))
        self.state = after
        self.publish()

    def _project(
        self, filled: Sequence[tuple[Tile, bytes]], since: int, attached: Iterable[Named]
    ) -> None:
        self._write_tiles(filled, since, attached)
        self.publish()

    def _write_tiles(
        self, filled: Sequence[tuple[Tile, bytes]], since: int, attached: Iterable[Named]
    ) -> None:
        state = self.state
        found = [(tile.path(), data) for tile, data in [*filled, *self._edge.partial()]]
        found += attached
        for tile in tiles(state.size, since):
            if tile.level == ENTRIES:
                found.append((tile.path(), self._bundle(tile)[1]))
        found.append(("vkey", f"{state.vkey}\n".encode()))
        found.append(("policy", policy.write(self._signer.key, {}, 0).encode()))
        self._files.write_missing((f"{self.id}/{path}", data) for path, data in found)

    def _bundle(self, tile: Tile) -> Named:
        start = tile.n * WIDTH
        leaves = self._store.leaves(self.state.meeting, start, start + tile.width)
        return f"{self.id}/{tile.path()}", bundle(leaves)

    def publish(self) -> None:
        """Sign and show (step 4): remembered beside the key before anybody can see it."""
        state = self.state
        self._is_raised()
        self.signed = self._note(state.size, state.root)
        self._keyring.remember(self.id, self.signed)
        found = [("signed", self.signed)]
        kept = [(size, root) for size, root in self._store.kept(state.meeting)]
        for size, root in kept:
            if not self._files.is_there(f"{self.id}/cp/{size}"):
                found.append((f"cp/{size}", self._note(size, root)))
        if state.clockwork.served:
            served = self._note(state.clockwork.served, state.served_root)
            found.append(("checkpoint", served))
        self._files.write((f"{self.id}/{path}", note.encode()) for path, note in found)

    def _note(self, size: int, root: bytes) -> str:
        return self._signer.sign(Checkpoint(self.state.origin, size, root).text())

    def submissions(self, start: int, end: int) -> list[tuple[str, int, int]]:
        """(question, number, index) of the submissions among leaves [start, end)."""
        return self._store.submissions(self.state.meeting, start, end)

    def aside(self) -> list[Aside]:
        """What could become no leaf."""
        return self._store.aside(self.state.meeting)
