"""Files that are whole or absent, also after a power loss: temporary name, fsync, rename, fsync."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

KEEP_PARTIAL_S = 3_600


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


class Files:
    """The folder of one deployment's logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._swept = 0.0

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write each file; on return all of them are on the disk. Repeating it is harmless."""
        written: list[tuple[Path, Path]] = []
        for path, data in files:
            whole = self.folder / path
            _make_folder(whole.parent)
            part = whole.with_name(f"{whole.name}.tmp")
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            written.append((part, whole))
        for part, whole in written:
            part.replace(whole)
        for folder in {whole.parent for _, whole in written}:
            _sync_folder(folder)

    def write_missing(self, files: Iterable[tuple[str, bytes]]) -> None:
        """The same for files that never change: those that are there, with these bytes, stay."""
        self.write(self.lacking(files))

    def lacking(self, files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Those of them that are not there, or not with these bytes."""
        return ((path, data) for path, data in files if self._read(path) != data)

    def _read(self, path: str) -> bytes | None:
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def is_there(self, path: str) -> bool:
        """True where there is a file of this name."""
        return (self.folder / path).is_file()

    def drop(self, paths: Iterable[str]) -> None:
        """Remove these files, where they are there."""
        for path in paths:
            (self.folder / path).unlink(missing_ok=True)

    def sweep(self, logs: Iterable[str], now: float) -> None:
        """Each hour: remove these logs' partial tiles that nobody needs any more."""
        if now - self._swept > KEEP_PARTIAL_S:
            self._swept = now
            for log in logs:
                self.drop_old_partials(log, now)

    def drop_old_partials(self, log: str, now: float) -> None:
        """Remove partial tiles whose full tile has been there for an hour."""
        for folder in (self.folder / log / "tile").rglob("*.p"):
            full = folder.with_name(folder.name.removesuffix(".p"))
            if full.is_file() and now - full.stat().st_mtime > KEEP_PARTIAL_S:
                shutil.rmtree(folder)
