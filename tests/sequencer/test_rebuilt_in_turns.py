"""A long log comes back a bit at a time: others get their receipts in between, and each bit may fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import decide, erase
from server.domain.refusals import Refusal, Refused
from server.store import keys, question_rows, rebuilding
from server.store.rebuilding import EmptiedAgain
from tests.acts.building import NOW, Town, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of
from tests.sequencer.test_overruled import goes_on
from tests.sequencer.test_rebuilding import busy, queues, rows, wiped
from workers.sequencer import rebuilding as looking
from workers.sequencer import returning
from workers.sequencer import sequencer as sequencing


async def forgotten(store: Redis, town: Town) -> None:
    """The store has lost all that it held of this meeting."""
    gone = await store.keys(f"*{{{town.meeting.id}}}*")
    await store.unlink(*gone, keys.slug(town.meeting.slug))


async def test_others_get_their_receipts_while_a_long_log_comes_back(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "TURN_S", 0.0)
    (town, _), other = await busy(store, tmp_path), await live_town(store)
    await settle(sequencer_in(tmp_path), store)
    before, places, leaves = (
        await rows(store, town),
        await queues(store, town),
        leaves_of(tmp_path, town),
    )
    await forgotten(store, town)
    asker, sequencer, given = await other.attendee(), sequencer_in(tmp_path), 0
    await sequencer.step(store)
    while await rebuilding.is_begun(store, town.meeting.id):
        q = await other.submit(asker, f"Do I wait, for the {given + 1}th time?")
        await sequencer.step(store)
        assert (await other.look(q)).number == given + 1
        given += 1
    assert given >= len(leaves)  # a leaf a turn
    await settle(sequencer, store)
    assert (await rows(store, town), await queues(store, town)) == (before, places)
    assert leaves_of(tmp_path, town) == leaves
    await goes_on(store, town)
    assert [found[1] for found in findings(tmp_path).values()] == [[], []]


@pytest.mark.parametrize("turns", [1, 9, 30])
async def test_a_store_that_is_emptied_again_in_the_middle_comes_back_all_the_same(
    store: Redis, tmp_path: Path, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "TURN_S", 0.0)
    monkeypatch.setattr(returning, "SLICE", 2)
    town, _ = await busy(store, tmp_path)
    before, places = await rows(store, town), await queues(store, town)
    await forgotten(store, town)
    sequencer = sequencer_in(tmp_path)
    for _ in range(turns):
        await sequencer.step(store)
    assert await rebuilding.is_begun(store, town.meeting.id)
    await forgotten(store, town)
    with pytest.raises(EmptiedAgain):  # soon, not at the end
        for _ in range(5):
            await sequencer.step(store)
    await settle(sequencer, store)
    assert (await rows(store, town), await queues(store, town)) == (before, places)


async def test_a_store_that_is_emptied_in_the_last_step_is_not_opened_half(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = await busy(store, tmp_path)
    before, places = await rows(store, town), await queues(store, town)
    await forgotten(store, town)
    note = rebuilding.note_rebuilt

    async def emptied(*given: object) -> None:
        await forgotten(store, town)
        monkeypatch.setattr(rebuilding, "note_rebuilt", note)

    monkeypatch.setattr(rebuilding, "note_rebuilt", emptied)
    with pytest.raises(EmptiedAgain):
        await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    assert (await rows(store, town), await queues(store, town)) == (before, places)


async def test_nothing_is_erased_or_decided_while_the_meeting_comes_back(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, asker, m = await town.moderator(), await town.attendee(), town.meeting
    found = await town.look(qs[0])
    await rebuilding.fence(store, m.id)
    for refused in (
        erase.erase_named(store, m, 1, found.revision, "law", NOW),
        erase.erase_own(store, m, asker, qs[0], "", NOW),
        erase.erase_named(store, m, 99, 1, "law", NOW),  # it may be there again in a minute
        decide.list_question(store, m, moderator, qs[6], 1, NOW),
    ):
        with pytest.raises(Refused) as told:
            await refused
        assert told.value.refusal is Refusal.CONTENDED and "rebuilt" in str(told.value.sentence)
    assert await town.look(qs[0]) == found
    await settle(sequencer_in(tmp_path), store)
    town.meeting = await goes_on(store, town)
    await erase.erase_named(store, town.meeting, 1, found.revision, "law", NOW)
    assert (await town.look(qs[0])).erased == "law"


async def test_an_erasure_that_was_read_before_the_fence_changes_nothing_behind_it(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, qs = await busy(store, tmp_path)
    found, look = await town.look(qs[0]), question_rows.by_number

    async def slow(redis: Redis, meeting: str, number: int) -> object:
        row = await look(redis, meeting, number)
        await rebuilding.fence(store, town.meeting.id)
        return row

    monkeypatch.setattr(question_rows, "by_number", slow)
    with pytest.raises(Refused) as told:
        await erase.erase_named(store, town.meeting, 1, found.revision, "law", NOW)
    assert "rebuilt" in str(told.value.sentence) and await town.look(qs[0]) == found


async def test_a_store_that_is_emptied_beside_a_running_sequencer_comes_back_too(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LOOK_S", 0.0)
    town, _ = await busy(store, tmp_path)
    before, sequencer = await rows(store, town), sequencer_in(tmp_path)
    await settle(sequencer, store)
    await wiped(store)
    await settle(sequencer, store)
    assert await rows(store, town) == before
