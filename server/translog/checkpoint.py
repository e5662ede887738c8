"""C2SP checkpoints: three lines (origin, size, root) and no others; origins and keys of our logs."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.translog.note import (
    NoteError,
    Opened,
    Signer,
    VerifierKey,
    from_base64,
    opened,
    to_base64,
)
from server.translog.tree import HASH_BYTES

SEED_BYTES = 32
LOG_ID = re.compile(r"[a-z2-7]{26}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: whose, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint in a note's text; NoteError for extension lines and odd spellings."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteError("a checkpoint has three lines: origin, size, root")
        root = from_base64(lines[2])
        if not _SIZE.fullmatch(lines[1]) or len(root) != HASH_BYTES:
            raise NoteError("the checkpoint's size or root is malformed")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log's signature holds, and when which witnesses cosigned it."""

    checkpoint: Checkpoint
    witnesses: dict[VerifierKey, int]


def verified(
    data: bytes | str, log: VerifierKey, witnesses: tuple[VerifierKey, ...] = ()
) -> SignedCheckpoint:
    """The checkpoint as `log` signed it; NoteError otherwise. The origin must be the key's name,
    also where the key itself is right: one key could serve two logs."""
    note: Opened = opened(data, (log, *witnesses))
    if log not in note.signers:
        raise NoteError("the log did not sign this checkpoint")
    found = Checkpoint.parse(note.text)
    if found.origin != log.name:
        raise NoteError(f"this checkpoint is of {found.origin}, not of {log.name}")
    cosigned = {key: time for key, time in note.signers.items() if time is not None}
    return SignedCheckpoint(found, cosigned)


def log_id(meeting: str) -> str:
    """The log's id: the same 128 random bits as the meeting's, in lower-case base32."""
    raw = base64.urlsafe_b64decode(meeting + "=" * (-len(meeting) % 4))
    if len(raw) != 16:
        raise ValueError("a meeting's id has 16 bytes")
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def meeting_of(log: str) -> str:
    """The inverse of `log_id`: what the openings of this log name as their meeting."""
    raw = base64.b32decode(log.upper() + "=" * (-len(log) % 8))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def origin(host: str, log: str) -> str:
    """The origin line: where the record is read, without the scheme."""
    return f"{host}/log/{log}"


def signer(root_seed: bytes, name: str) -> Signer:
    """The log's signing key, of the deployment's root seed and the log's origin."""
    if len(root_seed) != SEED_BYTES:
        raise ValueError(f"a root seed has {SEED_BYTES} bytes")
    info = b"openfloor-log/v1|" + name.encode()
    seed = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=None, info=info).derive(root_seed)
    return Signer(name, seed)
