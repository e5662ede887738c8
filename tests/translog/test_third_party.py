"""A verifier written by others judges our leaves, keys, checkpoints, cosignatures and proofs."""

from __future__ import annotations

from pathlib import Path

from server.translog import proof, tree
from server.translog.checkpoint import Checkpoint
from server.translog.note import COSIGNATURE, Signer
from tests.translog.building import INTENTS, ORIGIN, log_signer, made
from tests.translog.third_party import accepts

LEAVES = [made(kind) for kind in INTENTS] * 12
NODE = tree.nodes_of([tree.leaf_hash(leaf) for leaf in LEAVES])
VKEY = log_signer().key.text()
WITNESS = Signer("witness.example/w1", bytes([9] * 32), COSIGNATURE)


def _proof(index: int, size: int, cosigned: bool = False) -> str:
    head = Checkpoint(ORIGIN, size, tree.root(size, NODE)).text()
    note = log_signer().sign(head) + (WITNESS.line(head, 1_790_000_000) if cosigned else "")
    return proof.write(index, tree.inclusion_proof(index, size, NODE), note)


def test_it_accepts_our_receipts_and_refuses_what_was_tampered_with(tmp_path: Path) -> None:
    size, index = len(LEAVES), 261
    good = _proof(index, size)
    assert accepts(tmp_path, LEAVES[index], VKEY, ORIGIN, good)
    assert accepts(tmp_path, LEAVES[0], VKEY, ORIGIN, _proof(0, 1))
    assert not accepts(tmp_path, LEAVES[index] + b" ", VKEY, ORIGIN, good)
    assert not accepts(
        tmp_path, LEAVES[index], VKEY, ORIGIN, good.replace(f"index {index}", "index 5")
    )
    assert not accepts(tmp_path, LEAVES[index], VKEY, "qa.example/log/other", good)
    other = Signer(ORIGIN, bytes(32)).key.text()
    assert not accepts(tmp_path, LEAVES[index], other, ORIGIN, good)


def test_it_counts_our_witness_s_cosignature(tmp_path: Path) -> None:
    cosigned = _proof(7, 20, cosigned=True)
    witness = (WITNESS.key.text(),)
    assert accepts(tmp_path, LEAVES[7], VKEY, ORIGIN, cosigned, witness)
    assert not accepts(tmp_path, LEAVES[7], VKEY, ORIGIN, _proof(7, 20), witness)
