"""Where an audited log is read from: an address, a folder, a zip. All of it is hostile until checked."""

from __future__ import annotations

import lzma
import urllib.error
import urllib.request
import zipfile
import zlib
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Protocol
from urllib.parse import urlsplit

from server.audit.findings import Unreadable
from server.translog import checkpoint
from server.translog.checkpoint import Checkpoint
from server.translog.note import NoteError, VerifierKey
from server.translog.tile import ENTRIES, WIDTH, Tile, bundle, parse_bundle
from server.translog.tree import HASH_BYTES

MAX_BYTES = (
    400_000  # a full bundle of the largest leaves, and a public.json of a thousand questions
)
PUBLIC_BYTES = 64_000_000
TIMEOUT_S = 20
WHOLE_S = 180  # for all of one file: a server that sends byte after byte holds nobody up for ever
# As the log packs its archives; others may ask for memory without end before they give a byte.
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)


class Source(Protocol):
    """`get` gives a file's bytes, None where there is none; Unreadable where that cannot be told. `live`
    where it may change while it is read; `pause_s` is then how long a file may be kept on the way."""

    name: str
    live: bool
    pause_s: float

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None: ...

    def names(self, folder: str) -> list[str]: ...


class Folder:
    """A log's folder, or an unpacked archive."""

    live = False
    pause_s = 0.0

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder.resolve()

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        """See Source. Links that lead out of the folder lead nowhere."""
        try:
            whole = (self._folder / path).resolve()
            if not whole.is_relative_to(self._folder) or not whole.is_file():
                return None
            with whole.open("rb") as file:
                data = file.read(limit + 1)
        except (OSError, RuntimeError, ValueError) as error:  # no right, links in a circle, no name
            raise Unreadable(f"{path} cannot be read: {error}") from error
        return _bounded(path, data, limit)

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder."""
        whole = self._folder / folder
        return sorted(path.name for path in whole.iterdir())[:100_000] if whole.is_dir() else []


class Zip:
    """An archive as the log serves it. Members are read one by one, never unpacked to a disk."""

    live = False
    pause_s = 0.0

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable(f"{path} is no whole zip: {error}") from error

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        """See Source. What claims to be small and is not is not read to its end."""
        try:
            with self._zip.open(path) as file:
                if self._zip.getinfo(path).compress_type not in PACKED:
                    raise Unreadable(f"{path} in the zip cannot be read: it is packed oddly")
                return _bounded(path, file.read(limit + 1), limit)
        except KeyError:
            return None
        except (*_BROKEN, OSError, RuntimeError, NotImplementedError, EOFError) as error:
            raise Unreadable(f"{path} in the zip cannot be read: {error}") from error

    def names(self, folder: str) -> list[str]:
        """The names of the members below a folder."""
        start = f"{folder}/"
        found = [name for name in self._zip.namelist()[:1_000_000] if name.startswith(start)]
        return sorted(name.removeprefix(start) for name in found)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: object, **named: object) -> None:
        return None  # a log does not send its readers elsewhere


class Web:
    """A log at its address, such as https://qa.example.org/log/ID."""

    live = True
    pause_s = 1.5  # a proxy may keep what is derived for its second

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
            raise Unreadable(f"{address} is no address of a log")
        self.name = address.rstrip("/")
        self._opener = urllib.request.build_opener(_Stay())

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        """See Source. Gives up after WHOLE_S seconds, however slowly the bytes come."""
        found: Future[bytes | None] = Future()

        def fetch() -> None:
            try:
                found.set_result(self._get(path, limit))
            except Exception as error:  # it is raised again below
                found.set_exception(error)

        Thread(target=fetch, daemon=True).start()
        try:
            return found.result(WHOLE_S)
        except TimeoutError as error:
            raise Unreadable(f"{path} did not come within {WHOLE_S} seconds") from error

    def _get(self, path: str, limit: int) -> bytes | None:
        try:
            request = urllib.request.Request(f"{self.name}/{path}")  # noqa: S310  # checked above
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return _bounded(path, response.read(limit + 1), limit)
        except urllib.error.HTTPError as error:
            if error.code in (403, 404, 410):
                return None
            raise Unreadable(f"{path}: the server answers {error.code}") from error
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Unreadable(f"{path}: the server gives no answer ({reason})") from error

    def names(self, folder: str) -> list[str]:
        """An address cannot be listed."""
        return []


def _bounded(path: str, data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Unreadable(f"{path} has more than {limit} bytes")
    return data


def of(target: str) -> Source:
    """The source that a person named; Unreadable in words for what is none."""
    if target.startswith(("http://", "https://")):
        return Web(target)
    path = Path(target)
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return Zip(path)
    raise Unreadable(f"{target} is no address, folder or file")


def head_now(source: Source, log: VerifierKey) -> Checkpoint | None:
    """The head that a live log has signed by now; None where nothing can be asked anew, or says so."""
    if not source.live:
        return None
    try:
        return checkpoint.verified(source.get("checkpoint") or b"", log).checkpoint
    except (NoteError, Unreadable):
        return None


def tile_of(source: Source, wanted: Tile) -> bytes | None:
    """A tile or bundle; a partial one that was cleared away is cut from the full one."""
    data = source.get(wanted.path())
    if data is not None or wanted.width == WIDTH:
        return data
    full = source.get(Tile(wanted.level, wanted.n, WIDTH).path())
    if full is None:
        return None
    if wanted.level != ENTRIES:
        return full[: wanted.width * HASH_BYTES]
    try:
        return bundle(parse_bundle(full, WIDTH)[: wanted.width])
    except ValueError:
        return full
