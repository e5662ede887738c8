"""One log's files as they are served: never beyond the size that is published. Blocking; off the loop."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from server.acts.witnessing import Witnessing, through_anchor, witnessing
from server.translog import policy, proof, tile, tree
from server.translog.anchor import ANCHOR_ID
from server.translog.checkpoint import Checkpoint
from server.translog.note import VerifierKey
from server.translog.tile import ENTRIES, WIDTH, Tile
from server.translog.tree import HASH_BYTES


def head_of(note: str) -> Checkpoint:
    """The head in a note of our own sequencer's making."""
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n")


class LogFolder:
    """The folder of one log. Every method raises FileNotFoundError for what is not there (yet)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes:
        """A file of this name; names come from code, never from a request."""
        return (self._folder / path).read_bytes()

    def served(self) -> str:
        """The latest published checkpoint."""
        return self.read("checkpoint").decode()

    def kept(self, size: int) -> str:
        """The checkpoint that is kept of a size, where it is published."""
        if size > head_of(self.served()).size:
            raise FileNotFoundError(size)
        return self.read(f"cp/{size}").decode()

    def tile(self, wanted: Tile) -> bytes:
        """A tile's or bundle's bytes, where the published tree has it. A partial one that was
        cleared away is cut from the full one."""
        if not wanted.within(head_of(self.served()).size):
            raise FileNotFoundError(wanted.path())
        return self._any_tile(wanted)

    def _any_tile(self, wanted: Tile) -> bytes:
        try:
            return self.read(wanted.path())
        except FileNotFoundError:
            full = self.read(Tile(wanted.level, wanted.n, WIDTH).path())
        if wanted.level == ENTRIES:
            return tile.bundle(tile.parse_bundle(full, WIDTH)[: wanted.width])
        return full[: wanted.width * HASH_BYTES]

    def leaves(self, start: int, size: int) -> Iterator[bytes]:
        """The leaves from a bundle's first one on, of a tree of `size`."""
        for n in range(start // WIDTH, -(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            yield from tile.parse_bundle(self._any_tile(Tile(ENTRIES, n, width)), width)

    def witnessed(self) -> str:
        """The newest published checkpoint that a quorum of witnesses cosigned."""
        note = self.read("checkpoint.witnessed").decode()
        if head_of(note).size > head_of(self.served()).size:
            raise FileNotFoundError("checkpoint.witnessed")
        return note

    def receipt(self, index: int, first: str, witnessed: bool = False) -> str:
        """The proof file of a leaf: under the published checkpoint, or where that does not reach
        it yet under `first`, the one that covered it when it was taken. A later unpublished one
        would tell its holder how many came since. With `witnessed` under the newest checkpoint
        that a quorum cosigned, and none before that reaches the leaf."""
        note = self.witnessed() if witnessed else self._covering(index, first)
        head = head_of(note)
        if head.size <= index:
            raise FileNotFoundError(index)
        node = tile.node_from(self._any_tile, head.size)
        return proof.write(index, tree.inclusion_proof(index, head.size, node), note)

    def entry(self, index: int, first: str) -> bytes:
        """The bytes of the leaf that `receipt` proves, for who holds it: published or not."""
        head = head_of(self._covering(index, first))
        n, at = divmod(index, WIDTH)
        width = min(WIDTH, head.size - n * WIDTH)
        return tile.parse_bundle(self._any_tile(Tile(ENTRIES, n, width)), width)[at]

    def _covering(self, index: int, first: str) -> str:
        note = self.served()
        if head_of(note).size <= index:
            note = first
        if head_of(note).size <= index:
            raise FileNotFoundError(index)
        return note

    def vkey(self) -> str:
        """The log's verifier key."""
        return self.read("vkey").decode()

    def policy(self) -> str:
        """The trust rule: this log, and the witnesses that it is fed to. Whom to trust stays the
        reader's to say."""
        name = "anchor" if self._folder.name == ANCHOR_ID else "witnesses"
        path = self._folder.parent / f"{name}.policy"
        if path.is_file():
            return f"log {self.vkey().strip()}\n{path.read_text(encoding='utf-8')}"
        return policy.write(VerifierKey.parse(self.vkey().strip()), {}, 0)

    def witnessing(self) -> Witnessing | None:
        """How it is witnessed, by itself or through the anchor log; None where it is fed to nobody."""
        try:
            return witnessing(self.read("witnesses.json"))
        except FileNotFoundError:
            pass
        try:
            anchor = self._folder.parent / ANCHOR_ID / "witnesses.json"
            return through_anchor(anchor.read_bytes(), self.read("anchored.json"))
        except FileNotFoundError:
            return None

    def archive(
        self, note: str, ticks: Iterable[int], beside: Mapping[str, bytes], into: IO[bytes]
    ) -> None:
        """Write all that the checkpoint in `note` publishes, with its tallies and what belongs `beside` it,
        as a zip that verifies offline."""
        size = head_of(note).size
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as whole:
            whole.writestr("checkpoint", note)
            whole.writestr("vkey", self.vkey())
            whole.writestr("policy", self.policy())
            with suppress(FileNotFoundError):  # nobody witnesses it, or nobody yet
                witnessed = self.witnessed()
                if head_of(witnessed).size <= size:
                    whole.writestr("checkpoint.witnessed", witnessed)
            for found in tile.tiles(size):
                whole.writestr(found.path(), self._any_tile(found))
            for path in sorted((self._folder / "cp").glob("*")):
                if path.name.isdigit() and int(path.name) <= size:
                    whole.writestr(f"cp/{path.name}", path.read_bytes())
            for n in ticks:
                whole.writestr(f"ticks/{n}.json", self.read(f"ticks/{n}.json"))
            for name, data in beside.items():
                whole.writestr(name, data)
