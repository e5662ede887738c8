"""Published files of a log that goes on while it is read: growth accuses nobody and excuses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server.audit import files_check
from server.audit.findings import Grade
from server.audit.sources import MAX_BYTES, Folder
from tests.audit.building import Made, audited
from tests.translog.building import q_id

Change = Callable[[str, bytes], bytes | None]
NAMES = (files_check.STATES, files_check.TOLD, files_check.SHEET)


def _meeting() -> Made:
    made = Made().add("log.open", phase="live").ask(1, "A public question?").ask(2)
    return made.add("q.screen", q_id(1), note=None).add("q.list", q_id(2))


class _Growing(Folder):
    """A log at its address that has grown when its derived files are asked for, and again by their
    second reading; `change` is what its operator makes of a file."""

    live = True

    def __init__(self, tmp_path: Path, change: Change | None = None) -> None:
        made, self._steps = _meeting(), []
        for n in range(3):
            folder = made.write(tmp_path / f"after {n}")
            self._steps.append(Folder(folder))
            made = made.ask(10 + n).add("q.screen", q_id(10 + n), note=None)
        super().__init__(folder)
        self._change, self._step = change or (lambda _, data: data), 0

    def get(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        if path == files_check.STATES:
            self._step = min(self._step + 1, 2)
        data = self._steps[self._step].get(path, limit)
        told = path in NAMES or path.startswith("opening/")
        return self._change(path, data) if data and told else data


def test_a_log_that_grew_while_it_was_read_is_held_to_each_size(tmp_path: Path) -> None:
    found = audited(_Growing(tmp_path))
    assert found.status() == 0 and not found.of("A7", Grade.UNCHECKED), found.report()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (files_check.STATES, b'"screened_out"', b'"listed"'),
        (files_check.TOLD, b"A public question?", b"A tamer question?"),
        (files_check.SHEET, b"A public question?", b"A tamer question?"),
    ],
)
def test_a_wrong_file_is_evidence_however_fast_the_log_grows(
    tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    def change(path: str, data: bytes) -> bytes:
        assert path != name or old in data
        return data.replace(old, new) if path == name else data

    found = audited(_Growing(tmp_path, change))
    (one,) = found.of("A7", Grade.EVIDENCE)
    assert one.says == files_check.WRONG[name] and found.status() == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_kept_back_excuses_no_other(tmp_path: Path, name: str) -> None:
    def change(path: str, data: bytes) -> bytes | None:
        tamer = data.replace(b"screened_out", b"listed").replace(b"A public", b"A tamer")
        return None if path == name else tamer if path in NAMES else data

    found = audited(_Growing(tmp_path / "wrong", change))
    wrong = sorted(files_check.WRONG[other] for other in NAMES if other != name)
    assert sorted(one.says for one in found.of("A7", Grade.EVIDENCE)) == wrong, found.report()
    found = audited(_Growing(tmp_path / "alone", lambda path, data: None if path == name else data))
    assert [one.says for one in found.of("A7", Grade.UNCHECKED)] == [f"{name} is not served"]
    assert found.status() == 1, found.report()


def test_a_live_log_that_serves_nothing_to_hold_is_not_said_to_hold(tmp_path: Path) -> None:
    found = audited(_Growing(tmp_path, lambda path, data: None))
    assert len(found.of("A7", Grade.UNCHECKED)) == 3 and found.status() == 1, found.report()
    (texts,) = found.of("A8", Grade.UNCHECKED)
    assert texts.says.endswith("public texts is served")


def test_a_file_that_names_no_size_is_evidence(tmp_path: Path) -> None:
    found = audited(_Growing(tmp_path, lambda path, data: b"{}" if path == NAMES[0] else data))
    assert [one.says for one in found.of("A7", Grade.EVIDENCE)] == [
        files_check.WRONG[files_check.STATES]
    ]


def test_other_entries_than_a_moment_ago_are_evidence(tmp_path: Path) -> None:
    growing = _Growing(tmp_path)
    other = Made().add("log.open", phase="live").ask(3, "Another history?").ask(4)
    other.add("q.screen", q_id(3), note=None).add("q.list", q_id(4)).ask(5)
    growing._steps[1:] = [Folder(other.write(tmp_path / "other"))] * 2
    found = audited(growing)
    assert found.of("A3", Grade.EVIDENCE) and found.status() == 2, found.report()
