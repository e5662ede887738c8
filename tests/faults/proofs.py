"""Every proof that anybody was given, against the log as it stands at the end."""

from __future__ import annotations

from collections.abc import Mapping

from server.translog import proof
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
