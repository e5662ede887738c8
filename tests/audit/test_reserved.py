"""Types of a later version in a log: read, held to their rules, never taken for cheating."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server.audit.findings import Findings, Grade
from server.audit.record import Record
from server.domain.question import State
from server.translog import leaf
from tests.audit.building import Made, audited
from tests.translog.building import ORIGIN, q_id

LAPSES = "it lets lapse what is no unconfirmed withholding"


def withheld(second: str | None = None) -> Made:
    """A record in which question 1 was withheld at once."""
    made = Made().add("log.open").ask(1)
    return made.add("q.screen", q_id(1), reason="abusive", withheld=1, second=second)


def listed_no_more() -> Made:
    """A record in which question 1 was screened out with its text public."""
    return Made().add("log.open").ask(1).add("q.screen", q_id(1))


def told(made: Made, folder: Path) -> tuple[Findings, Record]:
    """What the audit says of it, and the record that its leaves make."""
    record = Record(ORIGIN)
    for data in made.leaves:
        list(record.take(leaf.parse(data)))
    return audited(made.write(folder)), record


@pytest.mark.parametrize("act", ["screen", "merge"])
def test_a_proposal_changes_nothing_and_is_part_of_the_history(tmp_path: Path, act: str) -> None:
    made = Made().add("log.open").ask(1).add("q.propose", q_id(1), act=act)
    found, record = told(made.add("q.list", q_id(1)), tmp_path)
    assert not found.of("A5", Grade.EVIDENCE), found.report()
    assert record.questions[q_id(1)].state is State.LISTED
    assert [step.word for step in record.steps[q_id(1)]] == [
        "received",
        f"proposed_{act}",
        "listed",
    ]


def test_an_unconfirmed_withholding_lapses_and_the_question_waits_again(tmp_path: Path) -> None:
    found, record = told(withheld().add("q.lapse", q_id(1)), tmp_path)
    assert not found.of("A5", Grade.EVIDENCE), found.report()
    known = record.questions[q_id(1)]
    assert (known.state, known.reason, known.withheld) == (State.RECEIVED, None, False)
    assert [q for q, _ in record.undecided()] == [q_id(1)] and not record.is_public(q_id(1))
    assert record.steps[q_id(1)][-1].word == "lapsed"


@pytest.mark.parametrize(
    ("says", "made"),
    [
        (LAPSES, lambda: withheld(second="mod:2").add("q.lapse", q_id(1))),
        (LAPSES, lambda: Made().add("log.open").ask(1).add("q.lapse", q_id(1))),
        (LAPSES, lambda: listed_no_more().add("q.lapse", q_id(1))),
        ("cannot take this step", lambda: withheld().add("q.propose", q_id(1), act="merge")),
    ],
    ids=["confirmed", "waiting", "not withheld", "no step of the question"],
)
def test_a_lapse_or_a_proposal_that_could_not_be_is_evidence(
    tmp_path: Path, says: str, made: Callable[[], Made]
) -> None:
    found, _ = told(made(), tmp_path)
    (one,) = found.of("A5", Grade.EVIDENCE)
    assert one.says.endswith(says)


def test_a_changed_key_is_said_to_be_beyond_this_auditor(tmp_path: Path) -> None:
    found = audited(Made().add("log.open").add("log.key", from_size=3).ask(1).write(tmp_path))
    (one,) = found.of("A1", Grade.UNCHECKED)
    assert "entry 1 names a new key" in one.says
    assert not [one for one in found.all if one.grade is Grade.EVIDENCE], found.report()
