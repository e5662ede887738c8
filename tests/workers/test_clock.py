"""The clock carries out what is due: a closed meeting ends its questions, and then forgets people."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from server.acts import admission, meetings
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
    async with asyncio.timeout(20):
        while True:
            who = await admission.who(store, town.meeting.id, joined.token)
            assert who is not None
            if who.voter is None:
                break
            await clock.step(store)
    assert (await town.look(question.q)).state == "not_reached"
