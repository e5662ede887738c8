"""One person, two devices, a bad line and a server that forgets: in the end all mean the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from redis.asyncio import Redis

from server.store import votes
from server.store.votes import Wish
from tests.acts.building import live_town
from tests.frontend.histories import case
from tests.frontend.running import Case, chromium, in_chromium, in_node, node

HISTORIES, WITHOUT = 1_000, 100


async def answers(cases: list[Case]) -> list[Any]:
    """From node, which is quicker to start, else from Chromium."""
    if node() is not None:
        return in_node(cases)
    if chromium() is None:
        pytest.skip("neither node nor a Chromium on this machine")
    return await in_chromium(cases)


async def test_a_thousand_histories_end_with_nobody_meaning_anything_else() -> None:
    told, without = await answers([case(HISTORIES), case(WITHOUT, exchange=False)])
    assert told["wrong"] == 0, told["example"]
    assert told["forgot"] > HISTORIES / 4
    assert without["wrong"] > WITHOUT / 20  # the histories are hard enough to tell


async def test_the_histories_server_answers_as_the_store_does(store: Redis) -> None:
    town, random_ = await live_town(store), random.Random(5)
    questions = [await town.listed() for _ in range(3)]
    voter = (await town.attendee()).voter or 0
    wishes, told = [], []
    for _ in range(300):
        at, on, slot = random_.randrange(3), random_.random() < 0.5, random_.choice((3, 9))
        counter = random_.randrange(1, 400)
        vote = {"n": questions[at].number, "on": on, "c": counter}
        wishes.append([vote, slot])
        wish = Wish(questions[at].q, voter, on, counter, slot)
        told.append((await votes.cast(store, town.meeting.id, [wish]))[0].status == votes.STALE)
    (ours,) = await answers([("castAll", {"wishes": wishes})])
    standing = [q.number for q in questions if (await town.look(q.q)).votes == 1]
    assert ours == {"answers": told, "votes": standing}
    assert 50 < sum(told) < 250
