"""Logs that are shorter than what was signed: when that is evidence, and when it accuses nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from server.audit.findings import Grade
from server.audit.sources import MAX_BYTES, Folder
from server.translog import checkpoint
from server.translog.checkpoint import Checkpoint
from tests.audit.building import Made, audited, honest


def test_a_log_that_is_shorter_than_what_was_signed_is_not_passed(tmp_path: Path) -> None:
    made = honest()
    whole = made.note(len(made.leaves))
    receipt = made.receipt(len(made.leaves) - 1, len(made.leaves))
    made.leaves = made.leaves[:-1]
    found = audited(made.write(tmp_path / "log"), [receipt], [whole])
    assert found.of("A2", Grade.UNCHECKED) and found.of("A10", Grade.UNCHECKED)
    assert found.status() == 1  # an archive may be older than a receipt


class _Served(Folder):
    """A folder as if at its address; `later` is the checkpoint from the second reading on."""

    live = True

    def __init__(self, folder: Path, later: str | None = None) -> None:
        super().__init__(folder)
        self._later, self._read = later, 0

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        self._read += path == "checkpoint"
        if path == "checkpoint" and self._read > 1 and self._later:
            return self._later.encode()
        return super().get(path, limit)


def test_a_live_log_took_entries_back_only_if_it_still_lacks_them(tmp_path: Path) -> None:
    made = honest()
    size = len(made.leaves)
    whole, receipt = made.note(size), made.receipt(size - 1, size)
    made.leaves = made.leaves[:-1]
    folder = made.write(tmp_path / "log")
    gone = audited(_Served(folder), [receipt], [whole])
    assert gone.of("A2", Grade.EVIDENCE) and gone.of("A10", Grade.EVIDENCE), gone.report()
    grown = audited(_Served(folder, later=whole), [receipt], [whole])
    assert grown.of("A2", Grade.UNCHECKED) and grown.of("A10", Grade.UNCHECKED)
    assert grown.status() == 1, grown.report()


def test_a_receipt_from_before_the_meeting_accuses_nobody(tmp_path: Path) -> None:
    made = Made().add("log.open").ask(1).ask(2)
    receipt = made.receipt(2, 3)
    made.leaves = made.leaves[:-1]
    found = audited(_Served(made.write(tmp_path / "log")), [receipt])
    assert found.status() == 1 and found.of("A10", Grade.UNCHECKED), found.report()


def test_a_receipt_of_another_meeting_accuses_nobody_and_is_said_to_be_one(tmp_path: Path) -> None:
    made = honest()
    own = made.receipt(1, len(made.leaves))
    other = checkpoint.signer(bytes(32), "qa.example/log/" + "b" * 26)
    note = other.sign(Checkpoint(other.key.name, 9, bytes(32)).text())
    foreign = replace(own, name="theirs", proof=own.proof.partition("\n\n")[0] + "\n\n" + note)
    found = audited(made.write(tmp_path / "log"), [own, foreign])
    (told,) = found.of("A10", Grade.UNCHECKED)
    assert found.status() == 1 and "theirs is not a receipt of this log" in told.says
    assert not found.of("A10", Grade.EVIDENCE) and found.done["A10"] == "2 receipts."
