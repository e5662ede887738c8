"""Every proof that anybody was given, against the log as it stands at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from server.translog import proof, tree
from server.translog.checkpoint import Checkpoint
from server.translog.note import VerifierKey
from tests.faults.machine import Machine
from workers.sequencer import fsck
from workers.sequencer.leaves import LeafStore


def judge_proofs(machine: Machine, receipts: Mapping[str, str]) -> None:
    """The whole log holds (fsck), and each proof verifies for the leaf of its question.

    The machine is stopped. Fails in words where a signed promise was broken.
    """
    log = machine.data / "log"
    found = fsck.check(log, machine.folder / "data-keys")
    assert [wrong for _, wrong in found.values() if wrong] == []
    leaves = LeafStore(log / "leaves.sqlite3")
    states = {state.origin: state for state in leaves.states().values()}
    for q, text in receipts.items():
        origin = text.split("\n\n", 1)[1].split("\n", 1)[0]
        state, at = states[origin], int(text.splitlines()[1].removeprefix("index "))
        (leaf,) = leaves.leaves(state.meeting, at, at + 1)
        assert f'"q":"{q}"'.encode() in leaf
        proof.verify(text, leaf, VerifierKey.parse(state.vkey))
    leaves.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What the store told of a submission, of which its receipt is made: public number, index of its leaf,
    and the signed checkpoint that covers it."""

    number: int
    index: int
    note: str


def judge_told(leaves: Sequence[bytes], key: VerifierKey, told: Mapping[str, Told]) -> None:
    """Every receipt that is made of this holds in the final log: signature, inclusion, question, number."""
    hashes = [tree.leaf_hash(data) for data in leaves]
    received = [at for at, data in enumerate(leaves) if b'"t":"q.received"' in data]
    numbers = {at: number for number, at in enumerate(received, 1)}

    @cache
    def node(level: int, index: int) -> bytes:
        if level == 0:
            return hashes[index]
        return tree.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    for q, one in told.items():
        size = Checkpoint.parse(one.note.partition("\n\n")[0] + "\n").size
        hashes_up = tree.inclusion_proof(one.index, size, node)
        text = proof.write(one.index, hashes_up, one.note)
        assert proof.verify(text, leaves[one.index], key)[0] == one.index
        assert f'"q":"{q}"'.encode() in leaves[one.index] and numbers[one.index] == one.number
