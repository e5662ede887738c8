"""A log that is written against its reader: no crash, no full memory, no word that steers the terminal, and
what was found before stays found."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from server.audit import files_check, findings, main
from server.audit.checks import Receipt
from server.audit.findings import Findings, Grade
from server.audit.sources import PUBLIC_BYTES, Folder
from server.audit.witnessed import AnchorLog
from server.translog import leaf
from server.translog.checkpoint import Checkpoint
from tests.audit.building import NOW, Made, audited
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


def huge(path: Path) -> None:
    """A file there that is too large to read, and takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(PUBLIC_BYTES + 1)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("A2", "cp/3"),
        ("A3", "tile/0/000.p/7"),
        ("A5", "rules"),
        ("A7", "public.json"),
        ("A7", "screened-out.json"),
        ("A8", f"opening/{ONE}.json"),
        ("A9", "ticks/1.json"),
    ],
)
def test_a_file_that_cannot_be_read_hides_nothing_that_can(
    tmp_path: Path, check: str, name: str
) -> None:
    made = Made().add("log.open", reasons=(rules := leaf.sha256_hex(b"{}"))).ask(1).ask(2)
    made.files[f"rules/{rules}"] = b"{}"
    made.add("q.list", ONE).add("q.list", TWO).tick(1, (1, 3), (2, 2)).tick(2, (2, 9), (1, 3))
    folder = made.write(tmp_path)
    (folder / "ticks/2.json").write_bytes(b"{}")
    text = folder / f"opening/{TWO}.json"
    text.write_bytes(text.read_bytes().replace(b"Why?", b"Who?"))
    (folder / "screened-out.csv").write_bytes(b"")
    huge(folder / (f"rules/{rules}" if name == "rules" else name))
    found = audited(folder)
    assert found.of(check, Grade.UNCHECKED), found.report()
    assert set(evidence(found)) == {"A7", "A8", "A9"}


def test_two_signatures_that_contradict_each_other_need_no_entries(tmp_path: Path) -> None:
    one, other = (Made().add("log.open").ask(n) for n in (1, 2))
    folder = one.write(tmp_path)
    (folder / "tile/entries/000.p/2").unlink()
    found = audited(folder, saved=[other.note(2), one.note(2)])
    assert evidence(found) == ["A2"] and found.of("A3", Grade.UNCHECKED)
    assert "A2" not in audited(folder, saved=[one.note(2)]).done


def test_an_anchor_that_cannot_be_read_hides_nothing(tmp_path: Path) -> None:
    folder = Made().add("log.open").ask(1).add("q.list", ONE).add("q.list", ONE).write(tmp_path)
    huge(tmp_path / "anchor" / "checkpoint")
    anchor = AnchorLog(Folder(tmp_path / "anchor"), log_signer().key)
    found = Findings()
    rest: tuple[list[Receipt], list[tuple[str, Checkpoint]]] = ([], [])
    key, log = log_signer().key, Folder(folder)
    main.audit(log, key, None, *rest, NOW, found, lambda *_: None, anchor)
    assert found.of("A2", Grade.UNCHECKED) and evidence(found) == ["A5"]


@pytest.mark.parametrize("wrong", [False, True])
def test_what_cannot_be_written_changes_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: bool
) -> None:
    made = Made().add("log.open").ask(1).add("q.list", ONE)
    folder, nowhere = (made.add("q.list", ONE) if wrong else made).write(tmp_path), "/dev/null/x"
    given = [str(folder), "--vkey", log_signer().key.text()]
    parser = ArgumentParser()
    main.arguments(parser)
    told = parser.parse_args([*given, "--state", nowhere, "--evidence", nowhere])
    assert main.main(told) == (2 if wrong else 1)
    assert "Could not write" in capsys.readouterr().err
