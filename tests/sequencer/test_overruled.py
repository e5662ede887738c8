"""A rebuilding that fails near its end, or finds other acts than the log's: it ends, and ends the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import decide, erase, meetings, tallies
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import decisions, keys, rebuilding, sequencing, typed, votes
from server.store.call import TooFewReplicas
from server.store.votes import Wish
from server.translog import leaf
from tests.acts.building import NOW, STRANGER, Town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of
from tests.sequencer.test_rebuilding import busy, contradicted, copied, put_back, rows

LATER = NOW + 86_400_000  # later than any clock of this run: the sequencer freezes by the real one


class Killed(BaseException):
    """The process ended here."""


def fails_after(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, error: BaseException
) -> None:
    """This function does its work, then fails, once."""
    real = getattr(where, name)

    async def failing(*given: object, **more: object) -> object:
        answer = await real(*given, **more)
        monkeypatch.setattr(where, name, real)
        raise error
        return answer

    monkeypatch.setattr(where, name, failing)


async def goes_on(store: Redis, town: Town) -> Meeting:
    """The meeting, which is open again: somebody asks in it."""
    found = await meetings.by_id(store, town.meeting.id)
    assert found is not None
    town.meeting = found
    shut = await typed.hmget(store, keys.meeting(found.id), ["asking", "ended", "rebuilding"])
    assert shut == ["1", "0", None]
    await town.submit(await town.attendee(), "Does it go on?")
    return found


@pytest.mark.parametrize("error", [TooFewReplicas("0 of 1"), Killed()])
async def test_after_a_failure_behind_the_last_act_the_meeting_still_opens_again(
    store: Redis, tmp_path: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator = await town.moderator()
    copy = await copied(store)
    await decide.list_question(store, town.meeting, moderator, qs[6], 1, NOW)
    await settle(sequencer_in(tmp_path), store)
    before, leaves = await rows(store, town), leaves_of(tmp_path, town)
    await put_back(store, copy)
    fails_after(monkeypatch, decisions, "commit", error)
    with pytest.raises(type(error)):
        await settle(sequencer_in(tmp_path), store)
    assert await typed.hget(store, keys.meeting(town.meeting.id), "asking") == "0"
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before
    assert leaves_of(tmp_path, town) == leaves
    await goes_on(store, town)


@pytest.mark.parametrize("where", [(rebuilding, "place"), (decisions, "commit")])
async def test_a_kill_at_an_overruled_decision_lets_nothing_stale_into_the_log(
    store: Redis, tmp_path: Path, where: tuple[object, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, moderator, q, gave_way = await contradicted(store, tmp_path)
    fails_after(monkeypatch, *where, Killed())
    with pytest.raises(Killed):
        await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    await gave_way()
    # The next decision has the name of the one that gave way, and is logged all the same.
    m = await goes_on(store, town)
    await decide.list_question(store, m, moderator, q, 2, NOW)
    await settle(sequencer_in(tmp_path), store)
    last = [leaf.parse(one) for one in leaves_of(tmp_path, town)]
    assert [one.kind for one in last if one.q == q] == ["q.received", "q.screen", "q.list"]
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def test_a_tick_and_a_setting_made_on_an_older_copy_give_way_to_the_record(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    m = town.meeting
    copy, at = await copied(store), m.revision
    await votes.cast(store, m.id, [Wish(qs[0], STRANGER, True, 1, 0)])
    assert await tallies.freeze(store, m.id, LATER)
    await meetings.change(store, m, {"submit_limit": 7}, "org:1", LATER)
    await settle(sequencer_in(tmp_path), store)
    leaves = leaves_of(tmp_path, town)
    told = await sequencing.ticks(store, m.id, [1, 2, 3])
    await put_back(store, copy)
    await votes.cast(store, m.id, [Wish(qs[2], STRANGER + 1, True, 1, 0)])
    assert await tallies.freeze(store, m.id, LATER)
    await votes.cast(store, m.id, [Wish(qs[2], STRANGER + 2, True, 1, 0)])
    assert await tallies.freeze(store, m.id, LATER + 120_000)
    other = await meetings.change(store, m, {"submit_limit": 4}, "org:1", LATER)
    await meetings.change(store, other, {"submit_limit": 5}, "org:1", LATER)
    await settle(sequencer_in(tmp_path), store)
    found, now = await meetings.by_id(store, m.id), await sequencing.ticks(store, m.id, [1, 2, 3])
    assert found is not None and (found.submit_limit, found.revision) == (7, at + 1)
    assert now.keys() == told.keys() and '"ranking": []' not in str(now)
    assert leaves_of(tmp_path, town) == leaves
    assert await tallies.freeze(store, m.id, LATER + 240_000)
    await meetings.change(store, found, {"submit_limit": 6}, "org:1", LATER)
    await settle(sequencer_in(tmp_path), store)
    assert [leaf.parse(one).kind for one in leaves_of(tmp_path, town)[len(leaves) :]] == [
        "v.tick",
        "m.rule",
    ]


async def test_nothing_but_the_rebuilding_changes_a_meeting_while_it_is_under_way(
    store: Redis, tmp_path: Path
) -> None:
    town, _ = await busy(store, tmp_path)
    await rebuilding.fence(store, town.meeting.id)
    with pytest.raises(Refused) as refused:
        await meetings.change(store, town.meeting, {"submit_limit": 7}, "org:1", NOW)
    assert refused.value.refusal is Refusal.CONTENDED and "rebuilt" in str(refused.value.sentence)
    shut = await typed.hmget(store, keys.meeting(town.meeting.id), ["asking", "voting"])
    assert shut == ["0", "0"]
    assert not await tallies.freeze(store, town.meeting.id, LATER)
    await settle(sequencer_in(tmp_path), store)
    await goes_on(store, town)


async def test_what_was_erased_on_an_older_copy_stays_erased_and_is_logged_behind_the_record(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, m = await town.moderator(), town.meeting
    copy = await copied(store)
    await decide.screen_out(store, m, moderator, qs[6], 1, "off-topic", "", None, NOW)
    await settle(sequencer_in(tmp_path), store)
    await put_back(store, copy)
    await erase.erase_named(store, m, 7, 1, "law", NOW)
    await settle(sequencer_in(tmp_path), store)
    found = await town.look(qs[6])
    assert (found.state, found.erased, found.revision) == (State.SCREENED_OUT, "law", 3)
    acts = [leaf.parse(one) for one in leaves_of(tmp_path, town)]
    assert [one.kind for one in acts if one.q == qs[6]] == ["q.received", "q.screen", "q.erase"]
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def test_what_nobody_can_read_in_the_intake_stops_no_rebuilding(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, m = await town.moderator(), town.meeting
    copy = await copied(store)
    await decide.screen_out(store, m, moderator, qs[6], 1, "off-topic", "", None, NOW)
    await settle(sequencer_in(tmp_path), store)
    leaves = leaves_of(tmp_path, town)
    await put_back(store, copy)
    bodies = ('{"t":"q.merge"', '{"t":"q.merge","v":1}', '{"t":"q.pick","tick":"1","v":1}')
    for n, body in enumerate(bodies):
        for name in (f"d:{qs[6]}:{2 + n}", f"d:{qs[6]}:x{n}", f"d:{n}", f"d:{qs[0]}:{9 + n}"):
            await store.xadd(keys.intake(m.id), {"id": name, "intent": body})
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(qs[6])).state is State.SCREENED_OUT
    assert leaves_of(tmp_path, town) == leaves
    await goes_on(store, town)
