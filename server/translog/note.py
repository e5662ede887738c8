"""C2SP signed notes: text, a blank line, signature lines; and verifier keys as text (`vkey`).

Types: 0x01 Ed25519 over the text (the log), 0x04 timestamped cosignature/v1 (a witness).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_BYTES = 131_072
MAX_SIGNATURES = 64
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")


class NoteError(ValueError):
    """A note or key that cannot be read or does not verify; the sentence says why."""


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes of their one canonical spelling; NoteError for any other text."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise NoteError("this is not base64") from error
    if to_base64(data) != text:
        raise NoteError("this base64 has another, canonical spelling")
    return data


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes that, with the name, say which key signed."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and type."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key in `name+hex id+base64`; NoteError where any part is odd or the id is wrong."""
        name, plus, rest = text.partition("+")
        hexadecimal, second, encoded = rest.partition("+")
        if not (plus and second) or not _NAME.fullmatch(name):
            raise NoteError("a verifier key reads name+id+key")
        data = from_base64(encoded)
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise NoteError("this verifier key is of no type known here")
        key = cls(name, data[0], data[1:])
        if hexadecimal != key.id().hex():
            raise NoteError("the verifier key's id does not fit its name and key")
        return key

    def id(self) -> bytes:
        """The key's id."""
        return key_id(self.name, self.kind, self.public)

    def text(self) -> str:
        """The `vkey` text form."""
        return f"{self.name}+{self.id().hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def verified_at(self, text: str, signature: bytes) -> int | None:
        """Return when the signature holds over the text: a witness's POSIX time, None for a log.

        NoteError otherwise.
        """
        message, time = text.encode(), None
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                raise NoteError(f"the cosignature of {self.name} has a wrong length")
            time = int.from_bytes(signature[:8], "big")
            message, signature = cosigned(text, time), signature[8:]
            if time >= 1 << 63:
                raise NoteError(f"the cosignature of {self.name} names no possible time")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError(f"the signature of {self.name} does not hold") from error
        return time


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs: a header, the POSIX time, the checkpoint's text."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


class Signer:
    """A private key with its name. Ed25519 is deterministic: signing again gives the same bytes."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        if not _NAME.fullmatch(name):
            raise NoteError("a key's name has no blank and no plus")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = VerifierKey(name, kind, raw)

    def line(self, text: str, time: int = 0) -> str:
        """The signature line over a note's text; a witness's carries the POSIX time."""
        if self.key.kind == COSIGNATURE:
            signature = time.to_bytes(8, "big") + self._private.sign(cosigned(text, time))
        else:
            signature = self._private.sign(text.encode())
        return f"— {self.key.name} {to_base64(self.key.id() + signature)}\n"

    def sign(self, text: str) -> str:
        """The whole note: text, blank line, this key's signature."""
        if not text.endswith("\n"):
            raise NoteError("a note's text ends with a newline")
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, read and not verified."""

    name: str
    id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note read and not verified."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A note's text with the keys that signed it, each with a witness's time or None."""

    text: str
    signers: dict[VerifierKey, int | None]


def read(data: bytes | str) -> Note:
    """The parts of a note; NoteError for what is not one."""
    raw = data.encode() if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise NoteError(f"a note of {len(raw)} bytes is too large")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("the note is not UTF-8") from error
    if any(char < " " and char != "\n" for char in whole):
        raise NoteError("the note holds control characters")
    body, blank, lines = whole.rpartition("\n\n")
    if not blank or not body or not lines.endswith("\n"):
        raise NoteError("the note has no signatures")
    found = lines[:-1].split("\n")
    if len(found) > MAX_SIGNATURES:
        raise NoteError(f"the note has more than {MAX_SIGNATURES} signatures")
    return Note(body + "\n", tuple(_signature(line) for line in found))


def _signature(line: str) -> Signature:
    dash, name, encoded = (*line.split(" "), "", "")[:3]
    if line.count(" ") != 2 or dash != "—" or not _NAME.fullmatch(name):
        raise NoteError("a signature line is malformed")
    data = from_base64(encoded)
    if len(data) < 5:
        raise NoteError("a signature is too short")
    return Signature(name, data[:4], data[4:])


def opened(data: bytes | str, keys: Iterable[VerifierKey]) -> Opened:
    """The note as signed by at least one of `keys`; NoteError otherwise.

    Lines of other keys are passed over; a line of a known key that fails condemns the note.
    """
    note = read(data)
    known = {(key.name, key.id()): key for key in keys}
    signers: dict[VerifierKey, int | None] = {}
    for line in note.signatures:
        key = known.get((line.name, line.id))
        if key is not None and key not in signers:
            signers[key] = key.verified_at(note.text, line.signature)
    if not signers:
        raise NoteError("no known key signed this note")
    return Opened(note.text, signers)
