"""The witness's HTTP door: POST /add-checkpoint, and a page in plain text that says what it watches."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from server.translog.note import to_base64
from server.translog.witness import REQUEST_BYTES, SIZE_TYPE, Declined, submitted
from server.witness.book import Book

TEXT = "text/plain; charset=utf-8"
PATIENCE_S = 10
AT_ONCE = 32
Answer = tuple[int, str, str]


def add_checkpoint(book: Book, data: bytes, now_s: int) -> Answer:
    """Status, content type and body of the answer to one submission."""
    try:
        found, head = submitted(data, book.logs())
        book.move(found, head, now_s)
    except Declined as no:
        return no.status, TEXT if no.size is None else SIZE_TYPE, no.says
    return 200, TEXT, book.signer.line(head.text(), now_s)


def about(book: Book, now_s: int) -> str:
    """Who this witness is, and what it saw last of each log."""
    lines = [f"Witness {book.signer.key.text()}", ""]
    for key in book.logs():
        head = book.head(key.name)
        if head is None:
            lines.append(f"{key.name}: nothing yet")
        else:
            root = to_base64(head.checkpoint.root)
            ago = max(0, now_s - head.at)
            lines.append(f"{key.name}: {head.checkpoint.size} entries, {ago} s ago, root {root}")
    return "\n".join(lines) + "\n"


class Visit(BaseHTTPRequestHandler):
    """One connection. Every answer has a length, so it may carry more requests."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "witness", ""
    timeout = PATIENCE_S
    wbufsize = -1  # an answer leaves whole: its head alone would wait for the client's
    server: Door

    def do_POST(self) -> None:
        """Cosign, or say why not."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._give(400, TEXT, "The request does not tell its length.")
        elif len(length) > 12 or int(length) > REQUEST_BYTES:
            self.close_connection = True
            self._give(413, TEXT, "The request is too large.")
        else:
            self._take(self.rfile.read(int(length)), int(length))

    def _take(self, data: bytes, length: int) -> None:
        if len(data) != length:
            self.close_connection = True
        elif self.path.rstrip("/") != "/add-checkpoint":
            self._give(404, TEXT, "A witness takes checkpoints at /add-checkpoint.")
        else:
            try:
                answer = add_checkpoint(self.server.book, data, int(time.time()))
            except sqlite3.Error as error:
                # Nothing is signed that is not on the disk.
                answer = (503, TEXT, f"The witness cannot write its book ({error}).")
            self._give(*answer)

    def do_GET(self) -> None:
        """What this witness is."""
        if self.path == "/":
            self._give(200, TEXT, about(self.server.book, int(time.time())))
        elif self.path == "/vkey":
            self._give(200, TEXT, f"{self.server.book.signer.key.text()}\n")
        else:
            self._give(404, TEXT, "There is nothing at this address.")

    def _give(self, status: int, kind: str, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """One short line for the person at the terminal."""
        print(f"{self.log_date_time_string()}  {format % args}", file=sys.stderr, flush=True)


class Door(ThreadingHTTPServer):
    """Listens. More than AT_ONCE connections are not taken, so that nobody can use up the machine."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], book: Book) -> None:
        super().__init__(address, Visit)
        self.book = book
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Serve a connection on a thread of its own, or close it where too many are open."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(
        self, request: socket | tuple[bytes, socket], client_address: Any
    ) -> None:
        """The thread's whole life."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up or is slow is no fault of the witness."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
