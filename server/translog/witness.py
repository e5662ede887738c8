"""C2SP tlog-witness, add-checkpoint: the request as bytes, what a witness makes of it, what a log
makes of the answer. Pure: whoever keeps a head does so around `judged`, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.translog import checkpoint
from server.translog.checkpoint import Checkpoint
from server.translog.note import (
    MAX_BYTES,
    MAX_SIGNATURES,
    NoteError,
    VerifierKey,
    from_base64,
    opened,
    read,
    to_base64,
)
from server.translog.tree import EMPTY_ROOT, HASH_BYTES, ProofError, verify_consistency

MAX_HASHES = 63
REQUEST_BYTES = MAX_BYTES + 4_096
ANSWER_BYTES = 16_384
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Declined(Exception):
    """A witness does not cosign: an HTTP status, why, and for a stale size the size it holds."""

    def __init__(self, status: int, says: str, size: int | None = None) -> None:
        super().__init__(says)
        self.status, self.says, self.size = status, says, size


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint as a log submits it: the size it builds on, the proof, the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """The request's body."""
        lines = [f"old {self.old}", *(to_base64(value) for value in self.proof)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, data: bytes) -> Submission:
        """The submission in a request's body; NoteError for what is not one."""
        if len(data) > REQUEST_BYTES:
            raise NoteError(f"a request of {len(data)} bytes is too large")
        try:
            head, blank, note = data.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError as error:
            raise NoteError("the request is not UTF-8") from error
        first, *lines = head.split("\n")
        old = _OLD.fullmatch(first)
        if not blank or old is None or len(lines) > MAX_HASHES:
            raise NoteError("the request is not an old size, a proof, and a checkpoint")
        proof = tuple(from_base64(line) for line in lines)
        if any(len(value) != HASH_BYTES for value in proof):
            raise NoteError("a hash of the proof has a wrong length")
        return cls(int(old[1]), proof, note)


def submitted(data: bytes, logs: Iterable[VerifierKey]) -> tuple[Submission, Checkpoint]:
    """The submission with its checkpoint as a known log signed it; Declined otherwise."""
    try:
        found = Submission.parse(data)
        origin = read(found.note).text.partition("\n")[0]
        keys = [key for key in logs if key.name == origin]
        if not keys:
            raise Declined(404, f"This witness does not watch {origin[:200]}.")
    except NoteError as error:
        raise Declined(400, f"This is no request to cosign: {error}.") from error
    reasons: list[str] = []
    for key in keys:
        try:
            return found, checkpoint.verified(found.note, key).checkpoint
        except NoteError as error:
            reasons.append(str(error))
    raise Declined(403, f"No signature that this witness trusts: {reasons[0]}.")


def judged(found: Submission, head: Checkpoint, held: Checkpoint | None) -> None:
    """Return where `head` continues what this witness cosigned last (`held`); Declined otherwise."""
    size, root = (held.size, held.root) if held else (0, EMPTY_ROOT)
    if found.old > head.size:
        raise Declined(400, "The old size is larger than the checkpoint's.")
    if found.old != size:
        raise Declined(409, f"{size}\n", size)
    if head.size == size and head.root != root:
        raise Declined(409, f"{size}\n", size)
    try:
        verify_consistency(size, head.size, found.proof, root, head.root)
    except ProofError as error:
        raise Declined(422, f"This does not continue what was cosigned: {error}.") from error


def stale_size(body: bytes) -> int | None:
    """The size in the body of a 409, None where it holds none."""
    found = _SIZE.fullmatch(body)
    return int(found[1]) if found else None


def cosignature(body: bytes, text: str, witness: VerifierKey) -> tuple[str, int]:
    """The witness's line over a checkpoint's text, and its time; NoteError where the answer holds no
    valid one. Lines of other keys are passed over and never kept."""
    if len(body) > ANSWER_BYTES:
        raise NoteError("the answer is too large")
    note = read(text.encode() + b"\n" + body)
    mine = [s for s in note.signatures if (s.name, s.id) == (witness.name, witness.id())]
    if note.text != text or not mine or len(note.signatures) >= MAX_SIGNATURES:
        raise NoteError(f"the answer holds no cosignature of {witness.name}")
    line = f"— {mine[0].name} {to_base64(mine[0].id + mine[0].signature)}\n"
    time = opened(f"{text}\n{line}", [witness]).signers[witness]
    if time is None:
        raise NoteError(f"{witness.name} is no witness's key")
    return line, time


def cosigned_note(note: str, lines: Sequence[str]) -> str:
    """A log's signed note with witnesses' lines behind it."""
    return note + "".join(lines)
