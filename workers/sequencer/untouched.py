"""The leaves' file opened for reading alone, beside a sequencer that works or on a copy that nobody may
write: no byte of it, or beside it, changes."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

TRIES = 5
Found = TypeVar("Found")


def read(path: Path, use: Callable[[sqlite3.Connection], Found]) -> Found:
    """What `use` gives on the file, as last committed. It is asked again where the file was at rest when
    it was opened and is not now, or the other way round. sqlite3.Error or OSError where it cannot be read."""
    for _ in range(TRIES):
        before, fault = _stamp(path), None
        try:
            with _opened(path) as db:
                found = use(db)
            if before is None or before == _stamp(path):
                return found
        except (sqlite3.Error, OSError) as error:
            if before == _stamp(path):
                raise
            fault = error
    raise fault or sqlite3.OperationalError("the file was opened and closed again and again")


def _stamp(path: Path) -> tuple[int, int] | None:
    """Of a file at rest what tells whether it was written since; None of one that is in use."""
    told = path.stat()
    return None if _in_use(path) else (told.st_mtime_ns, told.st_size)


def _in_use(path: Path) -> bool:
    """True where a process has the file open, or was ended while it had: SQLite keeps two files beside it
    meanwhile, its latest commits (-wal) and an index of them (-shm)."""
    return _beside(path, "-shm").is_file() and _beside(path, "-wal").is_file()


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    wal = _beside(path, "-wal")
    if _in_use(path):
        with _connected(path, "mode=ro&readonly_shm=1") as db:
            yield db
    elif wal.is_file() and wal.stat().st_size:
        # A copy without its index: SQLite makes one before it reads, so it gets a copy of its own.
        with tempfile.TemporaryDirectory() as folder:
            for found in (path, wal):
                shutil.copyfile(found, Path(folder, found.name))
            with _connected(Path(folder, path.name), "mode=ro") as db:
                yield db
    else:
        with _connected(path, "mode=ro&immutable=1") as db:
            yield db


@contextmanager
def _connected(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    address = f"{path.resolve().as_uri()}?{how}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=5)) as db:
        yield db
