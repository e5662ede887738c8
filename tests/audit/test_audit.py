"""The auditor: an honest log passes, and each way to cheat is named by the check that catches it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from server.audit.findings import CHECKS, Grade, Unreadable
from server.audit.sources import MAX_BYTES, PUBLIC_BYTES, Folder, Zip
from server.translog.layers import Layer
from server.translog.note import Signer
from tests.audit.building import NOW, Made, audited, honest, lock, run_audit, sha
from tests.translog.building import log_signer, q_id

Tamper = Callable[[Path], None]


def _change(path: str, old: bytes, new: bytes) -> Tamper:
    def tamper(folder: Path) -> None:
        (found,) = sorted(folder.glob(path))
        data = found.read_bytes()
        assert old in data
        found.write_bytes(data.replace(old, new, 1))

    return tamper


def _cut(path: str, size: int) -> Tamper:
    def tamper(folder: Path) -> None:
        (found,) = sorted(folder.glob(path))
        found.write_bytes(found.read_bytes()[:size])

    return tamper


def test_an_honest_log_passes_every_check(tmp_path: Path) -> None:
    made = honest()
    made.add("m.phase", phase="closed").close()
    folder = made.write(tmp_path / "log")
    held = [made.receipt(1, 3), made.receipt(9, len(made.leaves))]
    found = audited(folder, held, [made.note(2), made.note(5)])
    assert found.status() == 0, found.report()
    assert set(found.done) == set(CHECKS)
    assert [one.says for one in found.of("A8", Grade.NOTE)] == ["1 text is withheld: personal-data"]


def test_a_log_that_tells_of_submissions_held_back_passes_and_is_judged(tmp_path: Path) -> None:
    made = honest().add("m.hold", rule="network", count=12).add("m.hold", rule="person", count=1)
    found = audited(made.add("m.phase", phase="closed").close().write(tmp_path / "log"))
    assert found.status() == 0, found.report()
    late = honest().add("m.phase", phase="closed").close().add("m.hold", rule="network", count=12)
    assert audited(late.write(tmp_path / "late")).status() != 0


@pytest.mark.parametrize(
    ("check", "tamper"),
    [
        ("A3", _change("tile/entries/000.p/*", b'"q.list"', b'"q.lisT"')),
        ("A3", _change("tile/entries/000.p/*", b"personal-data", b"private--data")),
        ("A3", _cut("tile/entries/000.p/*", 900)),
        ("A3", _change("tile/0/000.p/*", b"", b"x")),
        ("A5", _change("rules/*", b"personal-data", b"personal-dat4")),
        ("A7", _change("public.json", b'"screened_out"', b'"listed"')),
        ("A7", _change("screened-out.json", b'"personal-data"', b'"personal-dat4"')),
        ("A7", _change("screened-out.csv", b"mod:", b"mod:9")),
        ("A8", _change(f"opening/{q_id(1)}.json", b"Question", b"Query")),
        ("A9", _change("ticks/1.json", b",4]", b",9]")),
    ],
)
def test_what_was_changed_in_the_files_is_named(tmp_path: Path, check: str, tamper: Tamper) -> None:
    folder = honest().write(tmp_path / "log")
    tamper(folder)
    found = audited(folder)
    assert found.status() == 2 and found.of(check, Grade.EVIDENCE), found.report()


@pytest.mark.parametrize(
    ("check", "made"),
    [
        ("A4", lambda: _backwards(honest())),
        ("A4", lambda: _future(honest())),
        ("A5", lambda: honest().ask(1)),
        ("A5", lambda: honest().add("log.open")),
        ("A5", lambda: honest().add("q.list", q_id(99))),
        ("A5", lambda: honest().add("q.list", q_id(5))),
        (
            "A5",
            lambda: Made().add("log.open").ask(1, hl=lock()).add("q.withdraw", q_id(1), pre=None),
        ),
        (
            "A5",
            lambda: (
                Made().add("log.open").ask(1, hl=lock()).add("q.withdraw", q_id(1), pre=sha("x"))
            ),
        ),
        ("A5", lambda: Made().add("log.open").ask(1).add("q.merge", q_id(1), into=q_id(8))),
        (
            "A5",
            lambda: (
                Made().add("log.open").ask(1).add("q.list", q_id(1)).add("q.pick", q_id(1), tick=3)
            ),
        ),
        ("A5", lambda: Made().add("log.open").ask(1).add("q.end", q_id(1), d="not_reached")),
        ("A5", lambda: honest().add("log.close").ask(7)),
        ("A5", lambda: Made().ask(1)),
        ("A5", lambda: honest().add("m.phase", phase="collecting")),
        ("A5", lambda: Made().add("log.open", phase="live").close()),
        ("A5", lambda: honest().ask(8).add("q.screen", q_id(8), reason="not-on-the-list")),
        ("A6", lambda: Made().add("log.open").ask(1).add("log.close")),
        ("A7", lambda: Made().add("log.open").close(counts={"listed": 1})),
        ("A7", lambda: Made().add("log.open").close(sha256=sha("other"))),
        ("A9", lambda: honest().ask(7).tick(2, (1, 3), (2, 4))),
        (
            "A9",
            lambda: (
                Made()
                .add("log.open")
                .ask(1)
                .add("q.list", q_id(1))
                .tick(1, (1, 3))
                .add("q.pick", q_id(1), tick=1, rank=2)
            ),
        ),
    ],
)
def test_what_an_honest_log_never_signs_is_named(
    tmp_path: Path, check: str, made: Callable[[], Made]
) -> None:
    found = audited(made().write(tmp_path / "log"))
    assert found.status() == 2 and found.of(check, Grade.EVIDENCE), found.report()


def _backwards(made: Made) -> Made:
    made.now -= 60
    return made.add("m.phase", phase="closed")


def _future(made: Made) -> Made:
    made.now = NOW + 3_600
    return made.add("m.phase", phase="closed")


def test_a_rewritten_history_is_caught_by_whoever_kept_a_signature_or_a_receipt(
    tmp_path: Path,
) -> None:
    before = honest()
    after = Made().add("log.open").ask(2, "Another question in its place?")
    while len(after.leaves) < len(before.leaves):
        after.ask(100 + len(after.leaves))
    folder = after.write(tmp_path / "log")
    assert audited(folder).status() == 0  # alone it looks whole: nobody kept anything
    saved = audited(folder, saved=[before.note(3)])
    assert saved.of("A2", Grade.EVIDENCE) and "another history" in saved.report()
    held = audited(folder, [before.receipt(1, 3)])
    assert held.of("A10", Grade.EVIDENCE) and held.of("A2", Grade.EVIDENCE)
    assert "c2sp.org/tlog-proof" in held.of("A10", Grade.EVIDENCE)[0].proof


def test_nothing_is_said_of_a_log_that_another_key_signed(tmp_path: Path) -> None:
    folder = honest().write(tmp_path / "log")
    other = "qa.example/log/other"
    found = audited(folder, vkey=Signer(other, bytes(32)).key.text())
    assert found.status() == 1 and "key that you trust" in found.report()


def test_missing_files_are_said_to_be_missing(tmp_path: Path) -> None:
    folder = honest().write(tmp_path / "log")
    for path in sorted((folder / "tile" / "entries").rglob("*")):
        if path.is_file():
            path.unlink()
    found = audited(folder)
    assert found.status() == 1 and "are missing" in found.report()
    assert audited(tmp_path).status() == 1


def test_an_erased_text_leaves_the_log_verifiable(tmp_path: Path) -> None:
    made = honest().add("q.erase", q_id(2))
    del made.files[f"opening/{q_id(2)}.json"]
    found = audited(made.write(tmp_path / "log"))
    assert found.status() == 0 and "1 erased" in found.report()


def test_a_hostile_log_costs_neither_memory_nor_files(tmp_path: Path) -> None:
    folder = honest().write(tmp_path / "log")
    (bundle,) = [path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()]
    bundle.write_bytes(bytes(3_000_000))
    with pytest.raises(Unreadable, match="more than"):
        audited(folder)
    (tmp_path / "secret").write_text("canary")
    (folder / "vkey").symlink_to(tmp_path / "secret")
    assert Folder(folder).get("vkey") is None
    assert Folder(folder).get("../secret") is None
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("checkpoint", bytes(50_000_000))
    with pytest.raises(Unreadable, match="more than"):
        Zip(bomb).get("checkpoint")
    huge = log_signer().sign(f"{log_signer().key.name}\n{10**15}\n{'A' * 43}=\n")
    (folder / "checkpoint").write_text(huge)
    found = audited(folder)
    assert found.status() == 1 and "too large" in found.report()
    assert found.report().endswith("Nothing could be checked.")


def _talked_about() -> Made:
    """A log with words of every kind, each but the last of its kind followed by others."""
    made = Made().add("log.open", phase="live").ask(1).ask(2).ask(3)
    made.add("q.screen", q_id(1), note=made.words(Layer.NOTE, 1, "An earlier note"))
    made.add("q.appeal", q_id(1), pre=None, note=made.words(Layer.APPEAL, 1, "An appeal"))
    made.add("q.judge", q_id(1), d="overturned", reason=None)
    for layer in ("first wording", "second wording"):
        made.add("q.word", q_id(1), c2=made.words(Layer.WORDING, 1, f"A {layer}"))
    made.add("q.screen", q_id(2), withheld=1, note=made.words(Layer.NOTE, 2, "A withheld one's"))
    made.add("q.list", q_id(3)).tick(1, (1, 3), (3, 3)).add("q.pick", q_id(3), tick=1, rank=2)
    for layer in ("first answer", "second answer"):
        c = made.words(Layer.ANSWER, 3, f"A {layer}")
        made.add("q.answer", q_id(3), how="writing", stream_s=None, c2=c)
    del made.files[f"opening/{q_id(2)}.json"]
    return made


def test_every_word_that_the_record_shows_is_held_against_its_commitment(tmp_path: Path) -> None:
    found = audited(_talked_about().write(tmp_path / "log"))
    assert found.status() == 0 and found.done["A8"] == "9 texts opened, 0 erased.", found.report()
    for n, words in enumerate(
        ("An earlier note", "An appeal", "A first wording", "A withheld one's", "A first answer")
    ):
        made = _talked_about()
        (name,) = [name for name, data in made.files.items() if words.encode() in data]
        made.files[name] = made.files[name].replace(words.encode(), b"Other words")
        rewritten = audited(made.write(tmp_path / str(n)))
        assert [one.check for one in rewritten.all if one.grade is Grade.EVIDENCE] == ["A8"], words


def test_what_cannot_be_read_hides_no_evidence(tmp_path: Path) -> None:
    folder, evidence = honest().write(tmp_path / "log"), tmp_path / "evidence.json"
    _change(f"opening/{q_id(1)}.json", b"Question", b"Query")(folder)
    with (folder / "public.json").open("wb") as file:
        file.truncate(PUBLIC_BYTES + 1)
    given = ("--vkey", log_signer().key.text(), "--evidence", evidence)
    status, said = run_audit(folder, *given)
    assert status == 2 and "could not check: public.json has more than" in said, said
    assert [one["check"] for one in json.loads(evidence.read_text())["evidence"]] == ["A8"]
    (folder / "checkpoint").write_bytes(bytes(MAX_BYTES + 1))
    status, said = run_audit(folder, *given)
    assert status == 1 and "?    A1" in said and "Traceback" not in said, said


def test_the_command_reads_folders_and_zips_remembers_and_writes_evidence(tmp_path: Path) -> None:
    made = honest()
    folder = made.write(tmp_path / "log")
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as whole:
        for path in folder.rglob("*"):
            if path.is_file():
                whole.write(path, str(path.relative_to(folder)))
    held = tmp_path / "receipts"
    held.mkdir()
    (held / "mine.tlog-proof").write_text(made.receipt(1, 3).proof)
    vkey, state = log_signer().key.text(), tmp_path / "state.json"
    given = ("--vkey", vkey, "--state", state, "--receipts", held)
    status, said = run_audit(archive, *given)
    assert status == 0 and "Everything holds." in said, said
    status, said = run_audit(folder, *given)
    assert status == 0 and len(json.loads(state.read_text())["checkpoints"]) == 1
    rewritten = Made().add("log.open")
    while len(rewritten.leaves) < len(made.leaves) + 1:
        rewritten.ask(len(rewritten.leaves))
    other = rewritten.write(tmp_path / "other")
    evidence = tmp_path / "evidence.json"
    status, said = run_audit(other, *given, "--evidence", evidence)
    assert status == 2 and "Keep the evidence file" in said
    assert {one["check"] for one in json.loads(evidence.read_text())["evidence"]} >= {"A2", "A10"}
    archive.write_bytes(archive.read_bytes()[:2000])
    status, said = run_audit(archive, *given)
    assert status == 1 and "no whole zip" in said and "Traceback" not in said
    status, said = run_audit(tmp_path / "nothing", *given)
    assert status == 1 and "no address, folder or file" in said
    status, said = run_audit(folder, "--vkey", "nonsense")
    assert status == 1 and "Traceback" not in said
