"""One person, one question, one vote: on the real store, also when everybody presses at once."""

from __future__ import annotations

import asyncio
import random
from typing import cast

import pytest
from redis.asyncio import Redis

from server.acts import decide, meetings, vote
from server.acts.limits import Rate
from server.domain.refusals import Refusal, Refused
from server.store import keys, typed, votes
from server.store.votes import Wish
from tests.acts.building import NOW, PACE, live_town


async def test_a_vote_sent_fifty_times_at_once_counts_once(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()
    n, fast = question.number or 0, Rate(1, 50)
    await asyncio.gather(
        *(vote.cast_now(store, town.meeting, voter, n, True, 7, "tab", fast) for _ in range(50))
    )
    assert (await town.look(question.q)).votes == 1
    assert (await vote.own_votes(store, town.meeting.id, voter.voter or 0)).votes == [n]


async def test_a_vote_taken_back_leaves_nothing(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()
    n = question.number or 0
    await vote.cast_now(store, town.meeting, voter, n, True, 1, "tab", PACE)
    result = await vote.cast_now(store, town.meeting, voter, n, False, 2, "tab", PACE)
    assert result.votes == 0


async def test_an_old_repeat_cannot_undo_a_later_wish(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()
    n = question.number or 0
    await vote.cast_now(store, town.meeting, voter, n, False, 1, "tab", PACE)
    await vote.cast_now(store, town.meeting, voter, n, True, 2, "tab", PACE)
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, voter, n, False, 1, "tab", PACE)
    assert refused.value.refusal is Refusal.STALE
    assert (await town.look(question.q)).votes == 1


async def test_nobody_votes_for_their_own_question(store: Redis) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    question = await town.listed(asker)
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, asker, question.number or 0, True, 1, "t", PACE)
    assert refused.value.refusal is Refusal.OWN_QUESTION


async def test_a_waiting_question_takes_no_vote(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.ask(await town.attendee()), await town.attendee()
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, voter, question.number or 0, True, 1, "t", PACE)
    assert refused.value.refusal is Refusal.NOT_LISTED


async def test_after_the_close_no_vote_counts(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()
    await meetings.change(store, town.meeting, {"voting": False}, "org:1", NOW)
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, voter, question.number or 0, True, 1, "t", PACE)
    assert refused.value.refusal is Refusal.CLOSED
    assert (await town.look(question.q)).votes == 0


async def test_one_person_votes_so_fast_and_others_are_not_held_up(store: Redis) -> None:
    town, slow = await live_town(store), Rate(0.01, 2)
    question, voter, other = await town.listed(), await town.attendee(), await town.attendee()
    n = question.number or 0
    for counter in (1, 2):
        await vote.cast_now(store, town.meeting, voter, n, counter == 1, counter, "tab", slow)
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, voter, n, True, 3, "another tab", slow)
    assert refused.value.refusal is Refusal.TOO_FAST and "wait" in str(refused.value)
    assert 0 < (refused.value.retry_in or 0) <= 100
    await vote.cast_now(store, town.meeting, other, n, True, 1, "tab", slow)
    assert (await town.look(question.q)).votes == 1


async def test_an_unknown_number_is_refused_in_words(store: Redis) -> None:
    town = await live_town(store)
    with pytest.raises(Refused) as refused:
        await vote.cast_now(store, town.meeting, await town.attendee(), 99, True, 1, "t", PACE)
    assert refused.value.refusal is Refusal.UNKNOWN


async def test_ranks_equal_the_bits_behind_them_after_a_storm(store: Redis) -> None:
    town = await live_town(store)
    questions = [await town.listed() for _ in range(5)]
    people = [await town.attendee() for _ in range(20)]
    dice = random.Random(7)
    wishes = [
        Wish(dice.choice(questions).q, dice.choice(people).voter or 0, dice.random() < 0.7, c, 0)
        for c in range(1, 600)
    ]
    await asyncio.gather(
        *(votes.cast(store, town.meeting.id, wishes[i : i + 40]) for i in range(0, 600, 40))
    )
    scores = await store.zrange(keys.ranked(town.meeting.id), 0, -1, withscores=True)
    pairs = cast("list[tuple[str, float]]", scores)
    ranked = {q: int(score) >> 24 for q, score in pairs}
    bits = {q.q: await store.bitcount(keys.voters(town.meeting.id, q.q)) for q in questions}
    assert ranked == bits
    expected = sorted(questions, key=lambda q: (-bits[q.q], q.number or 0))
    order = await typed.zrange(store, keys.ranked(town.meeting.id), 0, -1, desc=True)
    assert order == [q.q for q in expected]


async def test_a_question_that_leaves_the_list_and_returns_keeps_its_votes(store: Redis) -> None:
    town = await live_town(store)
    question, voter, moderator = await town.listed(), await town.attendee(), await town.moderator()
    await vote.cast_now(store, town.meeting, voter, question.number or 0, True, 1, "tab", PACE)
    out = await decide.screen_out(
        store, town.meeting, moderator, question.q, question.revision, "unclear", "", None, NOW
    )
    back = await decide.list_question(store, town.meeting, moderator, out.q, out.revision, NOW)
    assert (out.votes, back.votes) == (1, 1)


async def test_a_plain_form_goes_on_voting_after_the_clock_was_set_back(store: Redis) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()
    n, hour = question.number or 0, 3_600_000
    await vote.cast_now(store, town.meeting, voter, n, True, NOW, vote.FORM, PACE)
    back = await vote.cast_now(store, town.meeting, voter, n, False, NOW - hour, vote.FORM, PACE)
    again = await vote.cast_now(store, town.meeting, voter, n, True, NOW - hour, vote.FORM, PACE)
    assert (back.votes, again.votes) == (0, 1)
    assert (await town.look(question.q)).votes == 1
