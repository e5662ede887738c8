"""Ticks: each minute in which a tally changed, one final one, and then the record's closing entry."""

from __future__ import annotations

import json

from redis.asyncio import Redis

from server.acts import closing, meetings, staff, tallies
from server.domain.roles import Role
from server.store import keys, typed, votes
from server.store.votes import Wish
from tests.acts.building import NOW, Town, live_town

MINUTE = 60_000


async def ticks_of(town: Town) -> list[list[list[object]]]:
    """The rankings of all ticks, in their order."""
    found = await typed.hgetall(town.store, keys.ticks(town.meeting.id))
    return [json.loads(found[str(n + 1)])["ranking"] or [] for n in range(len(found))]


async def kinds(town: Town) -> list[str]:
    """The types of all acts that the log's intake holds."""
    entries = await typed.entries(town.store, keys.intake(town.meeting.id), "", 1000)
    return [str(json.loads(row["intent"])["t"]) for _, row in entries]


async def test_a_minute_in_which_no_tally_changed_has_no_tick(store: Redis) -> None:
    town = await live_town(store)
    assert not await tallies.freeze(store, town.meeting.id, NOW)
    question, voter = await town.listed(), await town.attendee()
    assert await tallies.freeze(store, town.meeting.id, NOW)
    assert not await tallies.freeze(store, town.meeting.id, NOW + 2 * MINUTE)
    wish = Wish(question.q, voter.voter or 0, True, 1, 1)
    await votes.cast(store, town.meeting.id, [wish])
    assert not await tallies.freeze(store, town.meeting.id, NOW + MINUTE - 1)
    assert await tallies.freeze(store, town.meeting.id, NOW + MINUTE)
    assert await ticks_of(town) == [[[question.q, 0]], [[question.q, 1]]]


async def test_the_last_tick_holds_all_that_counted_and_the_closing_entry_comes_last(
    store: Redis,
) -> None:
    town = await live_town(store)
    listed, voter = [await town.listed(text=f"Question {n}, please?") for n in (1, 2)], None
    voter = await town.attendee()
    await votes.cast(store, town.meeting.id, [Wish(listed[1].q, voter.voter or 0, True, 1, 1)])
    waiting = await town.submit(voter, "Not even numbered yet?")
    closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, closed, NOW)
    assert "log.close" not in await kinds(town)  # one question has no number, hence no end yet
    await town.number()
    await closing.settle(store, closed, NOW)
    await closing.settle(store, closed, NOW)
    assert (await ticks_of(town))[-1] == [[listed[1].q, 1], [listed[0].q, 0]]
    told = await kinds(town)
    assert told[-1] == "log.close" and told.count("log.close") == 1
    assert told.count("q.end") == 3 and told.index("v.tick") < told.index("q.end")
    assert (await town.look(waiting)).state == "not_reviewed"


async def test_after_the_closing_entry_nothing_but_erasures_gets_into_the_record(
    store: Redis,
) -> None:
    town = await live_town(store)
    link = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, closed, NOW)
    before = await kinds(town)
    assert before[-1] == "log.close"
    await staff.redeem_invitation(store, closed, link, NOW)
    await meetings.change(store, closed, {"readers": "everyone"}, "org:1", NOW)
    assert await kinds(town) == before
    acts = await typed.entries(store, keys.desk_log(town.meeting.id), "", 1000)
    assert [json.loads(row["intent"])["t"] for _, row in acts[-2:]] == ["m.role", "m.rule"]
