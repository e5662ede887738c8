"""Appeals in a record: one for each question, judged once it waits, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server.audit.findings import Grade
from tests.audit.building import Made, audited
from tests.translog.building import q_id


def appealed() -> Made:
    """A record in which one appeal waits."""
    made = Made().add("log.open").ask(1).add("q.screen", q_id(1), by="mod:1")
    return made.add("q.appeal", q_id(1), note=None)


@pytest.mark.parametrize(
    ("says", "made"),
    [
        ("it appeals again", lambda: appealed().add("q.appeal", q_id(1))),
        (
            "it judges an appeal that does not wait",
            lambda: (
                appealed().add("q.judge", q_id(1), d="upheld").add("q.judge", q_id(1), d="upheld")
            ),
        ),
        ("it passes over an appeal that waits", lambda: appealed().add("q.list", q_id(1))),
        ("it passes over an appeal that waits", lambda: appealed().add("q.screen", q_id(1))),
    ],
)
def test_what_the_rule_of_appeals_forbids_is_evidence(
    tmp_path: Path, says: str, made: Callable[[], Made]
) -> None:
    found = audited(made().write(tmp_path))
    (one,) = found.of("A5", Grade.EVIDENCE)
    assert one.says.endswith(says), found.report()


def test_an_appeal_that_its_own_screener_judged_is_told(tmp_path: Path) -> None:
    for by, told in (("mod:1", 1), ("mod:2", 0)):
        made = appealed().add("q.judge", q_id(1), d="upheld", by=by)
        found = audited(made.write(tmp_path / by.replace(":", "")))
        assert not found.of("A5", Grade.EVIDENCE), found.report()
        notes = [one for one in found.of("A5", Grade.NOTE) if "judged by whoever" in one.says]
        assert len(notes) == told
