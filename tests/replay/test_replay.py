"""Recorded events through a whole server: the board adds up to the files, also after kill -9."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replay import expected
from tests.replay.events import made, recorded, shortened
from tests.replay.running import RunningServer
from tools.replay.child import ROOT


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path / "data")
    server.start()
    yield server
    assert server.stop() == 0


def start(items: Path, votes: Path, link: str, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.replay", str(items), str(votes)]
    return subprocess.Popen(
        [*command, "--url", link, "--json", str(out)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def judge(items: Path, votes: Path, out: Path) -> None:
    """The written result against the files, without the replay's own expectation."""
    result = json.loads(out.read_text(encoding="utf-8"))
    rows = len(votes.read_text(encoding="utf-8").splitlines()) - 1
    assert result["totals"] == expected.totals(items, votes)
    assert result["mismatches"] == 0
    assert result["votes_sent"] == rows
    assert result["refused"] == expected.refusals(items, votes)
    assert result["acknowledged"] == rows - result["refused"]


def play(items: Path, votes: Path, link: str, out: Path) -> None:
    with start(items, votes, link, out) as replay:
        said = replay.communicate()[1]
    assert replay.returncode == 0, said
    judge(items, votes, out)


def test_every_kind_of_row_is_counted_or_refused(running: RunningServer, tmp_path: Path) -> None:
    items, votes = made(
        tmp_path,
        [
            ("0", "p", "Will the canteen open earlier?", 1),
            ("1", "q", "Is this item moderated at all?", 0),
            ("2", "q", "This one will be screened out.", -1),
            ("3", "q", "Why?", 1),
            ("4", "nobody-votes", "Nobody votes for this question.", 1),
        ],
        [
            *[("0", f"v{voter}", 1) for voter in range(9)],
            *[("0", "v0", -1), ("0", "v1", 0), ("0", "v2", -1), ("0", "v2", 1)],
            *[("0", "p", 1), ("1", "p", 1), ("2", "p", 1), ("3", "p", 1), ("3", "q", 1)],
            *[("1", "v0", -1), ("1", "q", 1)],
        ],
    )
    play(items, votes, running.link, tmp_path / "result.json")


def test_a_slice_of_a_recorded_event_adds_up(running: RunningServer, tmp_path: Path) -> None:
    shortened(*recorded("landbank"), tmp_path, most_items=40, most_votes=1500)
    items, votes = tmp_path / "items.jsonl", tmp_path / "votes.csv"
    play(items, votes, running.link, tmp_path / "result.json")


@pytest.mark.faults
@pytest.mark.parametrize("name", ["landbank", "electoral", "klima_konsum"])
def test_a_whole_recorded_event_adds_up(running: RunningServer, tmp_path: Path, name: str) -> None:
    play(*recorded(name), running.link, tmp_path / "result.json")


@pytest.mark.faults
@pytest.mark.parametrize("name", ["landbank", "klima_konsum"])
def test_nothing_acknowledged_is_lost_when_parts_are_killed(
    running: RunningServer, tmp_path: Path, name: str
) -> None:
    items, votes = recorded(name)
    out = tmp_path / "result.json"
    turns = ["store", "server", "worker", "parent"]  # one at each tenth of the way, from the first
    with start(items, votes, running.link, out) as replay:
        assert replay.stderr is not None
        said = []
        for line in replay.stderr:
            said.append(line)
            if line.startswith("playing [#") and turns:
                part = turns.pop(0)
                running.kill(part)
                if part == "parent":
                    running.start()
    assert replay.returncode == 0, "".join([*said, "\nthe server:\n", *running.said[-60:]])
    assert not turns, "the replay ended before every part was killed"
    judge(items, votes, out)
