"""The replay's own expectation and the judge's agree; odd files are refused in words."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay import expected
from tests.replay.events import MadeItem, Row, made
from tools.replay import recording
from tools.replay.main import main

PEOPLE = st.sampled_from(["p", "q", "r"])
NAMES = ("0", "1", "2", "3")
TEXTS = ("Is this long enough?", "Why?")


@st.composite
def items(draw: st.DrawFn) -> list[MadeItem]:
    return [
        (name, draw(PEOPLE), draw(st.sampled_from(TEXTS)), draw(st.sampled_from([1, 0, -1])))
        for name in NAMES
    ]


@given(items(), st.lists(st.tuples(st.sampled_from(NAMES), PEOPLE, st.sampled_from([1, 0, -1]))))
@settings(deadline=None)
def test_both_readings_of_an_event_agree(asked: list[MadeItem], votes: list[Row]) -> None:
    with TemporaryDirectory() as folder:
        files = made(Path(folder), asked, votes)
        event = recording.read(*files)
        refused = {name for name, _, text, _ in asked if text == "Why?"}
        assert event.expected(refused) == expected.totals(*files)
        assert event.votes() == len(votes)


def test_the_last_row_in_file_order_stands(tmp_path: Path) -> None:
    asked: list[MadeItem] = [("0", "p", TEXTS[0], 1)]
    votes: list[Row] = [("0", "q", 1), ("0", "r", 1), ("0", "r", -1), ("0", "p", 1)]
    assert expected.totals(*made(tmp_path, asked, votes)) == {"0": 1}


@pytest.mark.parametrize("vote", [("9", "q", 1), ("0", "q", "x")])
def test_an_odd_votes_file_is_refused_by_line(
    tmp_path: Path, vote: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    item_file, vote_file = made(tmp_path, [("0", "p", TEXTS[0], 1)], [vote])
    assert main([str(item_file), str(vote_file)]) == 1
    assert "votes.csv, line 2" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = str(tmp_path / "none.jsonl")
    assert main([absent, absent]) == 1
    assert capsys.readouterr().err == f"replay: {absent}: No such file or directory.\n"


def test_an_address_without_a_link_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = made(tmp_path, [("0", "p", TEXTS[0], 1)], [])
    assert main([*map(str, files), "--url", "http://127.0.0.1:9"]) == 1
    assert "organiser link" in capsys.readouterr().err
