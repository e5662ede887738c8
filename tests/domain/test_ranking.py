"""One total order: Python's keys agree with the shared vectors and with the store's scores."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import ranking

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ranking.json").read_text())

VOTES = st.integers(0, ranking.MAX_VOTES)
NUMBERS = st.integers(1, ranking.MAX_NUMBER)


def test_the_shared_vectors_hold() -> None:
    assert all(ranking.mix(seed, n) == out for seed, n, out in VECTORS["mix"])
    assert all(ranking.score(votes, n) == out for votes, n, out in VECTORS["scores"])
    for case in VECTORS["orders"]:
        rows, seed = case["rows"], case["seed"]
        by_votes = sorted(rows, key=lambda row: ranking.wanted_key(row["votes"], row["n"]))
        assert [row["n"] for row in by_votes] == case["wanted"]
        assert sorted((row["n"] for row in rows), key=ranking.newest_key) == case["newest"]
        fair = sorted(rows, key=lambda row: ranking.fair_key(row["seen"], seed, row["n"]))
        assert [row["n"] for row in fair] == case["fair"]


@given(VOTES, NUMBERS)
def test_a_score_gives_back_votes_and_number_even_as_a_double(votes: int, number: int) -> None:
    assert ranking.from_score(int(float(ranking.score(votes, number)))) == (votes, number)


@given(st.lists(st.tuples(VOTES, NUMBERS), unique_by=lambda pair: pair[1]))
def test_the_stores_order_is_the_total_order(pairs: list[tuple[int, int]]) -> None:
    by_score = sorted(pairs, key=lambda pair: -ranking.score(*pair))
    assert by_score == sorted(pairs, key=lambda pair: ranking.wanted_key(*pair))


@pytest.mark.parametrize(
    ("votes", "number"), [(-1, 1), (0, 0), (0, 2**24), (ranking.MAX_VOTES + 1, 1)]
)
def test_what_no_double_holds_is_refused(votes: int, number: int) -> None:
    with pytest.raises(ValueError, match="no score"):
        ranking.score(votes, number)
