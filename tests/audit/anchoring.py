"""Anchor logs and cosigned checkpoints for the auditor's tests."""

from __future__ import annotations

from pathlib import Path

from server.translog import anchor, checkpoint, tile, tree
from server.translog.checkpoint import Checkpoint
from server.translog.edge import Edge
from server.translog.note import COSIGNATURE, Signer
from server.translog.policy import Policy, parse
from server.translog.tile import ENTRIES, WIDTH
from tests.audit.building import NOW, Made
from tests.translog.building import ORIGIN, SEED

ANCHOR_ORIGIN = f"qa.example/log/{anchor.ANCHOR_ID}"
WITNESSES = {
    name: Signer(f"{name}.example/w", name.encode().ljust(32, b"."), COSIGNATURE)
    for name in ("a", "b", "c")
}


def anchor_signer() -> Signer:
    """The anchor log's key."""
    return checkpoint.signer(SEED, ANCHOR_ORIGIN)


def two_of_three() -> Policy:
    """The trust rule of these tests."""
    lines = [f"witness {name} {signer.key.text()}" for name, signer in WITNESSES.items()]
    return parse("\n".join([*lines, "group g 2 a b c", "quorum g"]))


def cosigned(note: str, *names: str, at: int = NOW - 10) -> bytes:
    """A signed checkpoint under these witnesses' lines."""
    text = note.partition("\n\n")[0] + "\n"
    return (note + "".join(WITNESSES[name].line(text, at) for name in names)).encode()


def anchor_leaves(made: Made, *sizes: int) -> list[bytes]:
    """Leaves for the heads of a log at these sizes, among those of another log."""
    other = anchor.anchored(Checkpoint("qa.example/log/other", 3, bytes(32)), NOW - 900)
    own = [anchor.anchored(Checkpoint(ORIGIN, size, made.root(size)), NOW - 800) for size in sizes]
    return [other, *own]


def write_anchor(folder: Path, leaves: list[bytes], *names: str) -> Path:
    """The anchor's folder; the witnessed checkpoint too where witnesses are named."""
    size, edge = len(leaves), Edge()
    files = {one.path(): data for one, data in [*edge.append(leaves), *edge.partial()]}
    for one in tile.tiles(size):
        if one.level == ENTRIES:
            files[one.path()] = tile.bundle(leaves[one.n * WIDTH :][: one.width])
    files["checkpoint"] = anchor_note(leaves).encode()
    if names:
        files["checkpoint.witnessed"] = cosigned(anchor_note(leaves), *names)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def anchor_note(leaves: list[bytes]) -> str:
    """The anchor's signed checkpoint."""
    node = tree.nodes_of([tree.leaf_hash(data) for data in leaves])
    return anchor_signer().sign(
        Checkpoint(ANCHOR_ORIGIN, len(leaves), tree.root(len(leaves), node)).text()
    )
