"""A campaign is one act for its moderator, and a decision for each copy; nobody is overwritten by it."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from server.acts import decide, merge
from server.acts.merge_copies import merge_copies
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import desk_log
from tests.acts.building import NOW, live_town

SAME = "Will the canteen in the north building open again this year?"


async def test_a_campaign_of_sixty_is_merged_by_one_act_and_sixty_decisions(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    head, *copies = [await town.ask(await town.attendee(), SAME) for _ in range(60)]
    seen = [(copy.q, copy.revision) for copy in copies]
    after = await merge_copies(store, town.meeting, moderator, head.q, head.revision, seen, NOW)
    assert (after.state, after.members, after.askers) == (State.LISTED, 59, 60)
    for copy in copies:
        acts = await desk_log.history(store, town.meeting.id, copy.q)
        assert [act.kind for act in acts][-1] == "q.merge"
    undone = await merge.split_all(store, town.meeting, moderator, head.q, after.revision, NOW)
    assert undone.members == 0
    assert {(await town.look(copy.q)).state for copy in copies} == {State.RECEIVED}


async def test_what_another_decided_in_between_stops_it_with_words_and_stands(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = await town.moderator(), await town.moderator()
    head, first, second, third = [await town.ask(await town.attendee(), SAME) for _ in range(4)]
    seen = [(copy.q, copy.revision) for copy in (first, second, third)]
    await decide.screen_out(
        store, town.meeting, two, second.q, second.revision, "unclear", "", None, NOW
    )
    with pytest.raises(Refused) as stopped:
        await merge_copies(store, town.meeting, one, head.q, head.revision, seen, NOW)
    assert stopped.value.refusal is Refusal.CONTENDED
    said = str(stopped.value.sentence)
    assert said.startswith("1 of 3 copies were merged") and "screened out now" in said
    states = [(await town.look(q)).state for q, _ in seen]
    assert states == [State.MERGED, State.SCREENED_OUT, State.RECEIVED]
    with pytest.raises(Refused):
        await merge_copies(store, town.meeting, one, head.q, head.revision, seen[2:], NOW)
    now = await town.look(head.q)
    done = await merge_copies(store, town.meeting, one, head.q, now.revision, seen[2:], NOW)
    assert done.members == 2
