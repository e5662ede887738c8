"""`./openfloor witness`: watch logs, cosign what only ever grows. One file, one port, no other part."""

from __future__ import annotations

import signal
import sqlite3
import sys
import threading
from argparse import ArgumentParser, Namespace
from pathlib import Path

from server.translog import policy
from server.translog.note import ED25519, NoteError, VerifierKey
from server.witness.book import Book
from server.witness.door import Door

PORT = 8441
MADE = """\
Made the key of this witness. It lives in {path}, together with what this witness has seen.
Do not copy that file to a second machine and never put an old copy back: a witness that forgets
would cosign a second history. Lose it, and start anew under another key instead."""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, default=Path("witness"), help="folder of its one file")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=PORT, help="0 takes a free one")
    parser.add_argument("--name", help="its public name, like council.example/witness; once")
    parser.add_argument(
        "--log", action="append", default=[], metavar="VKEY", help="a log to watch; remembered"
    )
    parser.add_argument("--policy", type=Path, help="tlog-policy file whose logs to watch")


def _logs(options: Namespace) -> list[VerifierKey]:
    found = [VerifierKey.parse(text.strip()) for text in options.log]
    if any(key.kind != ED25519 for key in found):
        raise NoteError("--log takes the key of a log, not of a witness")
    if options.policy:
        found += policy.parse(options.policy.read_text(encoding="utf-8")).logs
    return found


def main(options: Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 1 with a sentence where it cannot."""
    try:
        book = Book(options.data, options.name)
        book.watch(_logs(options))
        door = Door((options.host, options.port), book)
    except (NoteError, OSError, OverflowError, UnicodeDecodeError, sqlite3.Error) as reason:
        print(f"The witness did not start: {reason}.", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    host, port = door.server_address[:2]
    if book.made:
        print(MADE.format(path=options.data / "witness.sqlite3"))
    print(f"Witness key (give this to whoever verifies):\n{book.signer.key.text()}")
    print(f"It takes checkpoints at http://{host!s}:{port}/add-checkpoint")
    for key in book.logs():
        print(f"Watches {key.name}")
    if not book.logs():
        print("It watches no log yet: name one with --log VKEY.")
    sys.stdout.flush()
    serving = threading.Thread(target=door.serve_forever, args=(0.1,), daemon=True)
    serving.start()
    ended.wait()
    door.shutdown()
    door.server_close()
    book.close()
    return 0
