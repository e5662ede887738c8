"""Our witness keeps C2SP tlog-witness: it cosigns what grows, and nothing else, whatever is asked."""

from __future__ import annotations

import http.client
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.translog import checkpoint, witness
from server.translog.note import NoteError, cosigned
from server.witness.book import Book
from tests.translog.building import ROOT, log_signer
from tests.witness import watching
from tests.witness.watching import hashes, head, post, submission

# The request of the protocol's own text.
SIGNED = "— example.com/behind-the-sofa "
EXAMPLE = f"""\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

{SIGNED}Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhc\
yv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
{SIGNED}opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/\
V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""


def test_the_protocol_s_example_reads_and_writes_as_it_stands() -> None:
    found = witness.Submission.parse(EXAMPLE.encode())
    assert (found.old, len(found.proof)) == (20_852_014, 4)
    assert found.text() == EXAMPLE


def test_what_is_cosigned_is_laid_out_as_in_the_specification_s_example() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    told = cosigned(body, 1_679_315_147)
    assert told == f"cosignature/v1\ntime 1679315147\n{body}".encode()


def test_it_cosigns_a_log_as_it_grows_and_anybody_can_verify_that(tmp_path: Path) -> None:
    with watching.witness(tmp_path) as (address, key):
        for old, size in ((0, 1), (1, 1), (1, 7), (7, 8), (8, 300)):
            status, _, line = post(address, submission(old, size).text())
            assert status == 200
            note = submission(old, size).note + line.decode()
            signed = checkpoint.verified(note, log_signer().key, (key,))
            assert signed.checkpoint == head(size) and key in signed.witnesses


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (submission(0, 9, signer=watching.other_signer()).text(), 403),
        (submission(5, 9).text().replace("qa.example", "qb.example"), 404),
        (EXAMPLE, 404),
        (submission(5, 9).text().replace("old 5", "old 10"), 400),
        (submission(5, 9).text().replace("old 5", "old 05"), 400),
        (submission(5, 9).text().replace("\n\n", "\nAAAA\n\n", 1), 400),
        (submission(5, 9).text().replace("\n\n", "\n" + f"{'A' * 43}=\n" * 64 + "\n", 1), 400),
        ("old 5\n", 400),
        ("", 400),
        (b"\xff\xfe", 400),
        (submission(5, 9, fork_at=3).text(), 422),
        (submission(5, 9).text().replace("\n\n", f"\n{'A' * 43}=\n\n", 1), 422),
        (submission(5, 5, fork_at=3).text(), 409),
        (submission(3, 9).text(), 409),
        (submission(0, 9).text(), 409),
        (submission(7, 9).text(), 409),
    ],
)
def test_what_does_not_continue_is_declined_by_its_number_and_moves_nothing(
    tmp_path: Path, body: str | bytes, status: int
) -> None:
    with watching.witness(tmp_path) as (address, _):
        assert post(address, submission(0, 5).text())[0] == 200
        found, kind, told = post(address, body)
        assert found == status
        if status == 409:
            assert (kind, told) == ("text/x.tlog.size", b"5\n")
        assert post(address, submission(5, 9).text())[0] == 200


def test_of_many_that_continue_one_head_in_different_ways_one_is_cosigned(tmp_path: Path) -> None:
    with watching.witness(tmp_path) as (address, _), ThreadPoolExecutor(12) as many:
        assert post(address, submission(0, 5).text())[0] == 200
        forks = [submission(5, 9 + n, fork_at=5 + n % 4).text() for n in range(12)]
        statuses = [answer[0] for answer in many.map(lambda body: post(address, body), forks)]
        assert sorted(statuses) == [200] + [409] * 11


def test_it_remembers_over_its_own_end_and_watches_on(tmp_path: Path) -> None:
    with watching.witness(tmp_path) as (address, key):
        assert post(address, submission(0, 5).text())[0] == 200
    with watching.witness(tmp_path, logs=()) as (address, again):
        assert again == key
        assert post(address, submission(0, 6, fork_at=2).text())[0] == 409
        assert post(address, submission(5, 6, fork_at=2).text())[0] == 422
        with urllib.request.urlopen(address, timeout=60) as page:
            assert "5 entries" in page.read().decode()
    assert (tmp_path / "witness.sqlite3").stat().st_mode & 0o077 == 0


def test_nothing_is_cosigned_that_could_not_be_written(tmp_path: Path) -> None:
    with watching.witness(tmp_path) as (address, _):
        assert post(address, submission(0, 5).text())[0] == 200
        blocker = sqlite3.connect(tmp_path / "witness.sqlite3")
        blocker.execute("DROP TABLE heads")
        blocker.close()
        assert post(address, submission(5, 6).text())[0] == 503


def test_a_name_is_given_once(tmp_path: Path) -> None:
    Book(tmp_path, "council.example/w").close()
    with pytest.raises(NoteError, match=r"council\.example"):
        Book(tmp_path, "other.example/w")
    with pytest.raises(NoteError):
        Book(tmp_path / "b", "two words")


def test_an_answer_is_worth_only_its_own_witness_s_valid_line(tmp_path: Path) -> None:
    text = head(5).text()
    with watching.witness(tmp_path) as (address, key):
        _, _, line = post(address, submission(0, 5).text())
    assert witness.cosignature(line, text, key)[0] == line.decode()
    own = log_signer().line(text).encode()
    assert witness.cosignature(own + line, text, key)[0] == line.decode()
    for lie in (
        b"",
        own,
        line.replace(b" ", b"  "),
        b"\xff",
        line[:-9] + b"AAAAAAA=\n",
        line * 2000,
    ):
        with pytest.raises(NoteError):
            witness.cosignature(lie, text, key)
    with pytest.raises(NoteError):
        witness.cosignature(line, head(6).text(), key)


def test_the_command_makes_a_key_says_it_and_ends_on_request(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server", "witness", "--port", "0", "--data", str(tmp_path)]
    vkey = log_signer().key.text()
    with subprocess.Popen(
        [*command, "--log", vkey], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        said = [running.stdout.readline() for _ in range(7)]
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert any("Made the key" in line for line in said)
    assert any(line.startswith("witness-") and line.count("+") >= 2 for line in said)
    refused = subprocess.run(
        [*command, "--log", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1 and "did not start" in refused.stderr


def test_hashes_differ_from_the_fork_on() -> None:
    assert hashes(5)[:3] == hashes(5, 3)[:3] and hashes(5)[3] != hashes(5, 3)[3]


def test_a_length_with_many_digits_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with watching.witness(tmp_path) as (address, _):
        door = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        door.putrequest("POST", "/add-checkpoint")
        door.putheader("Content-Length", "000000000000999999999999")
        door.endheaders()
        assert door.getresponse().status == 413
        door.close()
