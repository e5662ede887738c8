"""Logs written by hand, signed by their own key: honest ones, and ones that an honest log never is."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from server.audit.checks import Receipt
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.record import Record
from server.audit.record_files import look_in, screened_out
from server.audit.replay import Replay
from server.audit.sources import Source, of
from server.translog import checkpoint, layers, leaf, proof, tile, tree
from server.translog.checkpoint import Checkpoint, meeting_of
from server.translog.edge import Edge
from server.translog.layers import Layer
from server.translog.strict import Json
from server.translog.tile import ENTRIES, WIDTH
from tests.translog.building import INTENTS, ORIGIN, ROOT, SEED, hash_of, log_signer, q_id

NOW = 1_790_000_000
MEETING = meeting_of(ORIGIN.rpartition("/")[2])
SALT = bytes([7] * 32)
SECRET = bytes([5] * 32)


@dataclass
class Made:
    """A log as it grows, with the files that belong to it."""

    leaves: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    now: int = NOW - 5_000
    origin: str = ORIGIN

    def add(self, kind: str, q: str = "", **fields: Json) -> Made:
        """The next leaf, one second later."""
        self.now += 1
        body: dict[str, Json] = {"v": 1, "t": kind, **INTENTS[kind], **fields}
        body |= {"origin": self.origin} if kind == "log.open" else {}
        ref = None
        if q:
            body["q"] = q
            ref = self.places.get(q, 0) if kind != "q.received" else None
            self.places[q] = len(self.leaves)
        self.leaves.append(leaf.finish(body, self.now, ref))
        return self

    def ask(self, n: int, text: str = "Why?", **fields: Json) -> Made:
        """A submission with its opening."""
        opened = leaf.opening(MEETING, q_id(n), text, "en", None)
        told: dict[str, Json] = {"opening": opened.decode(), "salt": SALT.hex()}
        self.files[f"opening/{q_id(n)}.json"] = leaf.canonical(told)
        return self.add("q.received", q_id(n), c=leaf.commitment(SALT, opened), **fields)

    def words(self, layer: Layer, n: int, text: str) -> str:
        """The commitment to words beside a question, whose opening is put there."""
        opened = layers.opening(MEETING, q_id(n), layer, text)
        told: dict[str, Json] = {"opening": opened.decode(), "salt": SALT.hex()}
        c = leaf.commitment(SALT, opened)
        self.files[f"opening/{c}.json"] = leaf.canonical(told)
        return c

    def tick(self, n: int, *ranking: tuple[int, int]) -> Made:
        """Frozen tallies of (question, votes)."""
        rows: list[Json] = [[q_id(q), votes] for q, votes in ranking]
        told: dict[str, Json] = {"v": 1, "n": n, "eligible": 9, "active": 5, "ranking": rows}
        data = leaf.canonical(told)
        self.files[f"ticks/{n}.json"] = data
        return self.add("v.tick", n=n, sha256=leaf.sha256_hex(data), eligible=9, active=5)

    def close(self, **fields: Json) -> Made:
        """The closing entry, true but for `fields`."""
        replay = Replay(self.origin)
        for data in self.leaves:
            list(replay.take(leaf.parse(data)))
        states = replay.public(self.root(len(self.leaves)))
        counts, sha256 = replay.counts(), leaf.sha256_hex(states)
        told: dict[str, Json] = {"counts": dict(counts), "sha256": sha256, **fields}
        return self.add("log.close", "", **told)

    def root(self, size: int) -> bytes:
        """The root of its first leaves."""
        return tree.root(size, tree.nodes_of([tree.leaf_hash(data) for data in self.leaves]))

    def note(self, size: int) -> str:
        """The signed checkpoint of a size."""
        head = Checkpoint(self.origin, size, self.root(size))
        return checkpoint.signer(SEED, self.origin).sign(head.text())

    def receipt(self, index: int, size: int) -> Receipt:
        """Somebody's receipt."""
        node = tree.nodes_of([tree.leaf_hash(data) for data in self.leaves])
        text = proof.write(index, tree.inclusion_proof(index, size, node), self.note(size))
        return Receipt(f"receipt {index}", text, self.leaves[index])

    def write(self, folder: Path) -> Path:
        """The log's folder."""
        size, edge = len(self.leaves), Edge()
        filled = edge.append(self.leaves)
        files = dict(self.files)
        files |= {found.path(): data for found, data in [*filled, *edge.partial()]}
        for found in tile.tiles(size):
            if found.level == ENTRIES:
                start = found.n * WIDTH
                files[found.path()] = tile.bundle(self.leaves[start : start + found.width])
        files["checkpoint"] = self.note(size).encode()
        record = Record(self.origin, whole=False)
        for data in self.leaves:
            list(record.take(leaf.parse(data)))
        files["public.json"] = record.public(self.root(size))
        told = screened_out(record, self.root(size), look_in(self.files.get))
        files["screened-out.json"], files["screened-out.csv"] = told
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder


def lock(secret: bytes = SECRET) -> Json:
    """Hash-locks of a secret, used for both."""
    value = hashlib.sha256(secret).hexdigest()
    return {"w": value, "a": value}


def honest() -> Made:
    """A short meeting in which all went well."""
    rules = leaf.canonical({"reasons": [{"code": "personal-data"}, {"code": "off-topic"}]})
    made = Made().add("log.open", reasons=leaf.sha256_hex(rules))
    made.files[f"rules/{leaf.sha256_hex(rules)}"] = rules
    for n in range(1, 7):
        made.ask(n, f"Question number {n}?", hl=lock() if n == 5 else None)
    made.add("m.phase", phase="live")
    for n in (1, 2, 3):
        made.add("q.list", q_id(n))
    made.add("q.screen", q_id(4), withheld=1, reason="personal-data")
    made.add("q.withdraw", q_id(5), pre=SECRET.hex())
    made.add("q.merge", q_id(6), into=q_id(1)).add("q.split", q_id(6)).add("q.list", q_id(6))
    made.tick(1, (2, 4), (1, 3), (3, 3), (6, 0))
    made.add("q.pick", q_id(2), tick=1, rank=1).add("q.answer", q_id(2))
    made.add("q.end", q_id(1)).add("q.end", q_id(3)).add("q.end", q_id(6))
    for name in (q_id(4), q_id(5)):
        del made.files[f"opening/{name}.json"]
    return made


def audited(
    source: Path | Source,
    held: list[Receipt] | None = None,
    saved: list[str] | None = None,
    vkey: str = "",
) -> Findings:
    """What the auditor says."""
    findings = Findings()
    key = log_signer().key if not vkey else type(log_signer().key).parse(vkey)
    heads = [
        ("your note", Checkpoint.parse(note.partition("\n\n")[0] + "\n")) for note in saved or []
    ]
    given = of(str(source)) if isinstance(source, Path) else source
    audit(given, key, None, held or [], heads, NOW, findings, lambda *_: None)
    return findings


def sha(text: str) -> str:
    """Some hash."""
    return hash_of(text)


def run_audit(*arguments: str | Path) -> tuple[int, str]:
    """Exit status and words of `./openfloor audit`."""
    command = [sys.executable, "-m", "server", "audit", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr
