"""Closing: an end for every question, and no acknowledged vote lost at the fence."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from server.acts import appeal, closing, decide, meetings, stage
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import keys, votes
from server.store.votes import Wish
from tests.acts.building import NOW, live_town


async def test_every_question_ends_and_the_record_is_final(store: Redis) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    waiting, listed = await town.ask(asker), await town.listed(text="Never reached, was it?")
    aired, out = await town.listed(text="On air at the end?"), await town.ask(asker, "Off topic?")
    await stage.pick(store, town.meeting, moderator, aired.q, aired.revision, NOW)
    await decide.screen_out(
        store, town.meeting, moderator, out.q, out.revision, "off-topic", "", None, NOW
    )
    await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
    closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    assert await closing.settle(store, closed, NOW) > 0
    assert await closing.settle(store, closed, NOW) == 0
    states = [(await town.look(q.q)).state for q in (waiting, listed, aired, out)]
    assert states == [
        State.NOT_REVIEWED,
        State.NOT_REACHED,
        State.NOT_REACHED,
        State.SCREENED_OUT,
    ]
    assert (await town.look(out.q)).appeal == "upheld"
    for queue in (keys.waiting, keys.ranked, keys.on_air, keys.appeals, keys.by_askers):
        assert await store.zcard(queue(town.meeting.id)) == 0
    found = await town.look(out.q)
    with pytest.raises(Refused) as refused:
        await decide.list_question(store, closed, moderator, out.q, found.revision, NOW)
    assert refused.value.refusal is Refusal.CLOSED


async def test_votes_that_were_acknowledged_while_the_meeting_closed_all_count(
    store: Redis,
) -> None:
    town = await live_town(store)
    people = [await town.attendee() for _ in range(40)]
    question = await town.listed()

    async def vote(person: int) -> bool:
        wish = Wish(question.q, people[person].voter or 0, True, 1, 1)
        answer = (await votes.cast(store, town.meeting.id, [wish]))[0]
        return answer.status == votes.COUNTED

    async def close() -> None:
        closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
        await closing.settle(store, closed, NOW)

    first = [vote(person) for person in range(20)]
    results = await asyncio.gather(*first, close(), *(vote(person) for person in range(20, 40)))
    counted = sum(1 for result in results if result)
    assert (await town.look(question.q)).votes == counted
    assert not await vote(0)
