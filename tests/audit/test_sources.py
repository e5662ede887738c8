"""Hostile sources: whatever a log's files or its server do, the auditor says it could not read them."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.audit import sources
from server.audit.findings import Unreadable
from server.audit.sources import Web, Zip


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_member_of_a_zip_cannot_be_read(tmp_path: Path, how: int) -> None:
    archive = tmp_path / "log.zip"
    with zipfile.ZipFile(archive, "w", how) as made:
        made.writestr("checkpoint", bytes(range(256)) * 40)
    data = bytearray(archive.read_bytes())
    start = 30 + len("checkpoint") + (9 if how == zipfile.ZIP_LZMA else 0)
    data[start : start + 20] = b"\xff" * 20
    archive.write_bytes(data)
    with pytest.raises(Unreadable, match="cannot be read"):
        Zip(archive).get("checkpoint")


@contextmanager
def _server(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[Web]:
    over = threading.Event()

    def serve() -> None:
        link, _ = listening.accept()
        with link:
            link.recv(4_096)
            answer(link, over)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Web(f"http://127.0.0.1:{listening.getsockname()[1]}/log/x")
        finally:
            over.set()
            thread.join()


def test_what_is_no_answer_or_half_of_one_cannot_be_read() -> None:
    for said in (
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        with (
            _server(lambda link, _, said=said: link.sendall(said)) as log,  # type: ignore[misc]
            pytest.raises(Unreadable, match="checkpoint"),
        ):
            log.get("checkpoint")


def test_a_server_that_never_ends_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "WHOLE_S", 0.5)

    def drip(link: socket.socket, over: threading.Event) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            link.sendall(b"y")

    with _server(drip) as log, pytest.raises(Unreadable, match="did not come within"):
        log.get("checkpoint")
