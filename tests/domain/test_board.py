"""The board: snapshot(t0) + deltas == snapshot(t1), whatever happened in between."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.board import Board, Row
from server.domain.meeting import Meeting
from server.domain.question import State

MEETING = Meeting(id="m", slug="s", code="c", epoch="e", created_at=0, title="T")
numbers = st.integers(1, 6)
steps = st.one_of(
    st.tuples(st.just("put"), numbers, st.integers(0, 9)),
    st.tuples(st.just("tally"), numbers, st.integers(0, 9)),
    st.tuples(st.just("remove"), numbers, st.just(0)),
    st.tuples(st.just("expose"), numbers, st.integers(0, 99)),
    st.tuples(st.just("count"), numbers, st.integers(0, 9)),
    st.tuples(st.just("trace"), numbers, st.integers(0, 3)),
    st.tuples(st.just("tick"), numbers, st.just(0)),
)


def row(n: int, votes: int) -> Row:
    return Row(n, f"q{n}", f"text {n}", "en", "ltr", None, State.LISTED, votes, 5, 0)


def play(board: Board, at: int, step: tuple[str, int, int]) -> dict[str, object] | None:
    kind, n, value = step
    board.position = f"{at}-0"
    match kind:
        case "put":
            board.put(row(n, value))
        case "tally":
            board.tally(n, value)
        case "remove":
            board.remove(n)
        case "expose":
            board.expose(n, value)
        case "trace":
            board.trace(n, 10 + value if value else None)
        case "count":
            board.head(board.meeting, {**board.counts, "answered": value})
        case _:
            return board.take_delta()
    return None


def apply(view: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    """What a client does with a delta, written anew here."""
    rows = {r["n"]: r for r in view["rows"]}
    rows.update({r["n"]: r for r in delta["rows"]})
    for n, votes in delta["tallies"]:
        rows[n] = {**rows[n], "votes": votes}
    for n in delta["gone"]:
        rows.pop(n, None)
    after = {**view, "rows": [rows[n] for n in sorted(rows)], "pos": delta["to"]}
    lineage = dict(view["merged"]) | dict(delta.get("merged", []))
    split = delta.get("split", [])
    after["merged"] = sorted((n, head) for n, head in lineage.items() if n not in split)
    if "counts" in delta:
        after |= {"counts": delta["counts"], "meeting": delta["meeting"]}
    return after


@settings(max_examples=300)
@given(st.lists(steps, max_size=60))
def test_a_snapshot_with_all_deltas_is_the_later_snapshot(
    script: list[tuple[str, int, int]],
) -> None:
    board = Board(MEETING, "0-0")
    view = dict(board.snapshot(250))
    for at, step in enumerate([*script, ("tick", 1, 0)], start=1):
        delta = play(board, at, step)
        if delta is not None:
            assert delta["from"] == view["pos"]
            view = apply(view, delta)
    board.position = str(view["pos"])
    assert view == board.snapshot(250)


@settings(max_examples=300)
@given(st.lists(steps, max_size=60), st.integers(0, 60))
def test_one_merged_delta_from_any_told_position_catches_up(
    script: list[tuple[str, int, int]], left_after: int
) -> None:
    board = Board(MEETING, "0-0")
    view = dict(board.snapshot(250))
    for at, step in enumerate(script, start=1):
        play(board, at, step)
        if at == left_after and not board.pending:
            view = dict(board.snapshot(250))
    delta = board.delta_since(str(view["pos"]))
    assert delta is not None
    assert apply(view, delta) == board.snapshot(250)


def test_a_position_older_than_the_ring_asks_for_a_snapshot() -> None:
    board = Board(MEETING, "5-0")
    assert board.delta_since("4-9") is None
