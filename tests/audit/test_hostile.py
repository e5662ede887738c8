"""A log that is written against its reader: no crash, no full memory, no word that steers the terminal, and
what was found before stays found."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from server.audit import files_check, findings, main
from server.audit.findings import Findings, Grade
from server.translog import leaf
from tests.audit.building import Made, audited
from tests.translog.building import log_signer, q_id

ONE, TWO = q_id(1), q_id(2)
ROWS = [[TWO, 3], [ONE, 2]]


def frozen(tallies: bytes) -> Made:
    """A record in which question 1 is picked at a tick that froze these bytes, and screened out later."""
    made = Made().add("log.open").ask(1).ask(2).add("q.list", ONE).add("q.list", TWO)
    made.files["ticks/1.json"] = tallies
    made.add("v.tick", n=1, sha256=leaf.sha256_hex(tallies), eligible=9, active=5)
    return made.add("q.pick", ONE, tick=1, rank=2).add("q.return", ONE).add("q.screen", ONE)


def ruled(reasons: str) -> Made:
    """A record whose settings name their list of reasons so, and that lists a question twice."""
    rules = json.dumps({"reasons": reasons}).encode()
    made = Made().add("log.open").ask(1)
    made.files[f"rules/{leaf.sha256_hex(rules)}"] = rules
    made.add("m.rule", what="settings", new=leaf.sha256_hex(rules)).add("q.screen", ONE)
    return made.add("q.list", ONE).add("q.list", ONE)


def evidence(found: Findings) -> list[str]:
    """The checks that found some."""
    return [one.check for one in found.all if one.grade is Grade.EVIDENCE]


@pytest.mark.parametrize(
    "ranking",
    [b"[5]", b'[{"a":1}]', b'"abc"', b'[["x"]]', b'[["x",1e999]]', b'[[1,"x"]]', b"[" * 9_999],
)
def test_tallies_that_are_none_are_evidence_and_stop_nothing(
    tmp_path: Path, ranking: bytes
) -> None:
    found = audited(frozen(b'{"ranking":' + ranking + b"}").write(tmp_path))
    assert evidence(found) == ["A9"] and "froze what is no tally" in found.report()
    assert {"A7", "A8", "A10"} <= found.done.keys()


def test_tallies_that_count_a_question_twice_are_evidence(tmp_path: Path) -> None:
    honest = json.dumps({"ranking": ROWS}).encode()
    assert audited(frozen(honest).write(tmp_path / "honest")).status() == 0
    doubled = json.dumps({"ranking": [ROWS[0], *ROWS]}).encode()
    assert set(evidence(audited(frozen(doubled).write(tmp_path / "doubled")))) == {"A9"}


@pytest.mark.parametrize("reasons", ["a\0b", "\ud800x", "../../etc", "\x1b[2J\x1b[H", "x" * 5_000])
def test_names_that_lead_nowhere_hide_nothing_and_steer_no_terminal(
    tmp_path: Path, reasons: str
) -> None:
    found = audited(ruled(reasons).write(tmp_path))
    assert evidence(found) == ["A5"]
    told = found.report()
    told.encode()
    assert all(line.isprintable() and len(line) < 500 for line in told.splitlines())


@pytest.mark.parametrize(
    "opening",
    ['{"text":"\\ud800"}', '{"text":5}', '{"text":"a","lang":1e999,"as":[1]}', "[" * 9_999, "5"],
)
def test_texts_that_are_none_are_evidence_and_stop_nothing(tmp_path: Path, opening: str) -> None:
    made = Made().add("log.open").ask(1).add("q.screen", ONE)
    made.files[f"opening/{ONE}.json"] = json.dumps({"opening": opening, "salt": "00"}).encode()
    found = audited(made.write(tmp_path))
    assert evidence(found) == ["A8"] and {"A7", "A9", "A10"} <= found.done.keys()


def test_more_words_than_a_computer_should_hold_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_check, "WORDS_BYTES", 1_000)
    made = Made().add("log.open")
    for n in range(1, 9):
        made.ask(n, f"Why is this {n}?" * 9).add("q.screen", q_id(n))
    found = audited(made.add("q.list", ONE).add("q.list", ONE).write(tmp_path))
    (unread,) = found.of("A7", Grade.UNCHECKED)
    assert "more than 1000 bytes together" in unread.says and evidence(found) == ["A5"]


def test_what_is_wrong_with_every_entry_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "KEPT", 30)
    found = Findings()
    for n in range(500):
        found.evidence("A4", f"entry {n} is malformed")
    found.unchecked("A4", "and more")
    assert len(found.all) == 31 and "... and 480 more" in found.report() and found.status() == 2


def test_an_audit_that_is_stopped_says_so_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    folder = Made().add("log.open").write(tmp_path)
    parser = ArgumentParser()
    main.arguments(parser)
    monkeypatch.setattr(main, "_bar", stopped)
    assert main.main(parser.parse_args([str(folder), "--vkey", log_signer().key.text()])) == 1
    assert "Stopped" in capsys.readouterr().err
