"""The stage: one question on air, a line that two cannot overwrite, ticks that picks cite."""

from __future__ import annotations

import asyncio
import json

import pytest
from redis.asyncio import Redis

from server.acts import stage
from server.acts.public_history import public_histories
from server.domain.board import Picked
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import boards, keys, typed, votes
from server.store.votes import Wish
from tests.acts.building import NOW, live_town


async def test_a_pick_freezes_the_tallies_and_cites_its_rank(store: Redis) -> None:
    town = await live_town(store)
    moderator, voter = await town.moderator(), await town.attendee()
    first, second = await town.listed(), await town.listed(text="And why no desks?")
    await votes.cast(store, town.meeting.id, [Wish(second.q, voter.voter or 0, True, 1, 1)])
    aired = await stage.pick(store, town.meeting, moderator, first.q, first.revision, NOW)
    assert aired.state is State.ON_AIR and (aired.tick, aired.rank) == (1, 2)
    entries = await typed.entries(store, keys.intake(town.meeting.id), "", 100)
    tick, pick = [json.loads(row["intent"]) for _, row in entries[-2:]]
    assert (tick["t"], tick["n"], tick["active"], tick["eligible"]) == ("v.tick", 1, 1, 3)
    assert (pick["t"], pick["tick"], pick["rank"]) == ("q.pick", 1, 2)
    frozen = json.loads(await typed.hget(store, keys.ticks(town.meeting.id), "1") or "{}")
    assert frozen["ranking"] == [[second.q, 1], [first.q, 0]]


async def test_of_many_picks_in_one_instant_exactly_one_is_on_air(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    listed = [await town.listed(text=f"Question {at} for the stage?") for at in range(10)]
    answers = await asyncio.gather(
        *(stage.pick(store, town.meeting, moderator, q.q, q.revision, NOW) for q in listed),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Refused) for answer in answers) == 9
    assert await store.zcard(keys.on_air(town.meeting.id)) == 1


async def test_two_who_arrange_the_line_never_overwrite_each_other(store: Redis) -> None:
    town = await live_town(store)
    one, two = await town.moderator(), await town.moderator()
    listed = [await town.listed(text=f"Question {at} for the line?") for at in range(3)]
    a, b, c = (q.number or 0 for q in listed)
    assert await stage.arrange(store, town.meeting, one, [a, b], 0, NOW) == 1
    with pytest.raises(Refused) as late:
        await stage.arrange(store, town.meeting, two, [c], 0, NOW)
    assert late.value.refusal is Refusal.CONTENDED
    assert await stage.arrange(store, town.meeting, two, [b, a, c], 1, NOW) == 2
    standing = await stage.line(store, town.meeting.id)
    assert [q.number for q in standing.questions] == [b, a, c]


async def test_the_host_steps_along_the_line_and_skips_with_a_reason(store: Redis) -> None:
    town = await live_town(store)
    moderator, host = await town.moderator(), await town.host()
    listed = [await town.listed(text=f"Question {at} for the host?") for at in range(3)]
    numbers = [q.number or 0 for q in listed]
    await stage.arrange(store, town.meeting, moderator, numbers, 0, NOW)
    first = await stage.next_on_air(store, town.meeting, host, NOW)
    done = await stage.answer(store, town.meeting, host, first.q, first.revision, 65, "", NOW)
    assert (done.state, done.how, done.stream_s) == (State.ANSWERED, "air", 65)
    second = (await stage.line(store, town.meeting.id)).questions[0]
    with pytest.raises(Refused) as unknown:
        await stage.skip(store, town.meeting, host, second.q, second.revision, "boring", NOW)
    assert unknown.value.refusal is Refusal.REASON_UNKNOWN
    skipped = await stage.skip(store, town.meeting, host, second.q, second.revision, "no-time", NOW)
    assert skipped.state is State.LISTED
    standing = await stage.line(store, town.meeting.id)
    assert [q.number for q in standing.questions] == numbers[2:]


async def test_a_question_that_leaves_the_list_leaves_the_line(store: Redis) -> None:
    town = await live_town(store)
    moderator, question = await town.moderator(), await town.listed()
    await stage.arrange(store, town.meeting, moderator, [question.number or 0], 0, NOW)
    await stage.answer(
        store, town.meeting, moderator, question.q, question.revision, None, "In writing.", NOW
    )
    standing = await stage.line(store, town.meeting.id)
    assert standing.questions == [] and standing.revision == 2
    with pytest.raises(Refused) as gone:
        number = question.number or 0
        await stage.arrange(store, town.meeting, moderator, [number], standing.revision, NOW)
    assert gone.value.refusal is Refusal.NOT_LISTED


async def test_the_board_tells_whom_a_pick_passed_over_and_why(store: Redis) -> None:
    town = await live_town(store)
    moderator, voter = await town.moderator(), await town.attendee()
    last, best, second = [await town.listed(text=f"Question {at} by votes?") for at in range(3)]
    for q, voters in ((best, 2), (second, 1)):
        people = [voter, await town.attendee()][:voters]
        wishes = [Wish(q.q, one.voter or 0, True, 10 + (q.number or 0), 1) for one in people]
        await votes.cast(store, town.meeting.id, wishes)
    skipped = await stage.skip(
        store, town.meeting, moderator, best.q, best.revision, "no-time", NOW
    )
    assert skipped.state is State.LISTED
    aired = await stage.pick(store, town.meeting, moderator, last.q, last.revision, NOW)
    row = await boards.row_of(store, aired, 0, NOW)
    assert row is not None and row.picked == Picked(3, ((best.number or 0, "no-time"), (3, "")))
    (history,) = await public_histories(store, town.meeting, [aired])
    assert history[-1].passed == row.picked.passed and history[-1].rank == 3


async def test_a_question_is_moved_along_the_line_at_most_to_its_end(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    a, b, c = [(await town.listed(text=f"Question {at} to move?")).number or 0 for at in range(3)]
    await stage.arrange(store, town.meeting, moderator, [a, b, c], 0, NOW)
    steps = ((c, -1, [a, c, b]), (a, -1, [a, c, b]), (a, 9, [c, b, a]), (c, 1, [b, c, a]))
    for revision, (n, by, order) in enumerate(steps, start=1):
        await stage.move(store, town.meeting, moderator, n, by, revision, NOW)
        standing = await stage.line(store, town.meeting.id)
        assert [q.number for q in standing.questions] == order
    with pytest.raises(Refused) as late:
        await stage.move(store, town.meeting, moderator, a, 1, 1, NOW)
    assert late.value.refusal is Refusal.CONTENDED
    with pytest.raises(Refused) as absent:
        await stage.move(store, town.meeting, moderator, 99, 1, 5, NOW)
    assert absent.value.refusal is Refusal.NOT_LISTED
