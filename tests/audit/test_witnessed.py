"""A1 with a policy, A2 with the anchor log: who else signed, how far, and what that rules out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.audit.findings import Findings, Grade
from server.audit.main import audit
from server.audit.sources import MAX_BYTES, Folder
from server.audit.witnessed import AnchorLog
from tests.audit.anchoring import (
    anchor_leaves,
    anchor_note,
    anchor_signer,
    cosigned,
    two_of_three,
    write_anchor,
)
from tests.audit.building import NOW, Made, honest
from tests.translog.building import ROOT, log_signer


def judged(folder: Path, anchor: Path | None = None, saved: tuple[str, ...] = ()) -> Findings:
    """What the auditor says who trusts two of three witnesses."""
    findings = Findings()
    given = AnchorLog(Folder(anchor), anchor_signer().key, saved) if anchor else None
    key, source = log_signer().key, Folder(folder)
    audit(source, key, two_of_three(), [], [], NOW, findings, lambda *_: None, given)
    return findings


def other_history() -> Made:
    """The honest log with another decision early on, as whole as the honest one."""
    made = honest()
    forged = Made().add("log.open")
    forged.leaves[0] = made.leaves[0]
    forged.files = dict(made.files)
    for n in range(1, 7):
        forged.ask(n, f"Another question {n}?")
    return forged


def test_a_quorum_on_the_witnessed_checkpoint_is_what_a1_wants(tmp_path: Path) -> None:
    made = honest()
    folder, size = made.write(tmp_path), len(made.leaves)
    few = judged(folder)
    assert [one.says for one in few.of("A1", Grade.UNCHECKED)] and few.status() == 1
    (folder / "checkpoint.witnessed").write_bytes(cosigned(made.note(size - 2), "a", "c"))
    found = judged(folder)
    assert found.status() == 0, found.report()
    assert f"{size - 2} of them under 2 witnesses" in found.done["A1"]
    (folder / "checkpoint.witnessed").write_bytes(cosigned(made.note(size), "b"))
    assert judged(folder).status() == 1
    (folder / "checkpoint").write_bytes(cosigned(made.note(size), "a", "b", "c"))
    assert judged(folder).status() == 0


def test_a_witnessed_checkpoint_of_another_history_is_evidence(tmp_path: Path) -> None:
    made, other = honest(), other_history()
    folder = made.write(tmp_path)
    (folder / "checkpoint.witnessed").write_bytes(cosigned(other.note(4), "a", "b"))
    found = judged(folder)
    assert found.status() == 2 and found.of("A2", Grade.EVIDENCE), found.report()


def test_no_entry_is_younger_than_the_witness_that_saw_it(tmp_path: Path) -> None:
    made = honest()
    folder = made.write(tmp_path)
    early = made.now - 7_200
    (folder / "checkpoint.witnessed").write_bytes(cosigned(made.note(5), "a", "b", at=early))
    found = judged(folder)
    late = [one.says for one in found.of("A4", Grade.EVIDENCE)]
    assert len(late) == 5 and "entry 4 bears a time later" in late[-1]


def test_the_anchor_vouches_for_a_record_that_no_witness_knows(tmp_path: Path) -> None:
    made = honest()
    folder, size = made.write(tmp_path / "log"), len(made.leaves)
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, 3, size), "a", "b")
    found = judged(folder, anchor)
    assert found.status() == 0, found.report()
    assert found.done["A2"] == "2 earlier signatures."
    assert f"{size} of them under 2 witnesses" in found.done["A1"]
    unwitnessed = write_anchor(tmp_path / "alone", anchor_leaves(made, 3, size))
    assert judged(folder, unwitnessed).status() == 1


def test_a_rewritten_record_differs_from_its_anchor(tmp_path: Path) -> None:
    made = honest()
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, 3, 5), "a", "b")
    found = judged(other_history().write(tmp_path / "log"), anchor)
    wrong = [one.says for one in found.of("A2", Grade.EVIDENCE)]
    assert found.status() == 2 and "anchor log's entry 1" in wrong[0]


def test_an_anchor_that_was_rewritten_itself_is_named(tmp_path: Path) -> None:
    made = honest()
    folder, size = made.write(tmp_path / "log"), len(made.leaves)
    kept = anchor_note(anchor_leaves(made, 3, 5))
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, 4, 5, size), "a", "b")
    found = judged(folder, anchor, (kept,))
    assert found.status() == 2
    assert "another history of the anchor" in found.of("A2", Grade.EVIDENCE)[0].says
    assert judged(folder, anchor, (anchor_note(anchor_leaves(made, 4)),)).status() == 0


def test_an_older_copy_of_the_anchor_accuses_nobody(tmp_path: Path) -> None:
    made = honest()
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, 3, 5), "a", "b")
    kept = anchor_note(anchor_leaves(made, 3, 5, 6))
    found = judged(made.write(tmp_path / "log"), anchor, (kept,))
    assert found.status() == 1 and found.of("A2", Grade.UNCHECKED), found.report()


class _Growing(Folder):
    """A live log whose witnesses catch up with what is put in front, once its checkpoint was read."""

    live = True

    def __init__(self, folder: Path, later: bytes) -> None:
        super().__init__(folder)
        self._later, self._read = later, False

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        self._read = self._read or path == "checkpoint"
        if path == "checkpoint.witnessed" and self._read:
            return self._later
        return super().get(path, limit)


def test_what_witnesses_sign_while_the_log_is_read_is_no_matter(tmp_path: Path) -> None:
    made = honest()
    whole = cosigned(made.note(len(made.leaves)), "a", "b")
    made.leaves = made.leaves[:-1]
    folder = made.write(tmp_path / "log")
    (folder / "checkpoint.witnessed").write_bytes(cosigned(made.note(len(made.leaves)), "a", "b"))
    findings, source = Findings(), _Growing(folder, whole)
    key, rule = log_signer().key, two_of_three()
    audit(source, key, rule, [], [], NOW, findings, lambda *_: None)
    assert findings.status() == 0, findings.report()


@pytest.mark.parametrize("damage", ["checkpoint", "tile/entries/000.p/3"])
def test_an_anchor_that_cannot_be_read_is_said_to_be_unchecked(tmp_path: Path, damage: str) -> None:
    made = honest()
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, 3, 5), "a", "b")
    (anchor / damage).write_bytes(b"\xff")
    found = judged(made.write(tmp_path / "log"), anchor)
    assert found.status() == 1 and found.of("A2", Grade.UNCHECKED)


def test_the_command_remembers_both_logs_and_names_what_was_taken_back(tmp_path: Path) -> None:
    made = honest()
    folder, size = made.write(tmp_path / "log"), len(made.leaves)
    anchor = write_anchor(tmp_path / "anchor", anchor_leaves(made, size), "a", "b")
    state, rule = tmp_path / "state.json", tmp_path / "policy"
    names = [
        f"witness w{n} {key.text()}" for n, key in enumerate(two_of_three().witnesses.values())
    ]
    rule.write_text("\n".join([*names, "group g 2 w0 w1 w2", "quorum g"]))
    command = [sys.executable, "-m", "server", "audit", str(folder), "--state", str(state)]
    command += ["--vkey", log_signer().key.text(), "--policy", str(rule), "--anchor", str(anchor)]
    command += ["--anchor-vkey", anchor_signer().key.text(), "--evidence", str(tmp_path / "e.json")]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    held = json.loads(state.read_text())
    assert held["checkpoints"] and held["anchors"] == [anchor_note(anchor_leaves(made, size))]
    write_anchor(tmp_path / "anchor", [*anchor_leaves(made, 3)], "a", "b")
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert again.returncode == 2 and "another history of the anchor" in again.stdout
