"""What somebody can do who holds the key, the database and the disk: another record, whole in itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.audit.record import Record as Played
from server.audit.record_files import look_in, screened_out
from server.translog import leaf, tile, tree
from server.translog.checkpoint import Checkpoint
from server.translog.edge import Edge
from server.translog.tile import ENTRIES, WIDTH
from tools.demo.tamper.record import Record


def relinked(leaves: Sequence[bytes]) -> list[bytes]:
    """The entries with every reference to an earlier one made right again."""
    last: dict[str, int] = {}
    made: list[bytes] = []
    for data in leaves:
        body = json.loads(data)
        q = body.get("q")
        if "ref" in body:
            body["ref"] = last[q]
        if q is not None:
            last[q] = len(made)
        made.append(leaf.canonical(body))
    return made


def changed(data: bytes, **fields: leaf.Json) -> bytes:
    """An entry with other fields."""
    return leaf.canonical({**json.loads(data), **fields})


def note_of(record: Record, leaves: Sequence[bytes]) -> str:
    """A checkpoint over any entries: who has the key can sign anything."""
    node = tree.nodes_of([tree.leaf_hash(data) for data in leaves])
    head = Checkpoint(record.signer.key.name, len(leaves), tree.root(len(leaves), node))
    return record.signer.sign(head.text())


def serve(
    record: Record, to: Path, leaves: Sequence[bytes], words: Mapping[str, bytes] | None = None
) -> Path:
    """A folder as the server would serve it: tiles, bundles, states, texts, a good signature, and all that
    is derived from them. `words` are files that stand there instead of the honest ones."""
    shutil.copytree(record.folder / "honest", to)
    for stale in ("tile", "cp"):
        shutil.rmtree(to / stale, ignore_errors=True)
    edge = Edge()
    files = {one.path(): data for one, data in [*edge.append(leaves), *edge.partial()]}
    for one in tile.tiles(len(leaves)):
        if one.level == ENTRIES:
            files[one.path()] = tile.bundle(leaves[one.n * WIDTH :][: one.width])
    files["checkpoint"] = note_of(record, leaves).encode()
    files |= words or {}
    played = Played(record.signer.key.name)
    for data in leaves:
        for _ in played.take(leaf.parse(data)):
            pass  # the auditor's to say
    files["public.json"] = played.public(edge.root())

    def read(path: str) -> bytes | None:
        kept = to / path
        return files.get(path) or (kept.read_bytes() if kept.is_file() else None)

    told = screened_out(played, edge.root(), look_in(read))
    files["screened-out.json"], files["screened-out.csv"] = told
    for name, content in files.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(content)
    return to
