"""The leaves and their order: one SQLite file, the truth of every log (synchronous=FULL).

A commit names the state that it builds on (size and root): who is behind gets `Moved`, nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from server.translog.timing import Clockwork
from server.translog.tree import EMPTY_ROOT

_SCHEMA = """
CREATE TABLE IF NOT EXISTS logs (
  meeting TEXT PRIMARY KEY, origin TEXT NOT NULL, vkey TEXT NOT NULL, size INTEGER NOT NULL,
  root BLOB NOT NULL, cursor TEXT NOT NULL, received INTEGER NOT NULL, precise INTEGER NOT NULL,
  last_at INTEGER NOT NULL, served INTEGER NOT NULL, served_root BLOB NOT NULL,
  gate_at INTEGER NOT NULL, closed INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS leaves (
  meeting TEXT NOT NULL, idx INTEGER NOT NULL, intent TEXT NOT NULL, q TEXT, number INTEGER,
  data BLOB NOT NULL, PRIMARY KEY (meeting, idx), UNIQUE (meeting, intent)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS received ON leaves (meeting, q) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS of_question ON leaves (meeting, q, idx) WHERE q IS NOT NULL;
CREATE TABLE IF NOT EXISTS quarantine (
  meeting TEXT NOT NULL, intent TEXT NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (meeting, intent)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
  meeting TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
  PRIMARY KEY (meeting, size)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meetings (
  meeting TEXT PRIMARY KEY, revision INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS attached (
  meeting TEXT NOT NULL, path TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (meeting, path)) STRICT, WITHOUT ROWID;
"""
_COLUMNS = "meeting,origin,vkey,size,root,cursor,received,precise,last_at,served,served_root,gate_at,closed"


class Moved(Exception):
    """Somebody else committed to this log: the state that a commit was built on is gone."""


@dataclass(frozen=True, slots=True)
class State:
    """Where one log stands. `received` counts its submissions; `clockwork` holds size and gates."""

    meeting: str
    origin: str
    vkey: str
    root: bytes = EMPTY_ROOT
    cursor: str = ""
    received: int = 0
    clockwork: Clockwork = field(default_factory=Clockwork)
    served_root: bytes = EMPTY_ROOT
    closed: bool = False

    @property
    def size(self) -> int:
        """How many leaves are committed."""
        return self.clockwork.size


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf with the intent that it came of; `number` for a submission."""

    index: int
    intent: str
    q: str | None
    number: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Aside:
    """An intent that became no leaf, and why."""

    intent: str
    body: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """All that one commit writes."""

    before: State
    after: State
    rows: Sequence[Row] = ()
    aside: Sequence[Aside] = ()
    attached: Sequence[tuple[str, bytes]] = ()
    keeps: bool = False


def _state(row: Sequence[object]) -> State:
    (meeting, origin, vkey, size, root, cursor, received, precise, last_at, served) = row[:10]
    clockwork = Clockwork(bool(precise), last_at, size, served, row[11])  # type: ignore[arg-type]
    return State(
        meeting,  # type: ignore[arg-type]
        origin,  # type: ignore[arg-type]
        vkey,  # type: ignore[arg-type]
        root,  # type: ignore[arg-type]
        cursor,  # type: ignore[arg-type]
        received,  # type: ignore[arg-type]
        clockwork,
        row[10],  # type: ignore[arg-type]
        bool(row[12]),
    )


class LeafStore:
    """The file's one writer. Every method is one transaction; after an error nothing was written,
    or, where the very last step failed, everything: reading tells."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    @classmethod
    def over(cls, db: sqlite3.Connection) -> Self:
        """What stands behind a connection that only reads; nothing is made or set."""
        made = cls.__new__(cls)
        made._db = db
        return made

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def states(self) -> dict[str, State]:
        """Every log by its meeting."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM logs").fetchall()  # noqa: S608
        return {row[0]: _state(row) for row in rows}

    def commit(self, change: Change) -> None:
        """Write a change, all or nothing; Moved where the log is not at `change.before` any more."""
        with self._transaction():
            self._move(change)
            meeting = change.after.meeting
            self._db.executemany(
                "INSERT INTO leaves VALUES (?,?,?,?,?,?)",
                [(meeting, r.index, r.intent, r.q, r.number, r.data) for r in change.rows],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO quarantine VALUES (?,?,?,?)",
                [(meeting, a.intent, a.body, a.reason) for a in change.aside],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO attached VALUES (?,?,?)",
                [(meeting, path, data) for path, data in change.attached],
            )
            if change.keeps:
                kept = (meeting, change.after.size, change.after.root)
                self._db.execute("INSERT OR IGNORE INTO kept VALUES (?,?,?)", kept)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)

    def _move(self, change: Change) -> None:
        before, after = change.before, change.after
        new = _values(after)
        if before.size == 0 and not before.cursor:
            try:
                self._db.execute(f"INSERT INTO logs VALUES ({','.join('?' * len(new))})", new)  # noqa: S608
            except sqlite3.IntegrityError:
                raise Moved(after.meeting) from None
            return
        names = ",".join(f"{name}=?" for name in _COLUMNS.split(","))
        where = "meeting=? AND size=? AND root=? AND cursor=? AND served=?"
        moved = self._db.execute(
            f"UPDATE logs SET {names} WHERE {where}",  # noqa: S608
            (
                *new,
                before.meeting,
                before.size,
                before.root,
                before.cursor,
                before.clockwork.served,
            ),
        )
        if moved.rowcount != 1:
            raise Moved(after.meeting)

    def known(self, meeting: str, intents: Iterable[str]) -> set[str]:
        """Which of these intents were taken already, into the log or aside."""
        asked = list(intents)
        marks = ",".join("?" * len(asked))
        found: set[str] = set()
        for table in ("leaves", "quarantine"):
            query = f"SELECT intent FROM {table} WHERE meeting=? AND intent IN ({marks})"  # noqa: S608
            found.update(row[0] for row in self._db.execute(query, (meeting, *asked)))
        return found

    def index_of(self, meeting: str, intent: str) -> int | None:
        """The index of the leaf that an intent became, None where it became none."""
        query = "SELECT idx FROM leaves WHERE meeting=? AND intent=?"
        row = self._db.execute(query, (meeting, intent)).fetchone()
        return int(row[0]) if row else None

    def act(self, meeting: str, intent: str) -> tuple[int, bytes] | None:
        """The index and the bytes of the leaf that an intent became, None where it became none."""
        query = "SELECT idx, data FROM leaves WHERE meeting=? AND intent=?"
        found: tuple[int, bytes] | None = self._db.execute(query, (meeting, intent)).fetchone()
        return found

    def last_leaf(self, meeting: str, q: str) -> int | None:
        """The index of a question's last leaf, None for one that the log does not know."""
        query = "SELECT MAX(idx) FROM leaves WHERE meeting=? AND q=?"
        found: int | None = self._db.execute(query, (meeting, q)).fetchone()[0]
        return found

    def leaves(self, meeting: str, start: int, end: int) -> list[bytes]:
        """The bytes of leaves [start, end)."""
        query = "SELECT data FROM leaves WHERE meeting=? AND idx>=? AND idx<? ORDER BY idx"
        return [row[0] for row in self._db.execute(query, (meeting, start, end))]

    def acts(self, meeting: str, start: int, end: int) -> list[tuple[int, str, bytes]]:
        """(index, name of its intent, bytes) of leaves [start, end)."""
        query = (
            "SELECT idx, intent, data FROM leaves WHERE meeting=? AND idx>=? AND idx<? ORDER BY idx"
        )
        return self._db.execute(query, (meeting, start, end)).fetchall()

    def ticks(self, meeting: str) -> list[int]:
        """The numbers of all ticks that are leaves."""
        query = "SELECT intent FROM leaves WHERE meeting=? AND intent>='v:' AND intent<'v;'"
        return ticks_in(row[0] for row in self._db.execute(query, (meeting,)))

    def keep_meeting(self, meeting: str, revision: int, told: str) -> None:
        """Keep a meeting's own record, its address and join code among it: no leaf holds those."""
        query = "INSERT OR REPLACE INTO meetings VALUES (?,?,?)"
        self._db.execute(query, (meeting, revision, told))

    def meeting(self, meeting: str) -> tuple[int, str] | None:
        """(revision, JSON) of a meeting's own record as it was kept last, or None."""
        query = "SELECT revision, json FROM meetings WHERE meeting=?"
        found: tuple[int, str] | None = self._db.execute(query, (meeting,)).fetchone()
        return found

    def submissions(self, meeting: str, start: int, end: int) -> list[tuple[str, int, int]]:
        """(question, number, index) of the submissions among leaves [start, end)."""
        query = (
            "SELECT q, number, idx FROM leaves WHERE meeting=? AND idx>=? AND idx<?"
            " AND number IS NOT NULL ORDER BY idx"
        )
        return self._db.execute(query, (meeting, start, end)).fetchall()

    def kept(self, meeting: str) -> list[tuple[int, bytes]]:
        """Size and root of every checkpoint that is kept for good."""
        query = "SELECT size, root FROM kept WHERE meeting=? ORDER BY size"
        return self._db.execute(query, (meeting,)).fetchall()

    def attached(self, meeting: str) -> Iterator[tuple[str, bytes]]:
        """Files that leaves stand for by hash."""
        query = "SELECT path, data FROM attached WHERE meeting=?"
        yield from self._db.execute(query, (meeting,))

    def aside(self, meeting: str) -> list[Aside]:
        """What was kept aside."""
        query = "SELECT intent, body, reason FROM quarantine WHERE meeting=?"
        return [Aside(*row) for row in self._db.execute(query, (meeting,))]


def ticks_in(names: Iterable[str]) -> list[int]:
    """The numbers of the ticks among these intents."""
    return [int(n) for n in (name[2:] for name in names if name.startswith("v:")) if n.isdigit()]


def _values(state: State) -> tuple[object, ...]:
    clock = state.clockwork
    head = (state.meeting, state.origin, state.vkey, clock.size, state.root, state.cursor)
    rest = (clock.served, state.served_root, clock.gate_at, int(state.closed))
    return (*head, state.received, int(clock.precise), clock.last_at, *rest)


def at_served(state: State, root: bytes, clockwork: Clockwork) -> State:
    """The state with everything that it holds served."""
    return replace(state, clockwork=clockwork, served_root=root)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
