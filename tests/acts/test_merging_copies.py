"""A campaign is one act for its moderator, and a decision for each copy; nobody is overwritten by it."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from server.acts import decide, erase, merge
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


async def test_a_copy_in_other_words_or_seen_otherwise_is_refused_before_anything_is_done(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = await town.moderator(), await town.moderator()
    head, loud, wrapped, moved = [
        await town.ask(await town.attendee(), words)
        for words in (SAME, f"  {SAME.upper()}!!", f"{SAME} Ms Example is a thief.", SAME)
    ]
    await decide.screen_out(
        store, town.meeting, two, moved.q, moved.revision, "unclear", "", None, NOW
    )
    for other, refusal, words in (
        (wrapped, Refusal.ILLEGAL, "no. 3 differs in wording"),
        (moved, Refusal.CONTENDED, "screened out now"),
    ):
        seen = [(loud.q, loud.revision), (other.q, other.revision)]
        with pytest.raises(Refused) as stopped:
            await merge_copies(store, town.meeting, one, head.q, head.revision, seen, NOW)
        assert stopped.value.refusal is refusal and words in str(stopped.value.sentence)
        assert {(await town.look(q)).state for q in (head.q, loud.q)} == {State.RECEIVED}
    seen = [(loud.q, loud.revision)]
    after = await merge_copies(store, town.meeting, one, head.q, head.revision, seen, NOW)
    assert (after.members, (await town.look(wrapped.q)).state) == (1, State.RECEIVED)


async def test_words_that_are_gone_are_nobodys_same_words(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    pair = [await town.ask(await town.attendee(), SAME) for _ in range(2)]
    for question in pair:
        assert question.number is not None
        await erase.erase_named(store, town.meeting, question.number, 1, "law", NOW)
    head, copy = [await town.look(question.q) for question in pair]
    with pytest.raises(Refused) as stopped:
        await merge_copies(
            store, town.meeting, moderator, head.q, head.revision, [(copy.q, copy.revision)], NOW
        )
    assert "no. 2 differs in wording" in str(stopped.value.sentence)


async def test_what_stops_it_on_the_way_is_told_with_its_own_code_and_what_stands(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = await town.moderator(), await town.moderator()
    head, first, second, third = [await town.ask(await town.attendee(), SAME) for _ in range(4)]
    nested = await town.listed(None, SAME)
    assert nested.number is not None
    await merge.merge(store, town.meeting, two, third.q, third.revision, nested.number, NOW)
    nested = await town.look(nested.q)
    seen = [(copy.q, copy.revision) for copy in (first, nested, second)]
    with pytest.raises(Refused) as stopped:
        await merge_copies(store, town.meeting, one, head.q, head.revision, seen, NOW)
    assert stopped.value.refusal is Refusal.ILLEGAL
    said = str(stopped.value.sentence)
    assert said.startswith("No. 1 is listed now, and 1 of 3 copies were merged; then one was not")
    assert "has 1 merged into it" in said
    states = [(await town.look(q)).state for q, _ in seen]
    assert states == [State.MERGED, State.LISTED, State.RECEIVED]
    now = await town.look(head.q)
    with pytest.raises(Refused) as again:
        await merge_copies(store, town.meeting, one, head.q, now.revision, seen[1:], NOW)
    assert str(again.value.sentence).startswith("0 of 2 copies were merged")
    done = await merge_copies(store, town.meeting, one, head.q, now.revision, seen[2:], NOW)
    assert done.members == 2
