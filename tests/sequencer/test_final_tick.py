"""The tally that is the last word: nothing that ends in the middle of a closing makes another one of it."""

from __future__ import annotations

import json
from pathlib import Path

from redis.asyncio import Redis

from server.acts import closing, erase, meetings, stage, tallies
from server.store import ticks, votes
from server.store.votes import Wish
from server.translog import leaf
from tests.acts.building import NOW, STRANGER, Town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from tests.sequencer.test_overruled import LATER
from tests.sequencer.test_rebuilding import busy, copied, put_back, wiped


async def frozen(store: Redis, folder: Path) -> tuple[Town, list[str]]:
    """A live meeting in which one vote stands in the last tick, and another came after it."""
    town, qs = await busy(store, folder)
    host, aired = await town.host(), await town.look(qs[3])
    await stage.put_back(store, town.meeting, host, qs[3], aired.revision, NOW)
    await votes.cast(store, town.meeting.id, [Wish(qs[0], STRANGER, True, 1, 0)])
    assert await tallies.freeze(store, town.meeting.id, LATER)
    await votes.cast(store, town.meeting.id, [Wish(qs[0], STRANGER + 1, True, 1, 0)])
    return town, qs


async def closed(store: Redis, town: Town) -> None:
    """The phase alone: nothing has its end yet."""
    town.meeting = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)


async def shut(store: Redis, folder: Path) -> tuple[Town, list[str]]:
    """The frozen meeting, whose log knows that it is closed."""
    town, qs = await frozen(store, folder)
    await closed(store, town)
    await settle(sequencer_in(folder), store)
    return town, qs


async def ended(store: Redis, folder: Path, town: Town) -> list[str]:
    """Everything ends, the record closes; the kinds of its leaves from the change of phase on."""
    found = await meetings.by_id(store, town.meeting.id)
    assert found is not None and found.ended
    while await closing.settle(store, found, LATER):
        pass
    await settle(sequencer_in(folder), store)
    assert [found[1] for found in findings(folder).values()] == [[]]
    kinds = [leaf.parse(data).kind for data in leaves_of(folder, town)]
    return kinds[kinds.index("m.phase") :]


def ranked(folder: Path, town: Town, n: int) -> dict[str, int]:
    """The published tallies of a tick."""
    told = json.loads((log_folder(folder, town) / "ticks" / f"{n}.json").read_bytes())
    return dict(told["ranking"])


async def test_a_final_tick_that_no_sequencer_saw_before_the_crash_is_in_the_record(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await frozen(store, tmp_path)
    await settle(sequencer_in(tmp_path), store)
    await closed(store, town)
    await tallies.freeze_finally(store, town.meeting.id, LATER)  # and everybody is gone
    kinds = await ended(store, tmp_path, town)
    assert kinds[:2] == ["m.phase", "v.tick"] and kinds[-1] == "log.close"
    assert kinds.count("v.tick") == 1 and ranked(tmp_path, town, 3)[qs[0]] == 2


async def test_a_store_that_is_lost_between_closing_and_its_tick_makes_no_tick_of_lost_votes(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await shut(store, tmp_path)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    kinds = await ended(store, tmp_path, town)
    assert "v.tick" not in kinds and kinds[-1] == "log.close"
    assert ranked(tmp_path, town, 2)[qs[0]] == 1 and (await town.look(qs[0])).votes == 1


async def test_votes_that_a_copy_of_a_closed_meeting_holds_count_in_its_final_tick(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await shut(store, tmp_path)
    copy = await copied(store)
    await erase.erase_named(store, town.meeting, 8, (await town.look(qs[7])).revision, "law", NOW)
    await settle(sequencer_in(tmp_path), store)
    await put_back(store, copy)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(qs[7])).erased == "law"
    kinds = await ended(store, tmp_path, town)
    assert kinds[:3] == ["m.phase", "q.erase", "v.tick"]
    assert ranked(tmp_path, town, 3)[qs[0]] == 2 == (await town.look(qs[0])).votes


async def test_a_copy_that_has_all_votes_of_a_closed_meeting_makes_the_final_tick_itself(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await shut(store, tmp_path)
    copy = await copied(store)
    await tallies.freeze_finally(store, town.meeting.id, LATER)
    await settle(sequencer_in(tmp_path), store)
    leaves = leaves_of(tmp_path, town)
    assert ranked(tmp_path, town, 3)[qs[0]] == 2
    await put_back(store, copy)
    await settle(sequencer_in(tmp_path), store)
    assert leaves_of(tmp_path, town) == leaves
    assert not await ticks.log_closed(store, town.meeting.id)
    assert (await ended(store, tmp_path, town)).count("v.tick") == 1
    assert (await town.look(qs[0])).votes == 2
