"""The files of exports, in the jobs' store: written in slices, whole or not there, gone by themselves.

Synchronous, as all that speaks to the jobs' store: call these in a thread.
"""

from __future__ import annotations

from typing import IO, cast

from server.store import keys
from server.store.address import plain

SLICE = 1_048_576
PART_S = 3600  # what a worker that was killed left behind
TIMEOUT_S = 5


def keep(url: str, meeting: str, export: str, sha256: str, file: IO[bytes], lasts_ms: int) -> None:
    """Keep the file's bytes under their hash. A repeat writes the same again."""
    key = keys.export_file(meeting, export, sha256)
    part = keys.export_file(meeting, export, sha256, ":part")
    with plain(url, socket_timeout=TIMEOUT_S) as connection:
        connection.delete(part)
        while piece := file.read(SLICE):
            pipe = connection.pipeline(transaction=True)
            pipe.append(part, cast(str, piece))
            pipe.expire(part, PART_S)
            pipe.execute()
        pipe = connection.pipeline(transaction=True)
        pipe.rename(part, key)
        pipe.pexpire(key, lasts_ms)
        pipe.execute()


def piece(url: str, meeting: str, export: str, sha256: str, start: int) -> bytes:
    """The bytes from `start` on, at most SLICE; empty at the end and where there is no such file."""
    key = keys.export_file(meeting, export, sha256)
    with plain(url, socket_timeout=TIMEOUT_S) as connection:
        return cast(bytes, connection.getrange(key, start, start + SLICE - 1))


def forget(url: str, meeting: str, export: str, sha256: str) -> None:
    """Remove a file, where it is there."""
    with plain(url, socket_timeout=TIMEOUT_S) as connection:
        connection.delete(keys.export_file(meeting, export, sha256))
