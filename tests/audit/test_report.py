"""What a person reads: nothing is claimed that nobody compared, and each fault is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.audit.findings import Grade
from tests.audit.building import NOW, Made, audited, honest, run_audit
from tests.translog.building import ORIGIN, ROOT, log_signer, q_id


def test_what_nobody_gave_to_compare_is_not_said_to_hold(tmp_path: Path) -> None:
    made = honest()
    folder = made.write(tmp_path / "log")
    alone = audited(folder)
    assert alone.status() == 0 and {"A2", "A10"} == alone.idle
    said = alone.report()
    assert "\n-    A2 " in said and "\n-    A10 " in said
    assert "Everything holds. Nothing was given to compare for A2 and A10." in said
    held = audited(folder, [made.receipt(1, 3)])  # its signature is one from before, too
    assert not held.idle and "yes  A2 " in held.report() and "1 earlier signature." in held.report()
    assert "Nothing was given" not in held.report() and "no audit can tell" in held.report()


def test_a_report_begins_with_which_record_was_read_and_how_far(tmp_path: Path) -> None:
    made = honest()
    said = audited(made.write(tmp_path / "open")).report().splitlines()[0]
    count = len(made.leaves)
    assert said.startswith(f"The record {ORIGIN}, {count} entries, the last of 20")
    assert said.endswith("UTC. It is not closed yet.")
    early = Made(now=NOW - NOW % 86_400 - 86_401).add("log.open")  # a day before the meeting
    assert "1 entry, the last of" in audited(early.write(tmp_path / "early")).report()
    assert "UTC" not in audited(early.write(tmp_path / "early")).report().splitlines()[0]


def test_entries_that_were_changed_after_all_signatures_are_told_once_with_their_place(
    tmp_path: Path,
) -> None:
    made = honest()
    saved = [made.note(size) for size in (3, 5, 7, 9)]
    folder = made.write(tmp_path / "log")
    (bundle,) = [p for p in (folder / "tile" / "entries").rglob("*") if p.is_file()]
    data = bundle.read_bytes()
    at = data.index(made.leaves[5]) + made.leaves[5].index(b'"via":"') + 7
    bundle.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    found = audited(folder, saved=saved)
    (one,) = found.of("A2", Grade.EVIDENCE)
    assert "the first 7 entries are not those that were signed then" in one.says
    assert "among entries 5 to 6; the same holds of 1 more" in one.says
    assert found.of("A3", Grade.EVIDENCE)


def test_a_reason_off_the_list_is_told_by_the_questions_number(tmp_path: Path) -> None:
    made = honest().ask(9, "A seventh question?").add("q.screen", q_id(9), reason="spite")
    found = audited(made.write(tmp_path))
    assert any(one.says.startswith("question 7: “spite”") for one in found.of("A5", Grade.EVIDENCE))


def test_evidence_of_another_text_holds_the_text_and_a_copy_accuses_nobody(tmp_path: Path) -> None:
    folder = honest().write(tmp_path / "log")
    path = folder / "opening" / f"{q_id(1)}.json"
    path.write_bytes(path.read_bytes().replace(b"Question number 1?", b"Something tamer?"))
    evidence = tmp_path / "evidence.json"
    status, said = run_audit(folder, "--vkey", log_signer().key.text(), "--evidence", evidence)
    assert status == 2 and "audit the record at its address, too" in said, said
    told = json.loads(evidence.read_text())
    assert told["checkpoint"].startswith(ORIGIN)
    (one,) = [one for one in told["evidence"] if one["check"] == "A8"]
    assert "question 1: this is not the text" in one["says"] and "Something tamer?" in one["proof"]


def test_an_option_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder, key = honest().write(tmp_path / "log"), log_signer().key.text()
    status, said = run_audit(folder, "--vkey", "nonsense")
    assert status == 1 and "the key after --vkey cannot be read" in said, said
    status, said = run_audit(folder, "--vkey", key, "--anchor", folder, "--anchor-vkey", "odd")
    assert status == 1 and "the key after --anchor-vkey cannot be read" in said, said
    (tmp_path / "state").write_text("{")
    status, said = run_audit(folder, "--vkey", key, "--state", tmp_path / "state")
    assert status == 1 and "state is not a file of this auditor's making" in said, said
    (tmp_path / "policy").write_text("quorum of the willing\n")
    status, said = run_audit(folder, "--vkey", key, "--policy", tmp_path / "policy")
    assert status == 1 and "policy is no policy" in said and "Traceback" not in said, said
    status, said = run_audit("http://127.0.0.1:1/log/x", "--vkey", key)
    assert status == 1 and "the server gives no answer" in said and "urlopen" not in said, said


@pytest.mark.parametrize("typed", [[], ["log"], ["log", "--vkey", "k", "--odd"], ["--policy"]])
def test_wrong_usage_is_no_evidence(typed: list[str]) -> None:
    for command in (["audit", *typed], ["fsck", *typed, "--odd"]):
        called = [sys.executable, "-m", "server", *command]
        done = subprocess.run(called, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 1 and "usage:" in done.stderr, (command, done.stderr)
