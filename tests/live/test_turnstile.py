"""The turnstile before the door: nobody is overtaken, nobody waits for ever, nobody holds two places."""

from __future__ import annotations

import heapq

import pytest

from server.live import turnstile as live_turnstile
from server.live.turnstile import Overrun, Turnstile

SECRET = b"l" * 32
NOW = 1_789_000_000_000
SHARE = live_turnstile.SHARE


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Round figures: all of the door's joins are let through."""
    monkeypatch.setattr(live_turnstile, "SHARE", 1.0)


def test_fifty_at_once_against_five_a_second_all_come_in_and_their_places_only_fall() -> None:
    stile, told = Turnstile(5, SECRET), dict[str, list[int]]()
    entered: dict[str, int] = {}
    asks = [(NOW, at, f"person {at}", "") for at in range(50)]
    while asks:
        now, at, who, slip = heapq.heappop(asks)
        place = stile.ask(who, slip, now)
        if place is None:
            entered[who] = now - NOW
        else:
            told.setdefault(who, []).append(place.number)
            heapq.heappush(asks, (now + round(place.again_s * 1000) + 1, at, who, place.slip))
    assert len(entered) == 50
    for numbers in told.values():
        assert numbers == sorted(set(numbers), reverse=True) and numbers[-1] >= 1
    assert [numbers[0] for numbers in told.values()] == list(range(1, 46))
    order = sorted(entered, key=lambda who: entered[who])
    assert order == [f"person {at}" for at in range(50)]  # first come, first in
    assert 8_800 < max(entered.values()) < 9_400 and sorted(entered.values())[4] == 0
    asked = sum(len(numbers) for numbers in told.values())
    assert asked < 50 * 6  # waiting costs few questions


def test_a_place_is_kept_and_never_had_twice() -> None:
    stile = Turnstile(1, SECRET)
    assert stile.ask("first", "", NOW) is None
    mine = stile.ask("me", "", NOW)
    assert mine is not None and (mine.number, mine.wait_s) == (1, 1.0)
    for slip in ("", mine.slip, "nonsense", "9" * 99, f"{NOW}.{'0' * 64}", "１.x"):
        assert stile.ask("me", slip, NOW) == mine
    behind = stile.ask("other", "", NOW)
    assert behind is not None and behind.number == 2
    assert stile.ask("me", "", NOW + 1_000) is None
    again = stile.ask(
        "me", "", NOW + 1_000
    )  # let in already: from here on it waits as everybody does
    assert again is not None and again.number == 2


def test_another_process_honours_the_slip_and_nobody_elses() -> None:
    here, there = Turnstile(1, SECRET), Turnstile(1, SECRET)
    for who in ("one", "two", "three"):
        place = here.ask(who, "", NOW)
    assert place is not None and place.wait_s == 2.0
    for busy in range(20):
        there.ask(f"busy {busy}", "", NOW)
    kept = there.ask("three", place.slip, NOW + 500)
    assert kept is not None and kept.wait_s == 1.5
    stranger = there.ask("stranger", place.slip, NOW + 500)
    assert stranger is not None and stranger.number > 15
    assert Turnstile(1, SECRET).ask("three", place.slip, NOW + 2_000) is None


def test_who_comes_too_late_has_lost_the_place_and_is_forgotten() -> None:
    stile = Turnstile(1, SECRET)
    stile.ask("first", "", NOW)
    mine = stile.ask("me", "", NOW)
    assert mine is not None
    late = NOW + 1_000 + live_turnstile.GRACE_MS
    for n in range(3):
        stile.ask(f"next {n}", "", late)
    anew = stile.ask("me", mine.slip, late)
    assert anew is not None and anew.number == 3


def test_where_minutes_must_be_waited_nobody_more_gets_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_turnstile, "LONGEST", 3)
    stile = Turnstile(1, SECRET)
    for who in ("in", "one", "two", "three"):
        stile.ask(who, "", NOW)
    with pytest.raises(Overrun):
        stile.ask("four", "", NOW)
    kept = stile.ask("three", "", NOW)
    assert kept is not None and kept.number == 3
    assert stile.ask("four", "", NOW + 1_000) is not None


def test_a_clock_set_back_shuts_nobody_out() -> None:
    stile, hour = Turnstile(100, SECRET), 3_600_000
    for who in range(101):
        ahead = stile.ask(f"early {who}", "", NOW + hour)
    assert ahead is not None
    for who in range(100):  # the queue begins anew
        assert stile.ask(f"late {who}", "", NOW) is None
    mine = stile.ask("early 100", ahead.slip, NOW)
    assert mine is not None and mine.number == 1
    assert stile.ask("early 100", mine.slip, NOW + 10) is None


def test_a_slip_of_a_clock_that_ran_ahead_counts_nowhere() -> None:
    ahead, here = Turnstile(1, SECRET), Turnstile(1, SECRET)
    far = NOW + 1000 * live_turnstile.LONGEST
    ahead.ask("first", "", far)
    place = ahead.ask("me", "", far)
    assert place is not None
    assert here.ask("me", place.slip, NOW) is None  # as who never had one


def test_a_clock_that_is_corrected_by_less_than_a_second_takes_no_place_away() -> None:
    stile = Turnstile(1, SECRET)
    stile.ask("first", "", NOW)
    mine = stile.ask("me", "", NOW)
    kept = stile.ask("me", "", NOW - 900)
    assert mine is not None and kept is not None and kept.slip == mine.slip


def test_a_slip_lets_in_once() -> None:
    stile = Turnstile(1, SECRET)
    stile.ask("first", "", NOW)
    mine = stile.ask("me", "", NOW)
    assert mine is not None
    assert stile.ask("me", mine.slip, NOW + 1_000) is None
    again = stile.ask("me", mine.slip, NOW + 1_001)
    assert again is not None and again.slip != mine.slip
    late = NOW + live_turnstile.GRACE_MS  # the slip would still stand
    stile._held.clear()
    stile.ask("busy", "", late)
    anew = stile.ask("me", mine.slip, late)
    assert anew is not None and anew.number == 1


def test_fewer_are_let_through_than_the_door_admits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_turnstile, "SHARE", SHARE)
    stile = Turnstile(10, SECRET)
    for who in range(200):
        last = stile.ask(str(who), "", NOW)
    assert last is not None and last.wait_s * 10 > 1.1 * last.number
