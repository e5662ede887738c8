"""A log that grows and forks at will, and a witness of ours at a real port."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.translog import checkpoint, tree
from server.translog.checkpoint import Checkpoint
from server.translog.note import Signer, VerifierKey
from server.translog.witness import Submission
from server.witness.book import Book
from server.witness.door import Door
from tests.translog.building import ORIGIN, log_signer


def hashes(count: int, fork_at: int | None = None) -> list[bytes]:
    """Leaf hashes of a log; another history from leaf `fork_at` on."""
    return [
        tree.leaf_hash(f"{n}{'!' if fork_at is not None and n >= fork_at else ''}".encode())
        for n in range(count)
    ]


def head(size: int, fork_at: int | None = None, origin: str = ORIGIN) -> Checkpoint:
    """The head of that log."""
    return Checkpoint(origin, size, tree.root(size, tree.nodes_of(hashes(size, fork_at))))


def submission(
    old: int, size: int, fork_at: int | None = None, signer: Signer | None = None
) -> Submission:
    """The request that moves a witness from `old` to `size`."""
    proof = tree.consistency_proof(old, size, tree.nodes_of(hashes(size, fork_at)))
    return Submission(old, tuple(proof), (signer or log_signer()).sign(head(size, fork_at).text()))


def other_signer() -> Signer:
    """A log's key of the right name that nobody trusts."""
    return checkpoint.signer(bytes(32), ORIGIN)


@contextmanager
def witness(
    folder: Path, logs: tuple[VerifierKey, ...] | None = None, name: str | None = None
) -> Iterator[tuple[str, VerifierKey]]:
    """Its address and key while it runs."""
    book = Book(folder, name)
    book.watch(logs if logs is not None else (log_signer().key,))
    door = Door(("127.0.0.1", 0), book)
    serving = threading.Thread(target=door.serve_forever, args=(0.02,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{door.server_address[1]}", book.signer.key
    finally:
        door.shutdown()
        door.server_close()
        serving.join()
        book.close()


def post(address: str, body: str | bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of what the witness answers."""
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(f"{address}/add-checkpoint", data, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as no:
        with no:
            return no.code, no.headers["Content-Type"], no.read()
