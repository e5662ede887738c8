"""Times of before the meeting tell their day and nothing finer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.public_time import DAY_MS, is_day, public_at

TIMES = st.integers(min_value=0, max_value=7_258_118_400_000)


@given(TIMES, TIMES)
def test_before_live_all_times_of_a_day_look_the_same(at: int, live_at: int) -> None:
    early = live_at - live_at % DAY_MS + at % (live_at % DAY_MS or 1)
    if early < live_at:
        assert public_at(early, live_at) == live_at - live_at % DAY_MS
    assert public_at(at, None) == at - at % DAY_MS and is_day(public_at(at, None))


@given(TIMES, TIMES)
def test_from_live_on_a_time_is_exact(at: int, later: int) -> None:
    assert public_at(max(at, later), min(at, later)) == max(at, later)


@given(TIMES, TIMES)
def test_going_live_never_sharpens_an_earlier_time(at: int, live_at: int) -> None:
    if at < live_at:
        assert public_at(at, live_at) == public_at(at, None)


@given(TIMES, TIMES, TIMES)
def test_the_order_of_times_is_kept(first: int, second: int, live_at: int) -> None:
    early, late = sorted((first, second))
    assert public_at(early, live_at) <= public_at(late, live_at)
