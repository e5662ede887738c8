"""How a log grows: appended, proven and audited from a thousand leaves to a million."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from server.domain.ids import from_bytes
from server.translog import leaf, proof, tile, tree
from server.translog.checkpoint import Checkpoint, log_id, origin
from server.translog.note import VerifierKey
from tools.bench import machine
from tools.bench.product import ROOT, BenchFailed
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring
from workers.sequencer.leaves import LeafStore, State
from workers.sequencer.log import MeetingLog

BATCH = 500  # as many entries as the sequencer takes at once
PROOFS = 200
HASH = "0" * 64
OPENED = leaf.intent(
    "log.open",
    phase="live",
    policy=HASH,
    reasons=HASH,
    ranking="votes descending, then lower number",
    windows=dict.fromkeys(
        ("starts_at", "asking_from", "asking_until", "voting_from", "voting_until")
    ),
    limits={"min_chars": 10, "max_chars": 500, "submit_limit": 3},
    after_display=0,
    readers="link",
    assurance="A0",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A log of `leaves`: leaves appended a second since the size before (SQLite, tiles and signature
    on disk for every batch), one proof made of tiles and verified, and a whole audit of its folder
    by a process of its own."""

    leaves: int
    append_per_s: float
    proof_ms: float
    audit_s: float
    audit_mb: float
    mb_on_disk: float
    load_average: str


def _entries() -> Iterator[tuple[str, dict[str, str]]]:
    """A meeting that only takes questions, and takes every other back: nothing else has to be read
    to audit it."""
    yield "1-0", {"id": "m:0", "intent": OPENED}
    at = 1
    while True:
        q = from_bytes(at.to_bytes(16, "big"))
        received = leaf.intent("q.received", q=q, c=HASH, via="api", assurance="A0")
        yield f"{2 * at}-0", {"id": f"r:{q}", "intent": received}
        if at % 2:
            yield f"{2 * at + 1}-0", {"id": f"d:{q}:1", "intent": leaf.intent("q.withdraw", q=q)}
        at += 1


def _proof_ms(folder: Path, size: int, key: VerifierKey) -> float:
    """The middle of many proofs at random places."""
    signed, took = (folder / "checkpoint").read_text(), []
    head = Checkpoint.parse(signed.partition("\n\n")[0] + "\n")
    for index in random.Random(size).sample(range(size), PROOFS):
        bundle = next(found for found in tile.tiles(size, index) if found.level == tile.ENTRIES)
        leaves = tile.parse_bundle((folder / bundle.path()).read_bytes(), bundle.width)
        began = time.perf_counter()
        node = tile.node_from(lambda found: (folder / found.path()).read_bytes(), head.size)
        made = proof.write(index, tree.inclusion_proof(index, head.size, node), signed)
        proof.verify(made, leaves[index % tile.WIDTH], key)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[PROOFS // 2]


def _audit(folder: Path, vkey: str) -> tuple[float, float]:
    """Seconds and MB of an audit; BenchFailed where it did not hold."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "server", "audit", str(folder), "--vkey", vkey],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode == 2:
        raise BenchFailed("the audit found evidence in the bench's own log")
    return time.monotonic() - began, used.ru_maxrss / 1024


def run(most: int) -> list[Point]:
    """Points at powers of ten up to `most`, all of one log."""
    sizes = [size for size in (10**power for power in range(3, 9)) if size < most] + [most]
    points = []
    with tempfile.TemporaryDirectory(prefix="openfloor-bench-") as name:
        data, meeting = Path(name) / "log", from_bytes(bytes(16))
        store, keyring = LeafStore(data / "leaves.sqlite3"), Keyring(Path(name) / "keys", False)
        state = State(meeting, origin("bench.example", log_id(meeting)), "")
        log = MeetingLog(store, Files(data), keyring, state)
        folder, entries = data / log.id, _entries()
        for size in sizes:
            before, began = log.state.size, time.monotonic()
            while log.state.size < size:
                page = [next(entries) for _ in range(min(BATCH, size - log.state.size))]
                while page:  # the first leaf ends its batch
                    page = page[log.integrate(page, {}, int(time.time())).taken :]
            append = (size - before) / (time.monotonic() - began)
            seconds, mb = _audit(folder, log.state.vkey)
            points.append(
                Point(
                    leaves=size,
                    append_per_s=round(append),
                    proof_ms=round(_proof_ms(folder, size, VerifierKey.parse(log.state.vkey)), 3),
                    audit_s=round(seconds, 2),
                    audit_mb=round(mb),
                    mb_on_disk=round(_mb(data), 1),
                    load_average=machine.busy(),
                )
            )
        store.close()
    return points


def _mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
