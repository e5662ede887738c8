"""A storm of those who come in: what is theirs is asked together, and each is told their own."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import merge, vote
from server.live.node import Node
from server.live.together import AT_ONCE, Together
from server.store import keys, votes
from server.store.votes import Wish, slot_of
from tests.acts.building import NOW, live_town
from tests.live.half import WITHIN_S, live_half

PEOPLE = 40


async def trips(store: Redis, node: Node, meeting: str, people: list[int]) -> int:
    """How often the store is asked who voted, while all of these come in at once."""

    async def asked() -> int:
        told = await store.info("commandstats")
        return int(told.get("cmdstat_fcall", {"calls": 0})["calls"])

    before = await asked()
    told = await asyncio.gather(*(node.own.ask(meeting, one) for one in people))
    alone = [await vote.own_votes(store, meeting, one) for one in people]
    assert [one.votes for one in told] == [one.votes for one in alone]
    assert [one.own for one in told] == [one.own for one in alone]
    return await asked() - before - len(alone)


async def test_forty_who_come_at_once_ask_three_times_and_each_is_told_their_own(
    store: Redis,
) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    questions = [await town.listed(asker) for _ in range(6)]
    people = [(await town.attendee()).voter or 0 for _ in range(PEOPLE)]
    wishes = [
        Wish(questions[at % 6].q, one, True, 40 + at, slot_of("abc"))
        for at, one in enumerate(people)
    ]
    await votes.cast(store, town.meeting.id, wishes)
    gone = await town.look(questions[5].q)
    await merge.merge(
        store, town.meeting, moderator, gone.q, gone.revision, questions[0].number or 0, NOW
    )
    async with live_half(store) as half:
        meeting, everybody = town.meeting.id, [*people, asker.voter or 0]
        await half.node.own.ask(meeting, people[0])  # the numbers are known from here on
        assert await trips(store, half.node, meeting, everybody) == -(-(PEOPLE + 1) // AT_ONCE)
        again = await half.node.own.ask(meeting, people[7])
        assert again.counters[slot_of("abc")] == max(again.counters) == 47
        late = await town.listed(asker)
        await votes.cast(store, meeting, [Wish(late.q, people[0], True, 99, 0)])
        told = await half.node.own.ask(meeting, people[0])
        assert late.number in told.votes and told.counters[0] == 99


async def test_a_trip_that_fails_is_told_to_all_in_it_and_the_next_is_made(store: Redis) -> None:
    town = await live_town(store)
    person = await town.attendee()
    async with live_half(store) as half:
        await store.set(keys.lineage(town.meeting.id), "not a hash")
        told = await asyncio.gather(
            *(half.node.own.ask(town.meeting.id, person.voter or 0) for _ in range(20)),
            return_exceptions=True,
        )
        assert all(isinstance(one, RedisError) for one in told) and len(told) == 20
        await store.delete(keys.lineage(town.meeting.id))
        assert (await half.node.own.ask(town.meeting.id, person.voter or 0)).votes == []


async def test_an_odd_failure_is_told_to_all_in_its_trip_too_and_those_behind_are_asked_for() -> (
    None
):
    tasks: list[asyncio.Task[None]] = []

    async def ask(meeting: str, run: list[int]) -> list[int]:
        if meeting == "odd":
            raise ValueError
        return run

    together = Together(ask, lambda work: tasks.append(asyncio.create_task(work)))
    asked = [("odd", 1), ("odd", 2), ("b", 3)]
    async with asyncio.timeout(WITHIN_S):
        told = await asyncio.gather(
            *(together.ask(meeting, one) for meeting, one in asked), return_exceptions=True
        )
    assert [type(one) for one in told[:2]] == [ValueError] * 2 and told[2] == 3


async def test_two_meetings_are_asked_apart_and_one_who_left_holds_nobody_up() -> None:
    asked: list[tuple[str, list[int]]] = []
    tasks: list[asyncio.Task[None]] = []
    free = asyncio.Event()

    async def ask(meeting: str, run: list[int]) -> list[int]:
        asked.append((meeting, run))
        await free.wait()
        return [2 * one for one in run]

    together = Together(ask, lambda work: tasks.append(asyncio.create_task(work)))
    waiting = [
        asyncio.create_task(together.ask(meeting, one))
        for meeting, one in [("a", 1), ("a", 2), ("b", 3), ("a", 4)]
    ]
    await asyncio.sleep(0)
    waiting[1].cancel()
    free.set()
    assert await asyncio.gather(*waiting[:1], *waiting[2:]) == [2, 6, 8]
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert [meeting for meeting, _ in asked] == ["a", "b", "a"]
