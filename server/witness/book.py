"""All that a witness keeps, in one SQLite file: its key, the logs it watches, what it cosigned last.

Key and memory live together on purpose: there is no key of this witness that has forgotten.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from server.translog.checkpoint import SEED_BYTES, Checkpoint
from server.translog.note import COSIGNATURE, NoteError, Signer, VerifierKey
from server.translog.witness import Submission, judged

_SCHEMA = """
CREATE TABLE IF NOT EXISTS key (one INTEGER PRIMARY KEY CHECK (one=1), name TEXT NOT NULL,
  seed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS logs (vkey TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS heads (origin TEXT PRIMARY KEY, size TEXT NOT NULL, root BLOB NOT NULL,
  at INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """What was cosigned last for one log, and when."""

    checkpoint: Checkpoint
    at: int


class Book:
    """The file. Safe for many threads, and for a second witness that works on the same file."""

    def __init__(self, folder: Path, name: str | None) -> None:
        """NoteError where the file names another witness than `name`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "witness.sqlite3"
        self._lock = threading.Lock()
        before = os.umask(0o077)  # the key is its owner's alone
        try:
            self._db = sqlite3.connect(
                path, isolation_level=None, timeout=10, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self.made = self._make_key(name)
        finally:
            os.umask(before)
        found: tuple[str, bytes] = self._db.execute("SELECT name, seed FROM key").fetchone()
        if name and name != found[0]:
            raise NoteError(f"{path} holds the key of {found[0]}, not of {name}")
        self.signer = Signer(found[0], found[1], COSIGNATURE)

    def _make_key(self, name: str | None) -> bool:
        seed = secrets.token_bytes(SEED_BYTES)
        named = name or f"witness-{secrets.token_hex(4)}"
        Signer(named, seed, COSIGNATURE)  # NoteError for a name that a key cannot have
        made = self._db.execute("INSERT OR IGNORE INTO key VALUES (1,?,?)", (named, seed))
        return made.rowcount == 1

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def watch(self, logs: Iterable[VerifierKey]) -> None:
        """Watch these logs from now on, too."""
        rows = [(key.text(),) for key in logs]
        self._db.executemany("INSERT OR IGNORE INTO logs VALUES (?)", rows)

    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of all logs that are watched."""
        with self._lock:
            rows = self._db.execute("SELECT vkey FROM logs ORDER BY vkey").fetchall()
        return tuple(VerifierKey.parse(row[0]) for row in rows)

    def head(self, origin: str) -> Head | None:
        """What was cosigned last for a log."""
        with self._lock:
            return self._head(origin)

    def _head(self, origin: str) -> Head | None:
        query = "SELECT size, root, at FROM heads WHERE origin=?"
        row = self._db.execute(query, (origin,)).fetchone()
        return Head(Checkpoint(origin, int(row[0]), row[1]), row[2]) if row else None

    def move(self, found: Submission, head: Checkpoint, now_s: int) -> None:
        """Take `head` as the log's latest; Declined where it does not continue what is held.

        Judged and written in one transaction, on the disk on return: two submissions at once cannot
        both continue the same head, and no crash makes the witness forget what it is about to sign.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                held = self._head(head.origin)
                judged(found, head, held.checkpoint if held else None)
                row = (head.origin, str(head.size), head.root, now_s)
                self._db.execute("INSERT OR REPLACE INTO heads VALUES (?,?,?,?)", row)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
