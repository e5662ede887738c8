"""Merges, splits and picks that were made on an older copy give way to the record and leave nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import decide, merge, stage
from server.domain.question import State
from server.store import decisions, keys, rebuilding, typed, votes
from server.store.votes import Wish
from server.translog import leaf
from tests.acts.building import NOW, STRANGER, Town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of
from tests.sequencer.test_overruled import Killed, fails_after
from tests.sequencer.test_rebuilding import busy, copied, put_back, queues, rows


async def now(town: Town, q: str) -> int:
    """The question's revision."""
    return (await town.look(q)).revision


async def as_before(
    store: Redis, folder: Path, town: Town, told: tuple[object, object, object]
) -> None:
    """Rows, places and leaves are what they were."""
    before, places, leaves = told
    assert await looked(store, folder, town) == (before, places, leaves)
    assert [found[1] for found in findings(folder).values()] == [[]]


async def looked(store: Redis, folder: Path, town: Town) -> tuple[object, object, object]:
    """Rows, places, leaves. A head's revision goes on with each change of its group, also one undone."""
    found = await rows(store, town)
    for row in found.values():
        del row["revision"]
        if row.get("members") == "0":
            del row["members"]
    return found, await queues(store, town), leaves_of(folder, town)


@pytest.mark.parametrize("killed", [None, (rebuilding, "part"), (rebuilding, "place")])
async def test_a_merge_of_a_question_that_the_record_screened_out_leaves_no_member(
    store: Redis, tmp_path: Path, killed: tuple[object, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, m = await town.moderator(), town.meeting
    await votes.cast(store, m.id, [Wish(qs[0], STRANGER, True, 1, 0)])
    copy = await copied(store)
    await decide.screen_out(store, m, moderator, qs[6], 1, "off-topic", "", None, NOW)
    await settle(sequencer_in(tmp_path), store)
    told = await looked(store, tmp_path, town)
    await put_back(store, copy)
    await merge.merge(store, m, moderator, qs[6], 1, 1, NOW)
    assert len(await decisions.members(store, m.id, qs[0])) == 2
    if killed:
        fails_after(monkeypatch, *killed, Killed())
        with pytest.raises(Killed):
            await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    assert await decisions.members(store, m.id, qs[0]) == [qs[1]]
    head = await town.look(qs[0])
    assert (head.members, head.votes) == (1, 1)
    await as_before(store, tmp_path, town, told)


@pytest.mark.parametrize("killed", [None, (rebuilding, "part"), (rebuilding, "place")])
async def test_a_merge_into_a_question_of_which_the_copy_had_forgotten_an_act_is_undone(
    store: Redis, tmp_path: Path, killed: tuple[object, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, m = await town.moderator(), town.meeting
    copy = await copied(store)
    revision = await now(town, qs[2])
    await decide.screen_out(store, m, moderator, qs[2], revision, "off-topic", "", None, NOW)
    await settle(sequencer_in(tmp_path), store)
    told = await looked(store, tmp_path, town)
    await put_back(store, copy)
    await merge.merge(store, m, moderator, qs[6], 1, 3, NOW)
    if killed:
        fails_after(monkeypatch, *killed, Killed())
        with pytest.raises(Killed):
            await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    found = await town.look(qs[6])
    assert (found.state, found.revision, found.head) == (State.RECEIVED, 1, None)
    assert (await town.look(qs[2])).state is State.SCREENED_OUT
    await as_before(store, tmp_path, town, told)
    await decide.list_question(store, m, moderator, qs[6], 1, NOW)
    await settle(sequencer_in(tmp_path), store)
    last = leaf.parse(leaves_of(tmp_path, town)[-1])
    assert (last.kind, last.q) == ("q.list", qs[6])


async def test_a_head_that_the_copy_changed_otherwise_has_the_members_of_the_record(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, m = await town.moderator(), town.meeting
    copy = await copied(store)
    await merge.merge(store, m, moderator, qs[2], await now(town, qs[2]), 1, NOW)
    await decide.word(
        store, m, moderator, qs[0], await now(town, qs[0]), "Which of the three?", NOW
    )
    await settle(sequencer_in(tmp_path), store)
    told = await looked(store, tmp_path, town)
    await put_back(store, copy)
    await decide.word(store, m, moderator, qs[0], await now(town, qs[0]), "Which of both?", NOW)
    await merge.merge(store, m, moderator, qs[6], 1, 1, NOW)
    await settle(sequencer_in(tmp_path), store)
    assert sorted(await decisions.members(store, m.id, qs[0])) == sorted([qs[1], qs[2]])
    assert (await town.look(qs[6])).state is State.RECEIVED
    await as_before(store, tmp_path, town, told)


async def test_a_split_that_somebody_else_made_on_the_copy_is_the_record_s(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    one, two, m = await town.moderator(), await town.moderator(), town.meeting
    copy = await copied(store)
    await merge.split(store, m, one, qs[1], await now(town, qs[1]), NOW)
    await settle(sequencer_in(tmp_path), store)
    told = await looked(store, tmp_path, town)
    await put_back(store, copy)
    await merge.split(store, m, two, qs[1], await now(town, qs[1]), NOW)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(qs[1])).state is State.LISTED
    await as_before(store, tmp_path, town, told)


@pytest.mark.parametrize("voted", [False, True])
async def test_of_two_picks_the_record_s_alone_is_on_air(
    store: Redis, tmp_path: Path, voted: bool
) -> None:
    town, qs = await busy(store, tmp_path)
    host, m = await town.host(), town.meeting
    await stage.put_back(store, m, host, qs[3], await now(town, qs[3]), NOW)
    await settle(sequencer_in(tmp_path), store)
    copy = await copied(store)
    await stage.pick(store, m, host, qs[0], await now(town, qs[0]), NOW)
    await settle(sequencer_in(tmp_path), store)
    told = await looked(store, tmp_path, town)
    await put_back(store, copy)
    if voted:  # then its tick is another one, too
        await votes.cast(store, m.id, [Wish(qs[2], STRANGER, True, 1, 0)])
    await stage.pick(store, m, host, qs[2], await now(town, qs[2]), NOW)
    await settle(sequencer_in(tmp_path), store)
    assert await typed.zrange(store, keys.on_air(m.id), 0, -1) == [qs[0]]
    assert (await town.look(qs[2])).state is State.LISTED
    await as_before(store, tmp_path, town, told)
