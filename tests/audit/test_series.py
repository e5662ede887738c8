"""A record that continues an earlier one: told, and held against that one where the auditor is given it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.audit.findings import Findings, Grade
from server.audit.main import audit
from server.audit.series import Earlier
from server.audit.sources import Folder
from server.translog import checkpoint
from server.translog.note import VerifierKey
from server.translog.strict import Json
from tests.audit.building import NOW, Made, audited, honest, run_audit
from tests.translog.building import ORIGIN, SEED, log_signer

LATER = "qa.example/log/bbbbbbbbbbbbbbbbbbbbbbbbba"


def key() -> VerifierKey:
    """That of the record which continues another."""
    return checkpoint.signer(SEED, LATER).key


def closed() -> Made:
    """The earlier meeting, with its end."""
    return honest().add("m.phase", phase="closed").close()


def later(made: Made, **changes: Json) -> Made:
    """A record that continues it, telling of it what is true but for `changes`."""
    size = len(made.leaves)
    prev: dict[str, Json] = {"origin": ORIGIN, "size": size, "root": made.root(size).hex()}
    return Made(origin=LATER).add("log.open", prev={**prev, **changes}).add("m.phase")


def judged(folder: Path, earlier: Path | None, vkey: VerifierKey | None = None) -> Findings:
    """What the auditor says of the later record."""
    findings = Findings()
    given = Earlier(Folder(earlier), vkey or log_signer().key) if earlier else None
    audit(Folder(folder), key(), None, [], [], NOW, findings, lambda *_: None, None, given)
    return findings


def test_a_record_says_which_one_it_continues(tmp_path: Path) -> None:
    found = judged(later(closed()).write(tmp_path / "new"), None)
    (said,) = found.of("A2", Grade.NOTE)
    assert (
        f"it continues {ORIGIN} after the first 24 entries" in said.says and "--prev" in said.says
    )
    assert found.of("A2", Grade.EVIDENCE) == [], found.report()


def test_the_earlier_one_is_read_and_must_be_what_was_named(tmp_path: Path) -> None:
    made = closed()
    new, old = later(made).write(tmp_path / "new"), made.write(tmp_path / "old")
    found = judged(new, old)
    assert not [one for one in found.all if one.grade is Grade.EVIDENCE], found.report()
    assert found.done["A2"].endswith("The earlier record was read as well; it was closed.")
    made.add("q.erase", "AAAAAAAAAAAAAAAAAAAAAQ")  # an erasure may follow its end
    assert judged(new, made.write(tmp_path / "grown")).of("A2", Grade.EVIDENCE) == []


def test_an_earlier_record_with_another_history_is_evidence(tmp_path: Path) -> None:
    new = later(closed()).write(tmp_path / "new")
    other = honest()
    other.leaves[8] = Made().add("q.list", "AAAAAAAAAAAAAAAAAAAAAg").leaves[0]
    found = judged(new, other.add("m.phase", phase="closed").close().write(tmp_path / "old"))
    (said,) = [one for one in found.of("A2", Grade.EVIDENCE) if "another history" in one.says]
    assert said.says.startswith(
        "the earlier record: the first entry of the record that continues it"
    )
    assert "bytes" not in said.proof and ORIGIN in said.proof and found.status() == 2
    cut = Made().add("log.open").add("m.phase")
    (said,) = judged(new, cut.write(tmp_path / "cut")).of("A2", Grade.UNCHECKED)
    assert "24 entries were signed, only 2 are served" in said.says  # a folder may be older


@pytest.mark.parametrize("what", ["another key", "nothing there", "no series"])
def test_what_cannot_be_held_against_the_earlier_one_is_said(tmp_path: Path, what: str) -> None:
    made = closed()
    new = later(made).write(tmp_path / "new")
    old = made.write(tmp_path / "old")
    match what:
        case "another key":
            found, words = judged(new, old, key()), "--prev-vkey is the key of"
        case "nothing there":
            found, words = judged(new, tmp_path), "the earlier record: there is no checkpoint"
        case _:
            alone = Made(origin=LATER).add("log.open").write(tmp_path / "alone")
            found, words = judged(alone, old), "this record continues no earlier one"
    assert [one for one in found.of("A2", Grade.UNCHECKED) if one.says.startswith(words)]
    assert found.of("A2", Grade.EVIDENCE) == [], found.report()


def test_a_record_that_continues_itself_is_evidence(tmp_path: Path) -> None:
    own = Made().add("log.open", prev={"origin": ORIGIN, "size": 3, "root": "0" * 64})
    found = audited(own.write(tmp_path))
    assert [one.says for one in found.of("A5", Grade.EVIDENCE)] == [
        "entry 0 (log.open): it says that it continues itself"
    ]


def test_the_command_takes_the_earlier_record_and_its_key(tmp_path: Path) -> None:
    made = closed()
    new, old = later(made).write(tmp_path / "new"), made.write(tmp_path / "old")
    given = ("--vkey", key().text(), "--prev", old)
    status, said = run_audit(new, *given, "--prev-vkey", log_signer().key.text())
    assert status < 2 and "The earlier record was read as well; it was closed." in said, said
    status, said = run_audit(new, *given)
    assert status == 1 and "--prev needs --prev-vkey" in said and "Traceback" not in said
