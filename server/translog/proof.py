"""C2SP tlog-proof files: one leaf's place in a log, verifiable by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.translog import checkpoint
from server.translog.checkpoint import SignedCheckpoint
from server.translog.note import NoteError, VerifierKey, from_base64, to_base64
from server.translog.tree import HASH_BYTES, ProofError, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Proof:
    """An index, the hashes up to the root, and the signed checkpoint as text. Nothing verified."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    @classmethod
    def parse(cls, text: str) -> Proof:
        """The parts of a proof file; NoteError for what is not one. Extra data is passed over:
        nothing vouches for it."""
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != HEADER:
            raise NoteError("this is not a tlog-proof file")
        if lines and lines[0].startswith("extra "):
            from_base64(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None or len(lines) > MAX_HASHES:
            raise NoteError("the proof has no index, or too many hashes")
        hashes = tuple(from_base64(line) for line in lines)
        if any(len(value) != HASH_BYTES for value in hashes):
            raise NoteError("a hash of the proof has a wrong length")
        return cls(int(index[1]), hashes, note)


def write(index: int, hashes: Sequence[bytes], note: str) -> str:
    """The proof file of the leaf at `index`, under the signed checkpoint `note`."""
    lines = [HEADER, f"index {index}", *(to_base64(value) for value in hashes)]
    return "\n".join(lines) + "\n\n" + note


def verify(
    text: str, leaf: bytes, log: VerifierKey, witnesses: tuple[VerifierKey, ...] = ()
) -> tuple[int, SignedCheckpoint]:
    """The leaf's index and the checkpoint that covers it; NoteError or ProofError otherwise.

    In this order: signature, origin, size, inclusion.
    """
    found = Proof.parse(text)
    signed = checkpoint.verified(found.note, log, witnesses)
    head = signed.checkpoint
    if found.index >= head.size:
        raise ProofError(f"leaf {found.index} is not under a checkpoint of size {head.size}")
    verify_inclusion(leaf_hash(leaf), found.index, head.size, found.hashes, head.root)
    return found.index, signed
