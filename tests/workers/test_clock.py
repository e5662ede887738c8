"""The clock carries out what is due: a closed meeting ends its questions, and then forgets people."""

from __future__ import annotations

import asyncio

import structlog
from redis.asyncio import Redis

from server.acts import admission, meetings
from server.store import keys
from tests.acts.building import NOW, live_town
from workers.clock import Clock


async def test_a_closed_meeting_ends_its_questions_and_then_forgets_who_asked(
    store: Redis, store_url: str
) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    question = await town.listed(joined.sign_in)
    await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    clock = Clock(store_url, "one")
    async with asyncio.timeout(90):
        while True:
            who = await admission.who(store, town.meeting.id, joined.token)
            assert who is not None
            if who.voter is None:
                break
            await clock.step(store)
    assert (await town.look(question.q)).state == "not_reached"


async def test_acts_that_wait_too_long_for_their_log_raise_one_alarm(
    store: Redis, store_url: str
) -> None:
    town = await live_town(store)
    await store.hset(keys.cursor(town.meeting.id), "intake", "0-1")
    intake = keys.intake(town.meeting.id)
    await store.delete(intake)
    await store.xadd(intake, {"id": "x:1", "intent": "{}"}, id="1-0")
    clock = Clock(store_url, "one")
    with structlog.testing.capture_logs() as told:
        await clock.step(store)
        await clock.step(store)
        await store.delete(intake)
        await clock.step(store)
    assert [line["event"] for line in told if line["event"].startswith("log_")] == [
        "log_behind",
        "log_caught_up",
    ]
