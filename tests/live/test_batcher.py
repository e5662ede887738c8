"""Votes of one process: counted in batches, all that wait in one round trip, each answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from server.live.batcher import Batcher
from server.store import keys, votes
from server.store.votes import Answer, Wish
from tests.acts.building import Town, live_town
from tests.live.half import WITHIN_S

VOTERS = 450
Told = dict[int, Answer | None]


@asynccontextmanager
async def counting(batcher: Batcher) -> AsyncIterator[None]:
    task = asyncio.create_task(batcher.run())
    try:
        yield
    finally:
        task.cancel()


def cast(batcher: Batcher, town: Town, q: str, told: Told, voters: range) -> None:
    for voter in voters:

        def done(answer: Answer | None, voter: int = voter) -> None:
            assert voter not in told
            told[voter] = answer

        assert batcher.add(town.meeting.id, Wish(q, voter, True, 1, 0), done)


async def test_more_votes_than_a_batch_holds_are_all_answered_in_their_order(store: Redis) -> None:
    town = await live_town(store)
    question = await town.listed()
    batcher, told = Batcher(store, 5, 200, 5_000), Told()
    cast(batcher, town, question.q, told, range(2_000, 2_000 + VOTERS))
    async with counting(batcher):
        await batcher.drain(WITHIN_S)
    assert [answer.votes for answer in told.values() if answer] == list(range(1, VOTERS + 1))
    assert (await town.look(question.q)).votes == VOTERS


async def test_a_call_that_the_store_refuses_takes_nobody_elses_votes_with_it(store: Redis) -> None:
    broken, sound = await live_town(store), await live_town(store)
    ill, well = await broken.listed(), await sound.listed()
    await store.set(keys.ranked(broken.meeting.id), "not a sorted set")
    batcher, told, others = Batcher(store, 5, 200, 5_000), Told(), Told()
    cast(batcher, broken, ill.q, told, range(2_000, 2_003))
    cast(batcher, sound, well.q, others, range(2_000, 2_003))
    async with counting(batcher):
        await batcher.drain(WITHIN_S)
    assert list(told.values()) == [None] * 3
    assert [answer.status for answer in others.values() if answer] == [votes.COUNTED] * 3


async def waited(store: Redis, town: Town, count: int) -> float:
    """What the batcher says of so many votes that a disk of 1 s holds up, three of which fill a trip."""
    batcher = Batcher(store, 5, 200, 3)
    cast(batcher, town, "q" * 22, Told(), range(count))  # they wait from here on
    await store.client_pause(1_000, all=False)
    async with counting(batcher):
        await batcher.drain(WITHIN_S)
    return batcher.waited_s()


async def test_votes_that_pile_up_are_a_backlog_and_a_few_on_a_slow_disk_are_none(
    store: Redis,
) -> None:
    town = await live_town(store)
    assert await waited(store, town, 2) == 0.0
    assert await waited(store, town, 3) >= 0.25


async def test_one_more_than_may_wait_is_turned_away_at_once(store: Redis) -> None:
    town = await live_town(store)
    batcher, told = Batcher(store, 5, 200, 3), Told()
    cast(batcher, town, "q" * 22, told, range(3))
    assert not batcher.add(town.meeting.id, Wish("q" * 22, 9, True, 1, 0), lambda _: None)
    async with counting(batcher):
        await batcher.drain(WITHIN_S)
    assert len(told) == 3


async def test_votes_that_the_store_does_not_answer_hold_up_no_end(store: Redis) -> None:
    town = await live_town(store)
    batcher, told = Batcher(store, 5, 200, 5_000), Told()
    cast(batcher, town, "q" * 22, told, range(3))  # nobody counts them
    async with asyncio.timeout(WITHIN_S):
        await batcher.drain(0.05)
    assert told == {}  # and nobody is told that they stand
