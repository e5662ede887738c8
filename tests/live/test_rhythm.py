"""The tick widens while the loop lags or very many listen, narrows after calm, and frames name it."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from server.live import rhythm
from server.live.boards import Boards
from server.live.hub import Hub
from server.live.rhythm import CALM_MS, LATE_S, MANY, WAITED_S, Rhythm
from server.live.tail import Tail
from server.store import keys
from tests.acts.building import Town, live_town
from tests.live.test_hub import Ear, socket


def test_each_late_tick_widens_by_one_step_to_five_seconds() -> None:
    beat, periods = Rhythm(250), []
    for _ in range(6):
        beat.heard(LATE_S * 2, 10)
        periods.append(beat.period_ms)
    assert periods == [500, 1_000, 2_000, 5_000, 5_000, 5_000]


def test_calm_narrows_step_by_step_and_one_late_tick_begins_the_calm_anew() -> None:
    beat = Rhythm(250)
    for late in (1.0, 1.0, *[0.0] * (CALM_MS // 1_000 - 1), 1.0):
        beat.heard(late, 10)
    assert beat.period_ms == 2_000
    for _ in range(CALM_MS // 250 * 3):
        beat.heard(0.0, 10)
    assert beat.period_ms == 250


def test_a_wide_rhythm_is_left_after_as_many_seconds_as_a_quick_one() -> None:
    beat = Rhythm(250)
    for _ in range(3):
        beat.heard(1.0, 10)
    waited = 0
    while beat.period_ms > 250:
        waited += beat.period_ms
        beat.heard(0.0, 10)
    assert waited <= 3 * (CALM_MS + 2_000)


def test_votes_that_wait_widen_the_period_though_ticks_are_in_time() -> None:
    beat = Rhythm(250)
    beat.heard(0.0, 10, WAITED_S)
    assert beat.period_ms == 250
    beat.heard(0.0, 10, WAITED_S * 1.1)
    assert beat.period_ms == 500


def test_very_many_listeners_hear_every_half_second_at_most() -> None:
    beat = Rhythm(250)
    beat.heard(0.0, MANY)
    assert beat.period_ms == 250
    for _ in range(CALM_MS // 250):
        beat.heard(0.0, MANY + 1)
        assert beat.period_ms == 500


def test_a_slow_rhythm_to_begin_with_never_gets_faster() -> None:
    beat = Rhythm(2_000)
    beat.heard(0.0, MANY + 1)
    assert beat.period_ms >= 2_000
    beat.heard(1.0, 1)
    assert beat.period_ms == 5_000


async def test_a_store_that_is_slow_for_seconds_widens_nothing(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rhythm, "LATE_S", 2.0)
    town = await live_town(store)
    for _ in range(3):  # the machine itself may be as late
        if await ticks_over_a_slow_disk(store, town) == {50}:
            return
    raise AssertionError("it was wider each time")


async def ticks_over_a_slow_disk(store: Redis, town: Town) -> set[int]:
    """The periods of ten ticks or more, in the midst of which the store stands still for three seconds."""
    boards = Boards(store)
    hub, told = Hub(boards, 50), list[int]()

    def waited_s() -> float:
        told.append(hub.tick_ms)
        return 0.0

    tail = Tail(store, boards, hub, 50, waited_s)
    await boards.follow(town.meeting.id)
    running = asyncio.create_task(tail.run())
    try:
        async with asyncio.timeout(60):
            while len(told) < 3:
                await asyncio.sleep(0.02)
            await store.client_pause(3_000)
            paused = len(told)
            while len(told) < paused + 7:
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
    return set(told)


async def test_frames_name_a_wider_rhythm_and_urgent_changes_do_not_wait_for_it(
    store: Redis,
) -> None:
    town = await live_town(store)
    question = await town.listed()
    boards = Boards(store)
    hub, ear = Hub(boards, 250), Ear()
    tail = Tail(store, boards, hub, 60_000)
    await boards.follow(town.meeting.id)
    hub.join(town.meeting.id, "attendee", socket(ear), None, lambda _: None)
    hub.tick_ms = 60_000
    running = [asyncio.create_task(tail.run()), asyncio.create_task(tail.listen())]
    try:
        async with asyncio.timeout(30):
            while len(ear.heard) < 2:  # the first hints may come before anybody listens for them
                await store.publish(keys.WAKE, town.meeting.id)
                await store.xadd(
                    keys.events(town.meeting.id),
                    {"t": "votes", "run": f"{question.number} {len(ear.heard) + 6}"},
                )
                await asyncio.sleep(0.02)
    finally:
        for task in running:
            task.cancel()
    assert ear.heard[0]["tick"] == 250
    assert ear.heard[1]["t"] == "delta" and ear.heard[1]["tick"] == 60_000
