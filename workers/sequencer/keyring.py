"""The log's root seed, and beside it what was last signed: outside the data folder and its backups."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from server.translog import checkpoint
from server.translog.checkpoint import SEED_BYTES, Checkpoint
from server.translog.note import NoteError, Signer
from workers.sequencer.files import Files

ADVICE = """\
Made the root key of this deployment's logs: {path}
Keep one sealed copy of that file off this machine. Who has it can sign other histories in your name;
without it no log of this deployment can go on. Never put the folder into the data folder's backup:
what was last signed is remembered there, so that an old backup cannot be signed over."""


class KeyTrouble(Exception):
    """The key cannot be used; the sentence says why and what to do."""


class Keyring:
    """The deployment's keys. `made` says whether this start made the root seed."""

    def __init__(self, folder: Path, logs_exist: bool) -> None:
        self._files = Files(folder)
        self._path = folder / "root"
        self.made = not self._path.exists()
        if self.made and logs_exist:
            raise KeyTrouble(
                f"The logs' root key {self._path} is missing, but there are logs that it signed."
                " Put your sealed copy there. Nothing is signed until then."
            )
        if self.made:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._files.write([("root", secrets.token_bytes(SEED_BYTES))])
            self._path.chmod(0o600)
        try:
            self._root = self._path.read_bytes()
        except OSError as error:
            raise KeyTrouble(f"The logs' root key {self._path}: {error.strerror}.") from error
        if len(self._root) != SEED_BYTES:
            raise KeyTrouble(f"The logs' root key {self._path} must hold exactly 32 bytes.")

    def advice(self) -> str:
        """What to tell the operator who just got a key."""
        return ADVICE.format(path=self._path)

    def signer(self, origin: str) -> Signer:
        """The key of one log."""
        return checkpoint.signer(self._root, origin)

    def last_signed(self, log: str) -> Checkpoint | None:
        """What was last signed for a log, or None; KeyTrouble where the note of it is not ours."""
        path = self._files.folder / "signed" / log
        try:
            note = path.read_text(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyTrouble(f"What was last signed, {path}: {error.strerror}.") from error
        origin = note.partition("\n")[0]
        try:
            return checkpoint.verified(note, self.signer(origin).key).checkpoint
        except NoteError as error:
            raise KeyTrouble(
                f"What was last signed, {path}, is not signed by this root key ({error})."
                " Is it the key of another deployment, or is the file damaged?"
            ) from error

    def remember(self, log: str, note: str) -> None:
        """Write down what is about to be shown as signed; durable on return."""
        self._files.write([(f"signed/{log}", note.encode())])


def take_lock(folder: Path, name: str = "sequencer.lock") -> int | None:
    """A descriptor that holds the folder for one such process, or None where another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
