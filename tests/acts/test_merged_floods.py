"""A group of more members than one call of Lua takes arguments merges and parts like any other."""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts import merge
from server.domain.question import State
from server.store import keys
from tests.acts.building import NOW, Town, live_town

MANY = 9_000


async def flooded(town: Town) -> str:
    """A listed head with MANY members, written into the store as merges leave them; its id."""
    m, head = town.meeting.id, await town.listed()
    await merge_one(town, head.q, "The first of a flood")
    pipe = town.store.pipeline(transaction=False)
    ids = [f"{n:022d}" for n in range(MANY)]
    pipe.hset(keys.members(m, head.q), mapping={q: str(100 + n) for n, q in enumerate(ids)})
    for n, q in enumerate(ids):
        pipe.setbit(keys.voters(m, q), 20_000 + n, 1)
        pipe.setbit(keys.voters(m, head.q), 20_000 + n, 1)
    await pipe.execute()
    return head.q


async def merge_one(town: Town, head: str, text: str) -> str:
    """Merge one more waiting question; its id."""
    asked, into = await town.ask(await town.attendee(), text), (await town.look(head)).number
    assert into is not None
    await merge.merge(
        town.store, town.meeting, await town.moderator(), asked.q, asked.revision, into, NOW
    )
    return asked.q


async def test_one_more_joins_nine_thousand_and_leaves_them_again(store: Redis) -> None:
    town = await live_town(store)
    head = await flooded(town)
    # One person took back for the whole group: every member's own set loses that vote.
    person = 20_000 + MANY - 1
    await store.setbit(keys.voters(town.meeting.id, head), person, 0)
    await store.setbit(keys.took_back(town.meeting.id, head), person, 1)
    late = await merge_one(town, head, "The last of a flood")
    joined = await town.look(head)
    assert (joined.members, joined.votes) == (MANY + 2, MANY - 1)
    assert not await store.bitcount(keys.voters(town.meeting.id, f"{MANY - 1:022d}"))
    moderator, found = await town.moderator(), await town.look(late)
    alone = await merge.split(store, town.meeting, moderator, late, found.revision, NOW)
    parted = await town.look(head)
    assert (alone.state, parted.members, parted.votes) == (State.RECEIVED, MANY + 1, MANY - 1)
