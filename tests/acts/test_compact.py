"""What a full meeting takes of the store's memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, cast

from redis.asyncio import Redis

from server.store import keys, votes
from server.store.votes import COUNTED, Wish
from tests.acts.building import NOW, fresh_q, live_town

PEOPLE, QUESTIONS, BATCH = 100_000, 500, 1_000
MOST_BYTES = 64 << 20


async def test_five_hundred_questions_with_ten_thousand_voters_each_fit_into_64_mb(
    store: Redis, record_property: Callable[[str, object], None]
) -> None:
    town, chance = await live_town(store), random.Random(5)
    meeting, one = town.meeting.id, await town.listed(text="Why? " * 60)
    row = cast(dict[Any, Any], await store.hgetall(keys.question(meeting, one.q)))
    listed = [fresh_q() for _ in range(QUESTIONS)]
    pipe = store.pipeline(transaction=False)
    for number, q in enumerate(listed, 2):
        pipe.hset(
            keys.question(meeting, q), mapping={**row, b"q": q, b"number": number, b"asker": PEOPLE}
        )
    await pipe.execute()
    people = chance.sample(range(PEOPLE), PEOPLE)
    for at in range(0, PEOPLE, BATCH):  # everybody votes once; a hundred questions in a batch
        asked = listed[at // BATCH % 5 :: 5]
        wishes = [
            Wish(asked[nth % len(asked)], voter, True, NOW + nth, voter % 16)
            for nth, voter in enumerate(people[at : at + BATCH])
        ]
        assert {told.status for told in await votes.cast(store, meeting, wishes)} == {COUNTED}
    # All further votes: written into the same strings, as a loop of five million casts would.
    pipe = store.pipeline(transaction=False)
    for q in listed:
        bits = chance.getrandbits(PEOPLE) & chance.getrandbits(PEOPLE) & chance.getrandbits(PEOPLE)
        pipe.execute_command(
            "SETRANGE", keys.voters(meeting, q), 0, bits.to_bytes(PEOPLE // 8, "big")
        )
    await pipe.execute()
    for q in listed:
        assert await store.bitcount(keys.voters(meeting, q)) > 10_000
    assert await store.hlen(keys.seen_counters(meeting)) == PEOPLE
    taken = (await store.info("memory"))["used_memory_dataset"]
    record_property("told", f"500 questions, 100,000 people: {taken / 2**20:.1f} MB of the store")
    assert 10 << 20 < taken < MOST_BYTES
