"""A hostile live log: whoever audits it sees how far that is, and it comes to its end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from server.audit import files_check, main, moving
from server.audit.findings import Findings, Grade
from server.audit.sources import MAX_BYTES, Folder
from server.translog import checkpoint
from server.translog.checkpoint import Checkpoint
from server.translog.tile import WIDTH
from tests.audit.building import NOW, Made
from tests.translog.building import ORIGIN, SEED, log_signer, q_id

BUNDLES = 3
ENTRIES = "tile/entries/"


def _long(tmp_path: Path) -> Path:
    made = Made().add("log.open", phase="live")
    for n in range(WIDTH * (BUNDLES - 1)):
        made.ask(n)
    return made.add("q.screen", q_id(1), note=None).write(tmp_path)


class _Hostile(Folder):
    """A log at its address whose derived files name an earlier size each time, so that all is to be played
    from the beginning; its signature grows to `claims` entries once it was read."""

    live = True

    def __init__(self, folder: Path, claims: int = 0) -> None:
        super().__init__(folder)
        self.reads, self._heads, self._claims = 0, 0, claims
        self._size = WIDTH * (BUNDLES - 1)

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        self.reads += path.startswith(ENTRIES)
        if path == "checkpoint":
            self._heads += 1
            if self._claims and self._heads > 1:
                head = Checkpoint(ORIGIN, self._claims, bytes(32))
                return checkpoint.signer(SEED, ORIGIN).sign(head.text()).encode()
        if path in (files_check.STATES, files_check.TOLD):
            self._size -= 1
            return json.dumps({"size": self._claims or self._size}).encode()
        return super().get(path, limit)


def _told(source: Folder) -> tuple[list[tuple[int, int]], Findings]:
    findings, told = Findings(), list[tuple[int, int]]()

    def progress(done: int, total: int, what: str) -> None:
        if what == moving.AGAIN:
            told.append((done, total))

    main.audit(source, log_signer().key, None, [], [], NOW, findings, progress)
    return told, findings


def test_playing_a_log_again_is_shown_and_ends(tmp_path: Path) -> None:
    source = _Hostile(_long(tmp_path))
    told, findings = _told(source)
    assert findings.of("A7", Grade.EVIDENCE) and findings.status() == 2
    assert told and all(0 < done <= total for done, total in told)
    assert (told[-1][0], told[0][0]) == (told[-1][1], WIDTH)
    # It was read once, and played anew no oftener than files are read.
    assert source.reads <= BUNDLES * (1 + 3 * files_check.READINGS)


def test_a_log_that_claims_to_have_grown_without_end_is_not_followed(tmp_path: Path) -> None:
    source = _Hostile(_long(tmp_path), claims=10**12)
    _, findings = _told(source)
    assert source.reads == BUNDLES
    assert len(findings.of("A7", Grade.UNCHECKED)) == 3 and findings.status() == 1


def test_the_bar_is_one_line_and_says_what_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    main._bar(256, 1024, "entries")
    main._bar(3, 3, "questions' texts")
    drawn = capsys.readouterr().err
    assert "[#####               ] 256 of 1024 entries" in drawn
    assert "3 of 3 questions' texts" in drawn and "\n" not in drawn
